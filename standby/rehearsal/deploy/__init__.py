"""Synthesize the stack and apply it with real Terraform to the emulator."""
