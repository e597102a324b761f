"""The REST API of one region."""
