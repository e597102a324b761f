"""Programs, and the processes and ports of a rehearsal, which outlive the command that starts them."""
