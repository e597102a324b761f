"""Notifications: a message and an event for each change that an operator has to know."""
