"""MiniStack, the AWS emulator: its process, and the program that runs in it."""
