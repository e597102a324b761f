"""Each check compares facts with what the stack needs, and returns findings. Pure."""
