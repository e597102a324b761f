"""GET /health: real calls, made in parallel, each with a short time-out."""
