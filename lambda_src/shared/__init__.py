"""Code that the six functions share: environment, AWS calls, API responses and errors, logs, ingestion jobs."""
