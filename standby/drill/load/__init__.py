"""The load: simulated users at a fixed rate, in a process of their own."""
