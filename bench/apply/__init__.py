"""Benchmark: what the checks of requests add to the apply of a rehearsal."""
