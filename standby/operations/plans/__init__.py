"""Pure planners: facts in, a plan of frozen steps out."""
