"""The facts of an account that a deployment depends on. Nothing here changes anything."""
