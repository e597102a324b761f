"""Code that the five functions share: environment, AWS calls, API responses and errors, logs, ingestion jobs."""
