"""Check the applied stack by using it."""
