"""Notifications: one message to the topic and one event to the default event bus for each change that operators need."""
