"""The data plane of Route 53 in a rehearsal: a DNS server, and the health checkers."""
