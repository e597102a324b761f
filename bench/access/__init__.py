"""What the authorizer adds to a request."""
