"""The functions of the rehearsal: their interpreter, and the start of their processes."""
