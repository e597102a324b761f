"""The prefixes of the objects in a documents bucket."""

from typing import Final

DOCUMENTS_PREFIX: Final = "uploads/"
"""Documents, and all that the Knowledge Base reads."""
TOMBSTONES_PREFIX: Final = "deleted/"
"""Tombstones of deleted documents (docs/adr/0102-deletions-are-tombstones.md).

lambda_src/shared/documents.py and standby/operations/facts/documents.py have the same prefixes: tests/contracts
compares them."""
