"""Notifications: what changed, told by each region."""
