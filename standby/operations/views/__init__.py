"""What is said of a deployment: the verdict, the next command, the status as a table and as JSON."""
