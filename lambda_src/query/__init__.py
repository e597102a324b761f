"""POST /docs: retrieve passages, then answer the question from them."""
