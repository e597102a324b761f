"""One region's Bedrock Knowledge Base, its vector store and its guardrail."""
