"""Ingestion: S3 events and a scheduled sweep start at most one ingestion job at a time."""
