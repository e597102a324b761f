"""A digest of the bucket's documents, which becomes an ingestion job's description.

Comparing times would be simpler and wrong: a replica has the creation time of its original. So an object that arrives
late in the standby region's bucket looks older than the job that missed it. (Source: docs.aws.amazon.com, Amazon S3,
Replicating objects within and across Regions: replicas "retain all metadata, such as the original object creation
times".) Therefore each job's description is a digest of the keys and ETags that existed before the job started. The
sweep compares it with the present digest. Additions, changes and deletions all change it.

The digest is the sum of the documents' SHA-256, modulo 2^256. So the digests of parts of a bucket add up to that of the
whole, in any order, and a listing can be read in parts, by many requests at the same time, and in several invocations.
(Source: Clarke et al., "Incremental Multiset Hash Functions and Their Application to Memory Integrity Checking", 2003.)

The operator's tool reads and computes these descriptions too: tests/contracts compares both implementations.
"""

import hashlib

# The description of a job if there was no time to list the bucket.
NOT_COMPARED = "content not compared"
_MODULUS = 1 << 256


def object_digest(key: str, etag: str) -> int:
    """Return the digest of one object, as a number below 2^256."""
    return int.from_bytes(hashlib.sha256(f"{key}\0{etag}\0".encode()).digest())


def add_digests(*digests: int) -> int:
    """Return the digest of all objects together."""
    return sum(digests) % _MODULUS


def describe(digest: int) -> str:
    """Return a text of 72 characters that differs for different content."""
    return f"content {digest:064x}"
