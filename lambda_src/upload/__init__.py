"""POST /upload: a presigned POST, with which S3 enforces key, content type and size."""
