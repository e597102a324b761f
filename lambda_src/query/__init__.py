"""POST /docs: retrieve passages of the documents, then answer the question from them."""
