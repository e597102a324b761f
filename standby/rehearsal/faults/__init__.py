"""Faults: done to a region's proxy, or to what its permissions and rules say."""
