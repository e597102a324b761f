"""The operator's tool: the `standby` command, and the rehearsal of the whole deployment on one machine."""
