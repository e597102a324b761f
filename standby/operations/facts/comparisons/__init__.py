"""The comparison of both buckets, the record of the last one, and what follows for replication and Knowledge Bases."""
