"""The limitations of a drill. Every report states them, so that no reader concludes more than the drill shows."""

from typing import Final

from standby.rehearsal.emulator.fast_minutes import MINUTE_SECONDS


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split("\n\n") if part.strip())


REHEARSAL_LIMITATIONS: Final = _paragraphs("""
AWS is an emulator (MiniStack) on this machine. CloudFront is a local edge cache, configured from the distribution that
Terraform applied. Each region is a region proxy, which can be killed or stopped. Distances, DNS, edge locations,
throttling and quotas are not shown. On AWS, every time in seconds is longer by the network delay.

A region's faults affect its region proxy: what users and operators reach. Inside the emulator, the region's functions,
events and replication continue. Therefore replication-behind disables the replication rule before the region is lost.

A region that is half-dead answers nonsense to users and operators, but not to CloudFront. On AWS, CloudFront serves
every answer of a bucket that has status 200, also a proxy's page, and does not ask the other bucket. No setting changes
that.

S3 replication takes well under a second here. On AWS, most objects take seconds, and 99.9 % take at most 15 minutes
(Replication Time Control). Only a measurement on AWS shows your replication delay.

In the emulator, a replica raises an S3 event at once. Users of AWS report this event, but AWS does not document it. If
it is late or lost, the scheduled sweep finds the document.

Retrieval is by words, and the answers are sentences of the passages. A good answer cites the right document. The drill
does not show the quality of answers or the latency of Bedrock.

Detection is the drill's own monitor: GET /health?deep=true every 0.5 s, and two bad answers in a row. Yours is an alarm
and a person. Add their minutes to the API gap.

Questions use config.json only, to measure the command. The page itself also asks the other region's API, without a
command.

Uploads pause while the returned region is reconciled and users are moved back, because a failback waits until the
documents are in sync.

The local edge cache accepts invalidations and ignores them, because AWS promises no time for them.
""")


def rehearsal_limitations(*, minute_seconds: float = MINUTE_SECONDS) -> tuple[str, ...]:
    """Return the limitations of a rehearsal. `minute_seconds`: the length of the controller's minute in it."""
    if minute_seconds == MINUTE_SECONDS:
        return REHEARSAL_LIMITATIONS
    faster = (
        f"The minute of the automatic failover's controller takes {minute_seconds:g} s here, and "
        f"{MINUTE_SECONDS:g} s on AWS. So it looks {MINUTE_SECONDS / minute_seconds:g} times as often, and its times "
        "are shorter by this factor: `automaticMoveMinutes` has its own minutes. Its requests are not faster. The "
        "metric of Route 53's checks is published once in each of these minutes."
    )
    return (*REHEARSAL_LIMITATIONS, faster)


LIVE_LIMITATIONS: Final = _paragraphs("""
A live drill injects harmless faults only: a bucket policy denies pages to CloudFront, and users are moved to the other
region and back while both regions are healthy. It shows no lost region and no delayed documents.

Requests come from this machine, through the nearest edge location. Other users have other edge locations.

A client cannot ask a real edge location for a page past its cache. Therefore cold pages are not measured.
""")
