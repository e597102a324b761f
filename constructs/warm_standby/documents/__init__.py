"""One region's documents: the bucket, its replication, and the queue of its events."""
