"""`status`: the alarms of this deployment, text without markup, and the watch on a small screen."""

import io
import itertools
from dataclasses import replace
from types import SimpleNamespace
from typing import Literal

import pytest
from click.testing import CliRunner
from rich.console import Console
from rich.live import Live

from standby.cli import status as status_command
from standby.cli.main import cli
from standby.cli.output.status_view import render_status, render_watch
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest
from standby.deployment.manifest_reader import read_manifest
from standby.deployment.routing_config import RoutingConfig
from standby.operations.facts.automatic import AutomaticState, ControllerState, LookJson
from standby.operations.facts.collect import collect_status
from standby.operations.facts.health import Health
from standby.operations.facts.state import Alarms, State
from standby.operations.views.status_text import status_lines
from standby.operations.views.verdict import assess_state
from standby.rehearsal.emulator.emulator import Emulator
from tests.standby.helpers import EAST, World, changed, clients, copy_of
from tests.standby.states import BEHIND, left, missing, moved, region, state


def alarm(world: World, name: str, topic: str) -> None:
    """Create an alarm in state ALARM that notifies this topic."""
    cloudwatch = clients(world.endpoint).cloudwatch(EAST)
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        MetricName="m",
        Namespace="n",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic],
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")


def test_only_alarms_that_notify_this_deployment_s_topic_count(emulator: Emulator) -> None:
    world = World.make(emulator.endpoint)
    name, topic = world.manifest.name, world.manifest.regions["failover"].alert_topic_arn
    alarm(world, f"{name}-health", topic)
    alarm(world, f"{name}-staging-health", topic.replace(name, f"{name}-staging"))
    alarm(world, f"{name}-later", f"{topic}-2")
    found = collect_status(world.connect(), world.manifest).regions["failover"].alarms
    assert found == Alarms(in_alarm=(f"{name}-health",), total=1)


def told(found: State) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(render_status(found, assess_state(found)))
    return captured.get()


def test_text_that_looks_like_markup_is_shown_unchanged() -> None:
    by_hand = copy_of("failover", RoutingConfig(api_url="https://[/x].example/[bold]prod"))
    sick = Health(status="[red]sick[/]", checks={"[b]": "[/]"})
    odd = state(region("primary"), region("failover", copy=by_hand, health=sick))
    shown = told(odd)
    assert "https://[/x].example/[bold]prod, manually edited" in shown
    assert "[red]sick[/] ([b]: [/])" in shown


@pytest.mark.parametrize(
    "second, there, shown",
    [
        ("checkers", "healthy", "automatic watch: why (second vantage point: Route 53's checkers, healthy)"),
        ("edge", "unknown", "automatic watch: why (second vantage point: the edge, unknown)"),
        ("checkers", "unknown", "Route 53's checkers say nothing, so it moves nobody (second vantage point:"),
        (None, "unknown", "automatic watch: why access"),
    ],
)
def test_the_second_vantage_point_and_what_it_saw_stand_beside_the_decision(
    second: Literal["checkers", "edge"] | None, there: str, shown: str
) -> None:
    found = state(region("primary"), region("failover"))
    look = LookJson(at=found.now.isoformat(), here="healthy", there=there)
    controller = ControllerState(looks=(look,), second_vantage_point=second, action="watch", reason="why")
    automatic = AutomaticState(switches={"primary": True, "failover": True}, controller=controller)
    assert shown in " ".join(" ".join(status_lines(replace(found, automatic=automatic))).split())


def test_a_watch_shows_the_verdict_the_next_command_and_the_reasons_on_80_by_24() -> None:
    sick = {
        "knowledge_base": BEHIND,
        "health": Health(status="degraded", checks={"retrieve": "AccessDenied", "answerModel": "Throttling"}),
        "alarms": Alarms(in_alarm=("chatbot-api-errors", "chatbot-health", "chatbot-replication-latency"), total=7),
    }
    seen = moved(primary={**sick, "replication": left(missing("failed"), missing("never"))}, failover=sick)
    verdict = assess_state(seen)
    console = Console(file=io.StringIO(), force_terminal=True, width=80, height=24, color_system=None)
    with Live(render_watch(seen, verdict), console=console, auto_refresh=False) as live:
        live.refresh()
        shown = " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]  # a StringIO
    assert shown.endswith(" ...")  # in place of the table's last lines
    assert "verdict: " in shown
    assert "next: " in shown
    assert all(reason in shown for reason in verdict.reasons)


@pytest.fixture
def _one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after the second refresh."""
    sleeps = itertools.count()

    def sleep(_: float) -> None:
        if next(sleeps):
            raise KeyboardInterrupt

    # Only the watch's: botocore's retries in other threads also sleep.
    monkeypatch.setattr(status_command, "time", SimpleNamespace(sleep=sleep))


@pytest.mark.usefixtures("_one_look")
def test_an_apply_during_a_watch_is_not_a_disagreement(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World.make(emulator.endpoint)
    seen: list[State] = []

    def gather(connection: Connection, manifest: Manifest, *, deep: bool) -> State:
        seen.append(collect_status(connection, manifest, deep=deep))
        return seen[-1]

    before = changed(world.manifest, vector_store="before")  # from the start of the watch
    manifests = iter([before])
    monkeypatch.setattr(status_command, "read_manifest", lambda to: next(manifests, None) or read_manifest(to))
    monkeypatch.setattr(status_command, "collect_status", gather)
    CliRunner().invoke(cli, ["status", "--watch"], obj=lambda _: world.connect())
    assert [state.manifest.differences for state in seen] == [("vectorStore",), ()]


@pytest.mark.usefixtures("_one_look")
def test_a_watch_continues_while_no_region_answers(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World.make(emulator.endpoint)
    connections = iter([world.connect()])
    dead = world.connect("primary", "failover")
    monkeypatch.setattr(status_command, "read_manifest", lambda _: read_manifest(next(connections, dead)))
    result = CliRunner().invoke(cli, ["status", "--watch"], obj=lambda _: dead)
    assert (result.exit_code, "verdict: not ready to fail over" in result.stdout) == (3, True)


def test_a_watch_with_json_is_refused() -> None:
    result = CliRunner().invoke(cli, ["--aws", "status", "--watch", "--json"])
    assert result.exit_code == 2
    assert "use one of them" in result.stderr
