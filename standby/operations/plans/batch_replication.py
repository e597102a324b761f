"""When S3 Batch Replication is worth its price: a note on the plan of a long copy. Pure."""

from collections.abc import Iterator
from typing import Final

from standby.cost.prices import price_list
from standby.operations.facts.documents import Replication

FROM_DOCUMENTS: Final = 50_000
"""Below this, a copy by this command is over in minutes, and a job costs more to set up than it saves."""


def describe_batch(replication: Replication) -> Iterator[str]:
    """Yield a note if a job of S3 Batch Replication can copy the missing documents of this direction.

    It replicates what replication has not reached or has failed on, so S3 must replicate in this direction. Source:
    docs.aws.amazon.com, S3, "Replicating existing objects with Batch Replication".
    """
    number = len(replication.missing) + replication.not_inspected
    if number < FROM_DOCUMENTS or not replication.configured:
        return
    prices = price_list()
    job = prices["s3_batch_jobs"].cost(1) + prices["s3_batch_objects"].cost(number)
    writes = prices["s3_writes"].cost(number)
    yield (
        f"S3 Batch Replication can copy these {number} documents without this machine: about USD {job:.2f} for the "
        f"job, beside the USD {writes:.2f} for writes and the transfer that a copy costs either way; docs/runbook.md "
        "says how"
    )
