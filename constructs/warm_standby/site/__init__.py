"""The static site: its two buckets, the distribution over them, and the files that the settings decide."""
