"""The measures of a scenario, calculated from the records of its requests. Pure; nothing is estimated."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from math import ceil, inf
from typing import Final, NamedTuple

from pydantic import ConfigDict, Field, model_serializer

from standby.drill.measure.records import REQUEST_KINDS, FailedRequest, Number, Request, RequestKind, Result
from standby.json_model import JsonModel

FIRST_QUESTION_SECONDS: Final = 2.0
"""A question that is due this long after a command still measures it: the lowest load asks one question a second."""

FAILURES_LISTED: Final = 5
"""How many failed requests of each kind a report lists: a loss of a region fails dozens alike."""

CHARTED_KINDS: Final[tuple[RequestKind, ...]] = ("page", "cold-page", "question", "upload")


def _measure(description: str) -> Number:
    number: Number = Field(default=None, description=description)
    return number


class Measures(JsonModel):
    """Every measure. A scenario sets those that it measures; one that is not set is not in the JSON."""

    model_config = ConfigDict(allow_inf_nan=False)

    pages_requested: Number = _measure("requests for the start page, which the edge may cache")
    pages_failed: Number = _measure("those without a good answer, except for those that were cut off")
    pages_cut: Number = _measure("those that were on their way when a fault was injected, and were cut off by it")
    page_gap_seconds: Number = _measure("the longest time that a user who keeps asking waited for a good page")
    slowest_page_seconds: Number = _measure(
        "the longest time that one page took; the page RTO is the larger of the two"
    )
    cold_pages_requested: Number = _measure("requests for the site's files at an edge location without a cached copy")
    cold_pages_failed: Number = _measure("as `pagesFailed`, of cold pages")
    cold_pages_cut: Number = _measure("as `pagesCut`, of cold pages")
    cold_page_gap_seconds: Number = _measure("as `pageGapSeconds`, of cold pages")
    slowest_cold_page_seconds: Number = _measure("as `slowestPageSeconds`, of cold pages")
    differing_site_files: Number = _measure("files of the site that differ between the regions at the end")
    origin_connect_seconds: Number = _measure(
        "how long CloudFront tries to connect to a bucket, by the distribution's settings"
    )
    status_codes_without_failover: Number = _measure(
        "status codes of `standby.toml` on which the distribution does not ask the second bucket"
    )
    questions_asked: Number = _measure("questions; half of them come from new visitors")
    questions_failed: Number = _measure("those without a good answer")
    question_gap_seconds: Number = _measure("the longest time that a user who keeps asking waited for a good answer")
    answers_lost: Number = _measure("failed questions that failed again when they were asked again at the end")
    api_gap_seconds: Number = _measure("from the fault to the first good answer of the other region")
    detection_seconds: Number = _measure(
        "the first part of the API gap: from the fault to the monitor's second bad answer"
    )
    execution_seconds: Number = _measure("the API RTO: from the start of the failover command to the first good answer")
    command_seconds: Number = _measure("how long the failover command ran")
    uploads_attempted: Number = _measure("documents that users tried to upload")
    uploads_failed: Number = _measure("those that S3 did not accept")
    documents_accepted: Number = _measure("those that S3 accepted")
    documents_before_failover: Number = _measure("documents accepted before the failover command started")
    documents_missing_at_failover: Number = _measure("those that the other region did not have at that time")
    documents_rpo_seconds: Number = _measure("the age, at the fault, of the oldest of these")
    documents_lost: Number = _measure("accepted documents that a region lacks at the end")
    documents_duplicated: Number = _measure("accepted documents that a region has twice")
    documents_not_found: Number = _measure("accepted documents that a question does not find in a region")
    documents_extra_versions: Number = _measure("second versions with the same content, which no user notices")
    command_retries: Number = _measure("how often `reconcile` or `failback` had to be run again, as its hint says")
    automatic_move_seconds: Number = _measure("from the detected loss until the controller had moved users")
    automatic_move_minutes: Number = _measure(
        "the same in the controller's minutes, which are shorter in a rehearsal that is accelerated"
    )
    config_writes: Number = _measure("the controller's scenarios: contents of config.json that were written")
    commands_killed: Number = _measure("operator-killed: commands that were killed")
    commands_not_converged: Number = _measure("those that did not reach their goal when they were run again")
    winners_not_named: Number = _measure("two-operators: commands that lost and did not name the command that won")
    unexpected_config_contents: Number = _measure("contents of config.json that no winner wrote")
    answers_from_returned_region: Number = _measure(
        "return-and-failback: answers of the returned region before the failback"
    )
    questions_failed_since_return: Number = _measure("questions that failed after the region returned")
    sign_ins_without_reason: Number = _measure(
        "users who could not sign in and were not told why, while the identity provider was down"
    )
    dns_gap_seconds: Number = _measure("the longest time without an answer for a client that finds the API by DNS")
    dns_answers_after_return: Number = _measure("answers of the returned region before the failback")
    dns_failback_seconds: Number = _measure("from the end of `failback` to the client's first answer from the primary")
    dns_failover_seconds: Number = _measure("from the end of `failover` to its first answer from the other region")
    browser_questions: Number = _measure("browser: questions asked in the browser")
    browser_questions_failed: Number = _measure("those without an answer")
    browser_wait_region_down_seconds: Number = _measure("the longest wait while the primary region refuses connections")
    browser_wait_region_black_hole_seconds: Number = _measure("the longest wait while the primary region hangs")
    browser_follow_seconds: Number = _measure(
        "after a planned failover, from the next question in an open page to its answer from the other region"
    )
    standby_pages_not_seen: Number = _measure("live-pages: 0 if pages of the other region were seen, 1 otherwise")

    def by_name(self) -> dict[str, Number]:
        """Return the measures that are set, by their names in JSON."""
        return {
            info.serialization_alias or name: getattr(self, name)
            for name, info in type(self).model_fields.items()
            if name in self.model_fields_set
        }

    @model_serializer
    def _serialize(self) -> dict[str, Number]:
        return self.by_name()


@dataclass(frozen=True, kw_only=True)
class ScenarioTimes:
    """When each part of a scenario happened; None if it did not. `survivor`: the region that users were moved to."""

    load_ended: float
    fault: float | None = None
    detected: float | None = None
    command_started: float | None = None
    command_ended: float | None = None
    survivor: str | None = None


class Injection(NamedTuple):
    """The time in which a fault was injected."""

    started: float
    ended: float


def of_kind(requests: Iterable[Request], *kinds: RequestKind) -> list[Request]:
    """Return the requests of these kinds, in the order in which they were due."""
    return sorted((request for request in requests if request.kind in kinds), key=lambda request: request.scheduled)


def count_failures(requests: Iterable[Request]) -> int:
    """Return how many requests got no good answer."""
    return sum(not request.ok for request in requests)


def first_failures(requests: Iterable[Request]) -> tuple[FailedRequest, ...]:
    """Return the first failed requests of each kind, at most `FAILURES_LISTED` of one, in the order of kinds."""
    failed = [request for request in requests if not request.ok]
    first = (islice(of_kind(failed, kind), FAILURES_LISTED) for kind in REQUEST_KINDS)
    return tuple(
        FailedRequest(
            kind=request.kind,
            at=round(request.scheduled, 3),
            seconds=round(request.latency, 3),
            result=request.result,
            status=request.status,
            detail=request.detail,
        )
        for requests_of_kind in first
        for request in requests_of_kind
    )


def longest_gap(requests: Iterable[Request], *, load_ended: float) -> float | None:
    """Return the longest time that a user who keeps asking waited for a good answer; None without requests.

    The wait of a request lasts from when it was due to the first good answer to it or to a request due after it. A slow
    answer counts like a failed one. Without a later good answer the wait lasts until the load ended.
    """
    asked = sorted(requests, key=lambda request: request.scheduled)
    good = [request for request in asked if request.ok]
    due = [request.scheduled for request in good]
    # earliest[i]: the time of the first good answer to request i of `good`, or to a request due after it.
    earliest = [*accumulate((request.ended for request in reversed(good)), min)][::-1]

    def wait(request: Request) -> float:
        following = bisect_left(due, request.scheduled)
        answered = earliest[following] if following < len(good) else load_ended
        return max(answered - request.scheduled, 0.0)

    return max(map(wait, asked), default=None)


def slowest(requests: Iterable[Request]) -> float | None:
    """Return how long the slowest request took, with any result; None without requests."""
    return max((request.latency for request in requests), default=None)


def first_good_answer(requests: Iterable[Request], *, since: float, region: str | None = None) -> Request | None:
    """Return the earliest good answer to a request due at or after `since`; with `region`, from that region."""
    good = (r for r in requests if r.ok and r.scheduled >= since and region in {None, r.region})
    return min(good, key=lambda request: request.ended, default=None)


def count_lost_answers(requests: Iterable[Request]) -> int:
    """Return how many questions were never answered, neither at first nor when they were asked again."""
    asked = of_kind(requests, "question", "question-retry")
    answered = {request.name for request in asked if request.ok}
    return len({request.name for request in asked} - answered)


def page_measures(
    requests: Sequence[Request], *, load_ended: float, injections: Sequence[Injection] = ()
) -> dict[str, Number]:
    """Return the measures of pages as users notice them, separately for cached and cold pages.

    A slow page between quick ones does not make a gap, because a user who asks again is served. It is the slowest page.
    No failover saves a page that is on its way when its region is lost: CloudFront passes on what it has of the file.
    Source: docs.aws.amazon.com, CloudFront, "Dropped TCP connections".
    """
    pages, cold = of_kind(requests, "page"), of_kind(requests, "cold-page")
    pages_cut, cold_pages_cut = (_count_cut(asked, injections) for asked in (pages, cold))
    return {
        "pages_requested": len(pages),
        "pages_failed": count_failures(pages) - pages_cut,
        "pages_cut": pages_cut,
        "page_gap_seconds": rounded(longest_gap(pages, load_ended=load_ended)),
        "slowest_page_seconds": rounded(slowest(pages)),
        "cold_pages_requested": len(cold),
        "cold_pages_failed": count_failures(cold) - cold_pages_cut,
        "cold_pages_cut": cold_pages_cut,
        "cold_page_gap_seconds": rounded(longest_gap(cold, load_ended=load_ended)),
        "slowest_cold_page_seconds": rounded(slowest(cold)),
    }


def api_measures(requests: Sequence[Request], times: ScenarioTimes) -> dict[str, Number]:
    """Return the measures of the API as users notice them: the API gap, and its parts detection and execution.

    The gap lasts from the fault to the survivor's first good answer to a question that was due after the fault. It
    cannot be measured if no question was due before or soon after the end of the command.
    """
    questions = of_kind(requests, "question")
    since = times.fault if times.fault is not None else times.command_started
    answered = None
    if since is not None and _is_question_due(questions, since, times.command_ended):
        answer = first_good_answer(questions, since=since, region=times.survivor)
        answered = answer.ended if answer else None
    return {
        "questions_asked": len(questions),
        "questions_failed": count_failures(questions),
        "question_gap_seconds": rounded(longest_gap(questions, load_ended=times.load_ended)),
        "answers_lost": count_lost_answers(requests),
        "api_gap_seconds": _between(times.fault, answered) if times.command_started else None,
        "detection_seconds": _between(times.fault, times.detected),
        "execution_seconds": _between(times.command_started, answered),
        "command_seconds": _between(times.command_started, times.command_ended),
    }


def requests_per_second(requests: Iterable[Request], *, load_ended: float) -> dict[str, dict[str, list[int]]]:
    """Count requests by kind, result and the second in which they were due: `{"page": {"ok": [4, 4], ...}, ...}`."""
    seconds = max(ceil(load_ended), 1)
    counts = {kind: {result.value: [0] * seconds for result in Result} for kind in CHARTED_KINDS}
    for request in requests:
        if request.kind in counts and 0 <= request.scheduled < seconds:
            counts[request.kind][request.result.value][int(request.scheduled)] += 1
    return {str(kind): by_result for kind, by_result in counts.items()}


def rounded(seconds: float | None) -> float | None:
    """Return the seconds to the millisecond."""
    return None if seconds is None else round(seconds, 3)


def _count_cut(requests: Iterable[Request], injections: Sequence[Injection]) -> int:
    """Return how many requests were sent before the end of an injection, and lost their connection during it."""
    lost = [request.ended for request in requests if request.result is Result.NO_ANSWER]
    return sum(any(injection.started <= ended <= injection.ended for injection in injections) for ended in lost)


def _is_question_due(questions: Iterable[Request], since: float, command_ended: float | None) -> bool:
    until = inf if command_ended is None else command_ended + FIRST_QUESTION_SECONDS
    return any(since <= question.scheduled <= until for question in questions)


def _between(start: float | None, end: float | None) -> float | None:
    return rounded(end - start) if start is not None and end is not None else None
