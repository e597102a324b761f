"""The comparison of two long listings against an S3 stand-in: the dictionary way and the merge in one run."""
