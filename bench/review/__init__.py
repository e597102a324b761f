"""Measures how long the review of a plan takes."""
