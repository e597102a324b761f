"""The facts about a deployment, read from both regions concurrently. A fact that cannot be read is `Unavailable`."""
