"""What the command `standby` and the functions both decide by: config.json, the journal's keys, a switch's plan.

It needs the standard library alone, and calls nothing. `standby` imports it, and a function's archive contains it.
"""
