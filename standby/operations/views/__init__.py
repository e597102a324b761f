"""The views of a deployment: the verdict, the next command, and the status as text and as JSON."""
