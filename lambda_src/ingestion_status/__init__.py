"""GET /ingestion-status: the last ingestion jobs."""
