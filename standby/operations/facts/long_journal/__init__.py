"""A journal of 100,000 events: its keys, without one request after the other for all of them."""
