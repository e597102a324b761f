"""Sign-in: the authorizer of one region. None of it exists in an open deployment."""
