"""Tools for a rehearsal that is up: a browser, a shell, and the logs."""
