"""The scenarios, each with its objectives."""
