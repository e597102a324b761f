"""What the tests of the drill's report share: a small drill, as it could have been."""

from standby.drill.measure.measures import series
from standby.drill.measure.records import Event, Held, Outcome, Request, Result, ScenarioReport, Span
from standby.drill.report.limitations import REHEARSAL_LIMITS
from standby.drill.report.report import DrillReport

HOSTILE = '<script>alert("x")</script>'


def scenario_report(**parts: object) -> ScenarioReport:
    """Return the report of a region that was lost for two seconds of ten."""
    requests = [
        Request(
            kind=kind,
            scheduled=at / 2,
            began=at / 2,
            ended=at / 2 + 0.1,
            result=Result.NO_ANSWER if kind == "question" and 8 <= at < 12 else Result.OK,
        )
        for at in range(20)
        for kind in ("page", "question")
    ]
    whole: dict[str, object] = {
        "name": "region-lost",
        "summary": f"A region is lost. {HOSTILE}",
        "result": Outcome.MISSED,
        "seconds": 10.5,
        "measures": {"pages_failed": 0, "page_gap_seconds": 0.1, "documents_lost": 0, "api_gap_seconds": None},
        "objectives": (
            Held(name="page RTO", measured=0.1, bound=1.0, unit="s", met=True, strict=True),
            Held(name="failover command", measured=6.25, bound=5.0, unit="s", met=False),
        ),
        "events": (
            Event(at=4.0, kind="fault", text=f"region-down us-west-2 {HOSTILE}", role="primary"),
            Event(at=4.1, kind="detected", text="seen to be bad"),
            Event(at=4.2, kind="command", text="standby failover"),
            Event(at=5.0, kind="note", text="something was noted"),
            Event(at=6.0, kind="heal", text="healed us-west-2"),
        ),
        "regions": (Span(role="primary", region="us-west-2", state="refuses", began=4.0, ended=6.0),),
        "series": series(requests, until=10),
    }
    return ScenarioReport(**{**whole, **parts})  # type: ignore[arg-type]  # the fields of the record, by name


def drill_report(*scenarios: ScenarioReport) -> DrillReport:
    """Return a whole drill of these scenarios."""
    return DrillReport(
        started_at="2026-11-24T07:00:00Z",
        place="REHEARSAL on this machine",
        regions={"primary": "us-west-2", "failover": "us-east-1"},
        scenarios=scenarios or (scenario_report(),),
        limits=REHEARSAL_LIMITS,
        seconds=12.0,
    )
