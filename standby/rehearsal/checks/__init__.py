"""Check what was applied by using it."""
