"""GET /health: real calls, side by side, each with a short time-out."""
