"""What is known of a deployment, read from both regions at once. A fact that cannot be read is `Unavailable`."""
