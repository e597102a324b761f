"""What the commands print and return: progress, outcomes, and the JSON documents."""
