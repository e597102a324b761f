"""S3 events and the sweep in, at most one ingestion job out."""
