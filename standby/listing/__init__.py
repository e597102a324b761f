"""Long listings of buckets: their pages, ranges of keys, and the merge of two sorted listings. Pure; no boto3."""
