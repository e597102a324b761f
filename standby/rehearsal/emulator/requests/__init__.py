"""Each request to the emulator is checked as AWS would check it, before it is carried out."""
