"""`standby automatic`."""
