"""Processes and ports that outlive the command that started them."""
