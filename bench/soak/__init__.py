"""A soak test: drills in a row."""
