"""The automatic failover."""
