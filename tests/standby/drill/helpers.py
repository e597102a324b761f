"""Helpers for the tests of the drill: records and reports, a fake deployment, a program in the place of `standby`."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from standby.console import NullProgress
from standby.deadline import poll
from standby.drill.context import ScenarioContext
from standby.drill.measure.measures import Measures, first_failures, requests_per_second
from standby.drill.measure.records import (
    Clock,
    Event,
    FaultPeriod,
    ObjectiveResult,
    Outcome,
    Request,
    RequestKind,
    Result,
)
from standby.drill.operator_process import CommandResult
from standby.drill.report.limitations import REHEARSAL_LIMITATIONS
from standby.drill.report.report import DrillReport, ScenarioReport
from standby.rehearsal.processes.process import DIRECTORY_VARIABLE

PAGE_AND_QUESTION: tuple[RequestKind, ...] = ("page", "question")
HOSTILE = '<script>alert("x")</script>'
PROGRAM = """#!{python}
import json, os, pathlib, sys, time
here = pathlib.Path({here!r})
(here / f"{{os.getpid()}}.pid").write_text(os.environ.get({mark!r}, ""))
with (here / "commands").open("a") as commands:
    print(*sys.argv[3:], file=commands)
if not (here / "code").exists():
    time.sleep(60)
print("{{}}")
sys.exit(int((here / "code").read_text()))
"""


def request(
    at: float,
    *,
    took: float = 0.1,
    result: Result = Result.OK,
    kind: RequestKind = "page",
    region: str = "",
    name: str = "",
    word: str = "",
    detail: str = "",
) -> Request:
    """Return a request that was sent when it was due."""
    key = f"uploads/{word}.txt" if word else ""
    ended = at + took
    return Request(
        kind=kind,
        scheduled=at,
        started=at,
        ended=ended,
        result=result,
        region=region,
        name=name,
        key=key,
        word=word,
        detail=detail,
    )


def scenario_report(**parts: object) -> ScenarioReport:
    """Return the report of a region that was lost for two seconds of ten."""
    requests = [
        request(at / 2, kind=kind, result=Result.NO_ANSWER if kind == "question" and 8 <= at < 12 else Result.OK)
        for at in range(20)
        for kind in PAGE_AND_QUESTION
    ]
    whole: dict[str, object] = {
        "name": "region-lost",
        "summary": f"A region is lost. {HOSTILE}",
        "result": Outcome.MISSED,
        "seconds": 10.5,
        "measures": Measures(pages_failed=0, page_gap_seconds=0.1, documents_lost=0, api_gap_seconds=None),
        "objectives": (
            ObjectiveResult(name="page RTO", measured=0.1, bound=1.0, unit="s", met=True, strict=True),
            ObjectiveResult(name="failover command", measured=6.25, bound=5.0, unit="s", met=False),
        ),
        "events": (
            Event(at=4.0, kind="fault", text=f"region-down in us-west-2 {HOSTILE}", role="primary"),
            Event(at=4.1, kind="detected", text="bad answers from the health endpoint in us-west-2"),
            Event(at=4.2, kind="command", text="standby failover"),
            Event(at=5.0, kind="note", text="a note"),
            Event(at=6.0, kind="heal", text="healed us-west-2"),
        ),
        "fault_periods": (FaultPeriod(role="primary", region="us-west-2", state="refuses", started=4.0, ended=6.0),),
        "requests_per_second": requests_per_second(requests, load_ended=10),
        "failed_requests": first_failures([request(4, took=0.7, result=Result.ERROR, detail=f"a page {HOSTILE}")]),
    }
    return ScenarioReport(**{**whole, **parts})  # type: ignore[arg-type]  # the fields of the record, by name


def drill_report(*scenarios: ScenarioReport) -> DrillReport:
    """Return a whole drill of these scenarios."""
    return DrillReport(
        started_at="2026-11-24T07:00:00Z",
        target="REHEARSAL on this machine",
        regions={"primary": "us-west-2", "failover": "us-east-1"},
        scenarios=scenarios or (scenario_report(),),
        limitations=REHEARSAL_LIMITATIONS,
        seconds=12.0,
    )


class FakeDeployment:
    """Users are in the failover region. A command ends with its exit code in `codes`, otherwise with 0.

    Healing raises `heal_error`, if it is given. The load process has ended.
    """

    automatic = notifications = False

    def __init__(self, codes: Mapping[str, int], heal_error: Exception | None = None) -> None:
        self.codes, self.heal_error, self.commands = codes, heal_error, list[str]()

    def heal(self) -> None:
        if self.heal_error:
            raise self.heal_error

    def serving_role(self) -> str:
        return "failover"

    def set_rate(self, *_: object) -> None:
        raise BrokenPipeError

    def requests(self) -> list[object]:
        return []

    def run_command(self, *arguments: str) -> CommandResult:
        command = " ".join(arguments)
        self.commands.append(command)
        code = self.codes.get(command, 0)
        return CommandResult(arguments=arguments, code=code, document={}, stderr="its error", started=0, ended=1)


def fake_context(deployment: FakeDeployment, *, force_failback: bool = False) -> ScenarioContext:
    """Return the context of a scenario on this deployment."""
    fake: Any = deployment
    context = ScenarioContext(
        deployment=fake,
        faults=fake,
        observer=fake,
        load=fake,
        clock=Clock(),
        progress=NullProgress(),
        options=(),
        force_failback=force_failback,
    )
    object.__setattr__(context, "run_command", deployment.run_command)
    return context


class Commands:
    """The runs of the program. It runs for a minute, unless `end_with` gives it an exit code."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.program = directory / "python"
        self.program.write_text(PROGRAM.format(python=sys.executable, here=str(directory), mark=DIRECTORY_VARIABLE))
        self.program.chmod(0o755)

    def end_with(self, code: int) -> None:
        """Let the program end immediately."""
        (self.directory / "code").write_text(str(code))

    def given(self) -> list[str]:
        """Return the commands that were given, without their reasons."""
        return [line.split("--reason")[0].strip() for line in (self.directory / "commands").read_text().splitlines()]

    def pids(self, count: int) -> list[int]:
        """Return the ids of the programs, as soon as there are `count`."""
        paths = poll(
            lambda: list(self.directory.glob("*.pid")), seconds=20, pause=0.02, until=lambda found: len(found) >= count
        )
        assert len(paths) >= count
        return [int(path.stem) for path in paths]

    def alive(self) -> list[int]:
        """Return the programs that have not ended; a zombie has ended."""
        pids = [int(path.stem) for path in self.directory.glob("*.pid")]
        return [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]
