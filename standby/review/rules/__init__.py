"""The rules of a review: each is data, and a pure function that finds what it is about in a plan."""
