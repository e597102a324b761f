"""The load: simulated users, in a process of their own."""
