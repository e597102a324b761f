"""Benchmark: what the checks of requests, and Go's own garbage collector, add to the start of a rehearsal."""
