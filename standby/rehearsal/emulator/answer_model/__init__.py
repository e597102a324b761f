"""A stand-in for the answer model: it answers with the sentences of the passages that fit the question best."""
