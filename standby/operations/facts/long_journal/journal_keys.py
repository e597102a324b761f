"""The keys of a whole journal, or of its newest part, for commands that look further back than `status` does."""

from itertools import chain, pairwise
from typing import TYPE_CHECKING, Final

from standby.deployment.concurrency import map_concurrently
from standby.deployment.manifest import Region
from standby.operations.facts.bucket_pages import list_keys, read_page
from standby.operations.facts.journal import PREFIX, list_objects, read_generation

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RANGES_AT_ONCE: Final = 10
RANGE_GENERATIONS: Final = 1000
"""How many ranges of a journal are read at the same time, and the least number of generations in one: a page."""


def list_newest_objects(s3: "S3Client", region: Region, *, number: int) -> tuple[str, ...]:
    """Return the keys of at least the `number` newest objects of a journal, or of all, in their order.

    Raises botocore's errors.
    """
    first, truncated = _read_first_page(s3, region)
    if not truncated:
        return first
    newest = list_objects(s3, region, since=max(0, read_generation(s3, region) - number))
    return newest if len(newest) >= number else _with_rest(s3, region, first)


def list_all_objects(s3: "S3Client", region: Region) -> tuple[str, ...]:
    """Return the keys of all objects of a journal, in their order. Raises botocore's errors."""
    first, truncated = _read_first_page(s3, region)
    return _with_rest(s3, region, first) if truncated else first


def _read_first_page(s3: "S3Client", region: Region) -> tuple[tuple[str, ...], bool]:
    page = read_page(s3, region.frontend_bucket, after=PREFIX, prefix=PREFIX)
    return tuple(row[0] for row in page.rows), page.truncated


def _with_rest(s3: "S3Client", region: Region, first: tuple[str, ...]) -> tuple[str, ...]:
    """Return these keys and all after them, which are listed in ranges of generations at the same time."""
    generation = read_generation(s3, region)
    step = max(RANGE_GENERATIONS, -(-generation // RANGES_AT_ONCE))
    cuts = (f"{PREFIX}{number:012d}" for number in range(step, generation, step))
    ranges = tuple(pairwise((first[-1], *(cut for cut in cuts if cut > first[-1]), "")))
    rest = map_concurrently(
        ranges,
        lambda of: list_keys(s3, region.frontend_bucket, prefix=PREFIX, after=of[0], through=of[1]),
        workers=RANGES_AT_ONCE,
    )
    return (*first, *chain.from_iterable(rest))
