"""What a drill cannot show. It stands in every report, so that nobody takes more from it than it gives."""

from typing import Final


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split("\n\n") if part.strip())


REHEARSAL_LIMITS: Final = _paragraphs("""
AWS is an emulator (MiniStack) on this machine, CloudFront a local edge configured from the distribution that Terraform
applied, and each region a front that can be killed or stopped. Distances, DNS, edge locations, throttling and quotas
are not shown: on AWS every figure in seconds is larger by the network between.

A region's faults are done to its front: what users and operators reach. Inside the emulator the region's functions,
events and replication go on; replication-behind therefore switches the rule off before the region goes.

S3 replication takes well under a second here. On AWS most objects take seconds and 99.9 % at most 15 minutes
(Replication Time Control); only a live measurement tells how far behind yours is.

Replicas raise no S3 event in the emulator. `standby reconcile` and the scheduled sweep, which the drill sends when it
looks for its documents, bring the standby's Knowledge Base into step here; on AWS the event may be sooner.

Retrieval is by words and the model's reply is canned: a good answer cites the right document, and says nothing of an
answer's quality or of Bedrock's speed.

Detection is the drill's own monitor (GET /health?deep=true every 0.5 s, two bad answers in a row). Yours is an alarm
and a person: add your own minutes to the API gap.

Questions follow config.json alone, to measure the command. The page itself asks the other region's API without any
command.

Uploads pause while the region that came back is reconciled and users are moved home: a planned act waits for that.

Invalidations are accepted and never honoured by the local edge, since AWS promises no time for them.
""")

LIVE_LIMITS: Final = _paragraphs("""
A live drill does harmless faults only: pages are denied to CloudFront by a bucket policy, the API is moved and moved
back while both regions are well. It shows no lost region and no documents that were behind.

Requests come from this machine, through the edge location nearest to it; other users have other edges.

Nobody outside AWS can ask an edge for a page that it has never seen; cold pages are not measured.
""")
