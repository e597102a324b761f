"""One module for each command, with its options alone: what it does is imported when it runs."""
