"""POST /upload: a presigned POST that itself enforces key, type and size."""
