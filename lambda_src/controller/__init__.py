"""The controller of the automatic failover: it looks each minute, and moves users at most once."""
