"""What one invocation of `ingest` needs to read a bucket: the way before record 111, and the way since."""
