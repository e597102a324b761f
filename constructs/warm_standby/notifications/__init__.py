"""Notifications: what changed, reported by each region."""
