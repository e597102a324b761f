"""Faults: in a region proxy, or in the policies and the replication rules of a region."""
