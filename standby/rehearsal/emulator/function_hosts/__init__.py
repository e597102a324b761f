"""The module that each function of the emulator imports at its start, as `sitecustomize`."""
