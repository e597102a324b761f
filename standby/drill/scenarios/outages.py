"""Scenarios with the loss of a region, a service or a permission."""

from typing import Final

from standby.deadline import poll
from standby.drill.context import ScenarioContext
from standby.drill.measure.objectives import (
    API,
    COLD_PAGE_RTO_S3_HANGS,
    COLD_PAGES_FAILED,
    DOCUMENTS,
    DOCUMENTS_RPO,
    ORIGINS,
    PAGE_RPO,
    PAGE_RTO,
    PAGES,
    PAGES_FAILED,
    QUESTIONS_FAILED,
)
from standby.drill.observe.origin_settings import evaluate_origins
from standby.drill.operator_process import CommandResult
from standby.drill.scenario import STANDARD_LOAD, Scenario
from standby.errors import StandbyError
from standby.rehearsal.emulator.sickness import PAGE_READS, SICK_MODES, SickMode, Sickness, known_calls
from standby.rehearsal.faults.faults import FaultKind

OBSERVED_SECONDS: Final = 2.0
"""How long the load continues after the response to a fault."""

HUNG_PAGE_SECONDS: Final = 32.0
"""How long the drill waits for a page for which S3 hangs: CloudFront waits 30 s for S3."""

HUNG_PAGE_PAUSE_SECONDS: Final = 0.25
REPLICATION_PAUSED_SECONDS: Final = 3.0
DENIAL_SECONDS: Final = 10.0
DENIAL_PAUSE_SECONDS: Final = 0.1
DEGRADED: Final = "degraded"
PLANNED: Final = "planned"

SICK_MODES_PLAYED: Final[tuple[SickMode, ...]] = (*(mode for mode in SICK_MODES if mode != "drip"), "drip")
"""The operator fails over during the last one, because a region that drips takes the longest."""

SICK_CALLS: Final = tuple(call for call in known_calls() if ":" not in call and call != PAGE_READS)
"""All services and the API, but not CloudFront's reads: it serves every answer of a bucket that has status 200."""


def _measure_origin_settings(context: ScenarioContext) -> None:
    """Measure the distribution's settings for outages that cannot happen on one machine."""
    settings = evaluate_origins(context.observer.distribution(), codes=context.observer.failover_codes)
    context.measures["origin_connect_seconds"] = settings.connect_seconds
    context.measures["status_codes_without_failover"] = len(settings.codes_without_failover)
    for note in settings.notes:
        context.note(note)


def _run_page_origin_lost(context: ScenarioContext) -> None:
    _measure_origin_settings(context)
    context.inject("s3-errors", "primary")
    region = context.deployment.regions["primary"]
    url = f"https://{region.frontend_bucket}.s3.{region.region}.amazonaws.com/index.html"
    context.detect_bad_answers(url, what=f"the frontend bucket in {region.region}")
    context.wait(2 * OBSERVED_SECONDS)
    context.heal()
    context.inject("pages-denied", "primary")
    _wait_until_denied(context)
    context.wait(OBSERVED_SECONDS)


def _wait_until_denied(context: ScenarioContext) -> None:
    """Wait until a cold page fails or comes from the other region. Raises `StandbyError` if that does not happen."""
    other, since = context.deployment.regions["failover"].region, context.clock.now()

    def is_denied() -> bool:
        cold = [request for request in context.load.requests() if request.kind == "cold-page"]
        return any(page.started >= since and (page.region == other or not page.ok) for page in cold)

    if not poll(is_denied, seconds=DENIAL_SECONDS, pause=DENIAL_PAUSE_SECONDS):
        raise StandbyError(f"{DENIAL_SECONDS:.0f} s after they were denied, pages still came from the primary region")


def _run_region_lost(context: ScenarioContext) -> None:
    _measure_origin_settings(context)
    _fail_over_after(context, "region-down")


def _fail_over_after(context: ScenarioContext, kind: FaultKind) -> None:
    context.inject(kind, "primary")
    context.detect_outage("primary")
    context.failover()
    context.wait_until_answered("failover")
    context.wait(OBSERVED_SECONDS)


def _run_region_black_hole(context: ScenarioContext) -> None:
    context.inject("region-black-hole", "primary")
    context.load.send_once("cold-page")
    started = context.clock.now()
    context.detect_outage("primary")
    context.load.set_rate("question", STANDARD_LOAD["question"])
    context.failover()
    context.wait_until_answered("failover")
    context.load.set_rate("upload", 0)
    context.progress.start("Waiting for the page for which S3 hangs (30 s)")
    remaining = started + HUNG_PAGE_SECONDS - context.clock.now()
    poll(
        lambda: any(request.kind == "cold-page" for request in context.load.requests()),
        seconds=remaining,
        pause=HUNG_PAGE_PAUSE_SECONDS,
    )


def _run_region_half_dead(context: ScenarioContext) -> None:
    """Let the primary region answer nonsense in one way after the other, and fail over during the last one."""
    for mode in SICK_MODES_PLAYED:
        context.inject("sick", "primary", sickness=Sickness(mode=mode, calls=SICK_CALLS))
        if mode == SICK_MODES_PLAYED[0]:
            context.detect_outage("primary")
        ends = [context.start_command("status"), context.start_command("failover", "--dry-run")]
        status, planned = (end() for end in ends)
        _require_unavailable(context, mode, status)
        if (planned.code, planned.document.get("result")) != (0, PLANNED):
            raise StandbyError(f"{mode}: `standby failover --dry-run` shows no plan: {planned.summary}")
    context.failover("--force")
    context.wait_until_answered("failover")
    context.wait(OBSERVED_SECONDS)


def _require_unavailable(context: ScenarioContext, mode: SickMode, status: CommandResult) -> None:
    """Raise `StandbyError` unless `status` says that the sick region is unavailable, and why."""
    region = context.deployment.regions["primary"].region
    verdict, reasons = status.document.get("verdict"), status.document.get("reasons")
    named = isinstance(reasons, list) and any(region in str(reason) for reason in reasons)
    if verdict != DEGRADED or not named:
        raise StandbyError(
            f"{mode}: `standby status` does not report {region}; it says {verdict!r}: {reasons}, {status.summary}"
        )


def _run_replication_behind(context: ScenarioContext) -> None:
    context.inject("replication-paused", "primary")
    context.wait(REPLICATION_PAUSED_SECONDS)
    _fail_over_after(context, "region-down")
    accepted = {request.key for request in context.load.requests() if request.kind == "upload" and request.ok}
    if accepted <= (context.keys_at_failover or frozenset()):
        raise StandbyError("Every document had reached the failover region: replication was not behind")


OUTAGE_SCENARIOS: Final = (
    Scenario(
        name="page-origin-lost",
        summary="The primary region's S3 fails, then denies the pages. CloudFront serves every page from the other "
        "region, without an operator.",
        run=_run_page_origin_lost,
        objectives=(*PAGES, *ORIGINS, QUESTIONS_FAILED, *DOCUMENTS),
    ),
    Scenario(
        name="api-lost",
        summary="The primary region's API answers 503; after one command the other region answers.",
        run=lambda context: _fail_over_after(context, "api-errors"),
        objectives=(*PAGES, *API, DOCUMENTS_RPO, *DOCUMENTS),
    ),
    Scenario(
        name="region-lost",
        summary="The primary region refuses connections. Pages fail over by themselves, the API after one command.",
        run=_run_region_lost,
        objectives=(*PAGES, *ORIGINS, *API, DOCUMENTS_RPO, *DOCUMENTS),
    ),
    Scenario(
        name="region-black-hole",
        summary="The primary region accepts connections and never answers. Pages that the edge has cached are served "
        "at once.",
        run=_run_region_black_hole,
        objectives=(
            PAGES_FAILED,
            PAGE_RTO,
            COLD_PAGES_FAILED,
            COLD_PAGE_RTO_S3_HANGS,
            PAGE_RPO,
            *API,
            DOCUMENTS_RPO,
            *DOCUMENTS,
        ),
        # Fewer questions until the command: each one waits for its whole timeout, and all end when the region is back.
        load={**STANDARD_LOAD, "cold-page": 0.0, "question": 2.0},
    ),
    Scenario(
        name="region-half-dead",
        summary="The primary region accepts requests and answers nonsense: a page, half an answer, wrong types, one "
        "byte a second. The operator sees it each time, and one command moves the users.",
        run=_run_region_half_dead,
        objectives=(*PAGES, *API, DOCUMENTS_RPO, *DOCUMENTS),
        # Fewer questions, because one that drips takes its whole time-out.
        load={**STANDARD_LOAD, "question": 2.0},
    ),
    Scenario(
        name="replication-behind",
        summary="The primary region is lost with documents that were not replicated. They come back with the region.",
        run=_run_replication_behind,
        objectives=(*API, DOCUMENTS_RPO, *DOCUMENTS),
        load={**STANDARD_LOAD, "upload": 2.0},
    ),
    Scenario(
        name="knowledge-base-lost",
        summary="The primary region's Knowledge Base denies access; after one command the other region answers.",
        run=lambda context: _fail_over_after(context, "knowledge-base-denied"),
        objectives=(*PAGES, *API, DOCUMENTS_RPO, *DOCUMENTS),
    ),
)
