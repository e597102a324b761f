"""From records to figures. Everything here is pure, and nothing is estimated."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil, inf
from typing import Final

from standby.drill.measure.records import Kind, Number, Request, Result

SOON_SECONDS: Final = 2.0
"""After a command: the gentlest load asks once a second."""

SHOWN_KINDS: Final[tuple[Kind, ...]] = ("page", "cold-page", "question", "upload")


@dataclass(frozen=True, kw_only=True)
class Moments:
    """When what happened, None where it did not: `survivor` is the region that the command moved users to."""

    until: float
    fault: float | None = None
    detected: float | None = None
    command: float | None = None
    command_ended: float | None = None
    survivor: str | None = None


def of_kind(requests: Iterable[Request], *kinds: Kind) -> list[Request]:
    """Return the requests of these kinds, in the order in which they were due."""
    return sorted((request for request in requests if request.kind in kinds), key=lambda request: request.scheduled)


def failures(requests: Iterable[Request]) -> int:
    """Return how many requests got no good answer."""
    return sum(not request.ok for request in requests)


def longest_gap(requests: Iterable[Request], *, until: float) -> float | None:
    """Return the longest time that somebody who keeps asking waited for a good answer; None where nobody asked.

    For each request: from when it was due to the end of the first good answer to it or to any request due after it.
    A slow answer counts as a failed one does. Where no good answer followed, the wait lasts `until` the end.
    """
    asked = sorted(requests, key=lambda request: request.scheduled)
    good = [request for request in asked if request.ok]
    due = [request.scheduled for request in good]
    # earliest[i]: when the first of the good answers to request i or to any due later was there.
    earliest = [*accumulate((request.ended for request in reversed(good)), min)][::-1]

    def wait(request: Request) -> float:
        following = bisect_left(due, request.scheduled)
        answered = earliest[following] if following < len(good) else until
        return max(answered - request.scheduled, 0.0)

    return max(map(wait, asked), default=None)


def longest(requests: Iterable[Request]) -> float | None:
    """Return how long the slowest request took, whatever its end; None where nobody asked."""
    return max((request.latency for request in requests), default=None)


def first_good(requests: Iterable[Request], *, since: float, region: str | None = None) -> Request | None:
    """Return the earliest good answer among the requests due since then, of one region where one is named."""
    good = (r for r in requests if r.ok and r.scheduled >= since and region in {None, r.region})
    return min(good, key=lambda request: request.ended, default=None)


def _asked_soon(requests: Iterable[Request], since: float, ended: float | None) -> bool:
    until = inf if ended is None else ended + SOON_SECONDS
    return any(since <= request.scheduled <= until for request in requests)


def answers_lost(requests: Iterable[Request]) -> int:
    """Return how many questions were never answered: neither at first nor when they were asked again."""
    asked = of_kind(requests, "question", "asked-again")
    answered = {request.name for request in asked if request.ok}
    return len({request.name for request in asked} - answered)


def page_measures(requests: Sequence[Request], *, until: float) -> dict[str, Number]:
    """Return what users of the pages noticed, apart for pages that the edge had and pages that it had never seen.

    The gap forgives a slow page whose neighbours were quick, for who asks again is served; the longest one does not.
    """
    warm, cold = of_kind(requests, "page"), of_kind(requests, "cold-page")
    return {
        "pages_asked": len(warm),
        "pages_failed": failures(warm),
        "page_gap_seconds": rounded(longest_gap(warm, until=until)),
        "page_longest_seconds": rounded(longest(warm)),
        "cold_pages_asked": len(cold),
        "cold_pages_failed": failures(cold),
        "cold_page_gap_seconds": rounded(longest_gap(cold, until=until)),
        "cold_page_longest_seconds": rounded(longest(cold)),
    }


def api_measures(requests: Sequence[Request], moments: Moments) -> dict[str, Number]:
    """Return what users of the API noticed: the gap, and its two parts, the operator's and the command's.

    The gap counts from the fault to the first good answer of the survivor to a question that was asked since. Where
    nobody asked until soon after the command had ended, nobody can tell.
    """
    questions = of_kind(requests, "question")
    since = moments.fault if moments.fault is not None else moments.command
    watched = since is not None and _asked_soon(questions, since, moments.command_ended)
    back = first_good(questions, since=since, region=moments.survivor) if since is not None and watched else None
    return {
        "questions_asked": len(questions),
        "questions_failed": failures(questions),
        "question_gap_seconds": rounded(longest_gap(questions, until=moments.until)),
        "answers_lost": answers_lost(requests),
        "api_gap_seconds": _between(moments.fault, back.ended if back else None) if moments.command else None,
        "detection_seconds": _between(moments.fault, moments.detected),
        "execution_seconds": _between(moments.command, back.ended if back else None),
        "command_seconds": _between(moments.command, moments.command_ended),
    }


def series(requests: Iterable[Request], *, until: float) -> dict[str, dict[str, list[int]]]:
    """Count requests by kind, result and the second in which they were due: `{"page": {"ok": [4, 4], ...}, ...}`."""
    seconds = max(ceil(until), 1)
    empty = {kind: {result.value: [0] * seconds for result in Result} for kind in SHOWN_KINDS}
    for request in requests:
        if request.kind in empty and 0 <= request.scheduled < seconds:
            empty[request.kind][request.result.value][int(request.scheduled)] += 1
    return {str(kind): counts for kind, counts in empty.items()}


def _between(start: float | None, end: float | None) -> float | None:
    return rounded(end - start) if start is not None and end is not None else None


def rounded(seconds: float | None) -> float | None:
    """Return seconds to the millisecond."""
    return None if seconds is None else round(seconds, 3)
