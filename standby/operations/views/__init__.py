"""The views of a deployment: the verdict, the next command, and the status as a table and as JSON."""
