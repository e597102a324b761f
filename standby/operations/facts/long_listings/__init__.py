"""Listings of many documents: read in pages, compared while they are read, and the last comparison kept."""
