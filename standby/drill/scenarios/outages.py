"""Scenarios in which something is lost, and what its users notice."""

from typing import Final

from standby.drill.context import ScenarioContext
from standby.drill.measure.objectives import (
    API,
    API_RPO,
    COLD_PAGE_HELD,
    COLD_PAGES_FAILED,
    DOCUMENTS,
    DOCUMENTS_RPO,
    ORIGINS,
    PAGE_RPO,
    PAGE_RTO,
    PAGES,
    PAGES_FAILED,
    QUESTIONS_FAILED,
    UPLOADS_FAILED,
)
from standby.drill.observe.origin_settings import judge_origins
from standby.drill.operator_process import CommandResult
from standby.drill.scenario import STANDARD_LOAD, Scenario
from standby.errors import REFUSED, StandbyError
from standby.rehearsal.faults.faults import FaultKind

WATCHED_SECONDS: Final = 2.0
HELD_SECONDS: Final = 32.0
"""How long a page is watched that a hung S3 holds: CloudFront gives S3 30 s."""

BEHIND_SECONDS: Final = 3.0
DENIED_SECONDS: Final = 10.0
NOT_READY: Final = "not ready to fail over"


def _see_origins(context: ScenarioContext) -> None:
    """Measure what the distribution's own settings say of outages that a machine cannot play."""
    found = judge_origins(context.observer.distribution(), codes=context.observer.failover_codes)
    context.measured["origin_connect_seconds"] = found.connect_seconds
    context.measured["origin_codes_missing"] = len(found.missing)
    for text in found.notes:
        context.note(text)


def _page_origin_lost(context: ScenarioContext) -> None:
    _see_origins(context)
    context.break_("s3-errors", "primary")
    bucket = context.deployment.regions["primary"].frontend_bucket
    region = context.deployment.regions["primary"].region
    context.until_bad(f"https://{bucket}.s3.{region}.amazonaws.com/index.html", what=f"the frontend bucket in {region}")
    context.wait(2 * WATCHED_SECONDS)
    context.heal()
    context.break_("pages-denied", "primary")
    _until_denied(context, since=context.clock.now())
    context.wait(WATCHED_SECONDS)


def _until_denied(context: ScenarioContext, *, since: float) -> None:
    """Wait until the denial is seen: a page that the edge had not comes from the other region, or comes no more."""
    there = context.deployment.regions["failover"].region
    deadline = since + DENIED_SECONDS
    while not any(
        request.kind == "cold-page" and request.began >= since and (request.region == there or not request.ok)
        for request in context.load_process.requests()
    ):
        if context.clock.now() > deadline:
            raise StandbyError(f"Pages still came from the primary region after {DENIED_SECONDS:.0f} s of denial")
        context.wait(0.1)


def _region_lost(context: ScenarioContext) -> None:
    _see_origins(context)
    _fail_over_after(context, "region-down")


def _fail_over_after(context: ScenarioContext, kind: FaultKind) -> None:
    context.break_(kind, "primary")
    context.detect("primary")
    context.failover()
    context.until_answered("failover")
    context.wait(WATCHED_SECONDS)


def _region_black_hole(context: ScenarioContext) -> None:
    context.break_("region-black-hole", "primary")
    context.load_process.once("cold-page")
    began = context.clock.now()
    context.detect("primary")
    context.load_process.rate("question", STANDARD_LOAD["question"])
    context.failover()
    context.until_answered("failover")
    context.load_process.rate("upload", 0)
    context.progress.start("Waiting for the page that a hung S3 holds (30 s)")
    while context.clock.now() < began + HELD_SECONDS and not _cold_page_ended(context):
        context.wait(0.25)


def _cold_page_ended(context: ScenarioContext) -> bool:
    return any(request.kind == "cold-page" for request in context.load_process.requests())


def _replication_behind(context: ScenarioContext) -> None:
    context.break_("replication-paused", "primary")
    context.wait(BEHIND_SECONDS)
    _fail_over_after(context, "region-down")
    behind = {request.key for request in context.load_process.requests() if request.kind == "upload" and request.ok}
    if behind <= (context.at_failover or frozenset()):
        raise StandbyError("Every document had reached the standby: replication was not behind")


def _standby_lost(context: ScenarioContext) -> None:
    context.break_("region-down", "failover")
    context.detect("failover")
    status, refused = context.command("status"), context.command("failover", "--dry-run")
    context.wait(WATCHED_SECONDS)
    _see_refusal(status, refused)


def _see_refusal(status: CommandResult, failover: CommandResult) -> None:
    """See that both commands call the lost standby unfit. Raises `StandbyError` also where they failed otherwise."""
    if status.answer.get("verdict") != NOT_READY:
        said = status.answer.get("verdict")
        raise StandbyError(f"`standby status` says {said!r}, not {NOT_READY!r}, of a lost standby: {status.words}")
    if (failover.code, failover.answer.get("result")) != (REFUSED, "refused"):
        raise StandbyError(f"`standby failover` to a lost standby was not refused: {failover.words}")


OUTAGES: Final = (
    Scenario(
        name="page-origin-lost",
        summary="S3 fails in the primary region, then denies its pages; CloudFront serves every page from the other "
        "one, and nobody acts.",
        play=_page_origin_lost,
        objectives=(*PAGES, *ORIGINS, QUESTIONS_FAILED, *DOCUMENTS),
    ),
    Scenario(
        name="api-lost",
        summary="The primary region's API answers 503; after one command the other region answers.",
        play=lambda context: _fail_over_after(context, "api-errors"),
        objectives=(*PAGES, *API, DOCUMENTS_RPO, *DOCUMENTS),
    ),
    Scenario(
        name="region-lost",
        summary="The primary region refuses every connection; pages go on by themselves, the API after one command.",
        play=_region_lost,
        objectives=(*PAGES, *ORIGINS, *API, DOCUMENTS_RPO, *DOCUMENTS),
    ),
    Scenario(
        name="region-black-hole",
        summary="The primary region accepts connections and never answers; a page that the edge has is served at once.",
        play=_region_black_hole,
        objectives=(
            PAGES_FAILED,
            PAGE_RTO,
            COLD_PAGES_FAILED,
            COLD_PAGE_HELD,
            PAGE_RPO,
            *API,
            DOCUMENTS_RPO,
            *DOCUMENTS,
        ),
        # Fewer questions until the command: each waits for its whole patience, and all arrive when the region is back.
        load={**STANDARD_LOAD, "cold-page": 0.0, "question": 2.0},
    ),
    Scenario(
        name="replication-behind",
        summary="The primary region is lost with documents that had not replicated; they come back with it.",
        play=_replication_behind,
        objectives=(*API, DOCUMENTS_RPO, *DOCUMENTS),
        load={**STANDARD_LOAD, "upload": 2.0},
    ),
    Scenario(
        name="knowledge-base-lost",
        summary="The primary region's Knowledge Base refuses; after one command the other region's answers.",
        play=lambda context: _fail_over_after(context, "knowledge-base-denied"),
        objectives=(*PAGES, *API, DOCUMENTS_RPO, *DOCUMENTS),
    ),
    Scenario(
        name="standby-lost",
        summary="The standby region is lost; users notice nothing, and the operator is told that it cannot be used.",
        play=_standby_lost,
        objectives=(*PAGES, QUESTIONS_FAILED, API_RPO, UPLOADS_FAILED, *DOCUMENTS),
    ),
)
"""In the order in which they are played."""
