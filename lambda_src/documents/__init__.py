"""GET /documents, DELETE /documents/{id}, GET /documents/{id}/content."""
