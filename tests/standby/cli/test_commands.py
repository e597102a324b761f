"""The command line: exit codes, only JSON on stdout, one clear line for each error."""

import json
import re
import time
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from standby.cli.main import COMMANDS, cli
from standby.console import STEP_MARKS, report_waiting
from standby.deployment.connection import Connection
from standby.deployment.manifest import Manifest, Role
from standby.deployment.routing_config import copies_agree, render_config
from standby.operations.execution.failback_check import check_preconditions
from standby.operations.plans.plan import Refusal
from standby.settings_file import DEFAULT_NAME, DEFAULT_REGIONS
from tests.constructs.plan import default_settings
from tests.standby.helpers import EAST, WEST, Run, World, config, words


def test_help_lists_the_commands_in_the_order_of_their_use() -> None:
    shown = CliRunner().invoke(cli, ["--help"]).stdout
    places = [shown.index(f"\n  {name} ") for name in COMMANDS]
    assert places == sorted(places)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_of_a_command_in_the_help_is_the_first_line_of_its_own_help(name: str) -> None:
    shown = CliRunner().invoke(cli, [name, "--help"])
    assert shown.exit_code == 0
    assert COMMANDS[name][1] in " ".join(shown.stdout.split())


@pytest.mark.parametrize("group", ["rehearse", "context", "automatic"])
def test_the_help_of_a_group_has_the_whole_sentence_of_each_command(group: str) -> None:
    shown = words(CliRunner().invoke(cli, [group, "--help"]).stdout)
    commands = cli.get_command(click.Context(cli), group)
    assert isinstance(commands, click.Group)
    for name, command in commands.commands.items():
        assert f"{name} {words(str(command.help)).partition('. ')[0].removesuffix('.')}." in shown


@pytest.mark.parametrize("arguments", [["--aws", "--directory", "x", "status"], ["failover", "--wait"], ["nothing"]])
def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(cli, arguments).exit_code == 2


def test_a_failover_prints_the_deployment_the_plan_and_the_result(run: Run, world: World) -> None:
    result = run("failover", "--yes", "--reason", "test")
    assert result.exit_code == 0
    assert result.stdout == f"Done. {EAST} now serves (generation 4).\n"
    assert result.stderr.startswith(f"TEST: {world.manifest.name} in account 000000000000, {WEST} + {EAST}\n")
    ended = [line for line in result.stderr.splitlines() if re.match(r"\d/7 ", line)]
    assert re.fullmatch(r"1/7 Write the intent into the journal in us-east-1: done \(\d+\.\d\d s\)", ended[0])
    assert [line[:2] for line in ended] == [f"{number}/" for number in range(1, 8)]
    assert "begins" not in result.stderr
    assert copies_agree(world.copies())


def test_a_second_failover_changes_nothing(run: Run, world: World) -> None:
    run("failover", "--yes")
    before = world.copies()
    result = run("failover", "--yes")
    assert (result.exit_code, result.stdout) == (0, f"{EAST} already serves, generation 4. Nothing to do.\n")
    assert world.copies() == before
    assert len(world.events("failover")) == 1


def test_json_is_the_only_output_on_stdout_and_has_the_steps_with_their_times(run: Run) -> None:
    document = json.loads(run("failover", "--yes", "--json").stdout)
    assert (document["schemaVersion"], document["result"], document["generation"]) == (2, "done", 4)
    assert [step["result"] for step in document["steps"]] == ["done"] * 7
    assert all(step["seconds"] >= 0 and step["at"] for step in document["steps"])


def test_a_dry_run_shows_the_plan_and_does_nothing(run: Run, world: World) -> None:
    before = world.copies()
    result = run("failover", "--dry-run", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["result"] == "planned"
    assert "  2. Write config.json in us-east-1\n" in result.stderr
    assert world.copies() == before
    assert not world.events("failover")


@pytest.mark.parametrize("given", ["n\n", ""])
def test_any_answer_other_than_yes_declines(run: Run, world: World, given: str) -> None:
    result = run("failover", given=given)
    assert result.exit_code == 1
    assert result.stderr.endswith("\nCancelled, nothing changed.\n")
    assert not world.events("failover")


def test_a_yes_at_the_terminal_confirms(run: Run) -> None:
    assert run("failover", given="y\n").exit_code == 0


def test_with_a_lost_region_the_exit_code_is_0_and_the_pending_write_is_reported(run: Run) -> None:
    result = run("failover", "--yes", dead=("primary",))
    assert result.exit_code == 0
    assert result.stdout == (
        "Done. us-east-1 now serves (generation 4).\n"
        "Pending: config.json in us-west-2, which does not answer (connection refused).\n"
        "When us-west-2 is back: `standby reconcile`.\n"
    )


def test_a_dead_target_is_refused_and_force_does_not_help(run: Run, world: World) -> None:
    result = run("failover", "--yes", "--force", "--json", dead=("failover",))
    assert result.exit_code == 3
    assert json.loads(result.stdout)["result"] == "refused"
    assert "config.json of us-east-1 cannot be read" in result.stderr
    assert world.copies()["primary"].generation == 3


def test_with_both_regions_down_there_is_one_error_with_the_next_action(run: Run) -> None:
    for command in ("status", "failover", "failback", "reconcile", "journal"):
        result = run(command, dead=("primary", "failover"))
        assert result.exit_code == 3
        assert "Error: No manifest" in result.stderr
        assert "Traceback" not in result.output


def test_the_journal_names_the_operator_the_command_the_time_and_the_reason(run: Run) -> None:
    assert "The journal is empty" in run("journal").stdout
    run("failover", "--yes", "--reason", "the region is lost", dead=("primary",))
    shown = run("journal").stdout
    assert "failover us-west-2 -> us-east-1: incomplete" in shown
    assert "because: the region is lost" in shown
    assert "not yet in the journal of us-west-2" in shown
    (event,) = json.loads(run("journal", "--json").stdout)["events"]
    assert event["actor"].startswith("arn:aws:iam::000000000000:root (")
    assert event["missingIn"] == [WEST]


def test_a_degraded_status_exits_with_3_and_has_one_line_for_a_dead_region(run: Run) -> None:
    result = run("status", "--json", dead=("primary",))
    document = json.loads(result.stdout)
    assert result.exit_code == 3
    assert document["regions"]["primary"]["down"] == "does not answer (connection refused)"
    assert [reason for reason in document["reasons"] if WEST in reason] == [
        "us-west-2 does not answer (connection refused)"
    ]


def test_a_refused_failback_names_every_reason(run: Run, world: World) -> None:
    run("failover", "--yes", dead=("primary",))
    result = run("failback", "--yes", "--checks", "1")
    assert result.exit_code == 3
    assert "the copies of config.json disagree" in result.stderr
    forced = run("failback", "--yes", "--checks", "1", "--force")
    assert forced.exit_code == 0
    assert copies_agree(world.copies())


def test_a_killed_failback_that_moved_no_user_is_finished_only_if_all_preconditions_hold(
    run: Run, world: World
) -> None:
    run("failover", "--yes")
    world.put("primary", render_config(config("primary", 5, manifest=world.manifest)))
    bucket = world.manifest.regions["failover"].documents_bucket
    world.s3("failover").put_object(Bucket=bucket, Key="uploads/1/new.txt", Body=b"new")
    refused = run("failback", "--yes", "--checks", "1", "--wait", "0")
    assert refused.exit_code == 3
    assert "1 document of us-east-1 is missing in us-west-2" in refused.stderr
    assert "disagree" not in refused.stderr  # this run would remove that difference
    assert world.copies()["failover"].generation == 4
    world.s3("failover").delete_object(Bucket=bucket, Key="uploads/1/new.txt")
    assert run("failback", "--yes", "--checks", "1").exit_code == 0
    assert copies_agree(world.copies())


def test_a_failback_is_refused_if_another_command_moves_users_during_its_comparison(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compared(connection: Connection, manifest: Manifest, **said: Any) -> tuple[Refusal, ...] | None:  # noqa: ANN401 - as it is called
        learnt = check_preconditions(connection, manifest, **said)
        run("failover", "--yes")
        return learnt

    monkeypatch.setattr("standby.operations.execution.failback_check.check_preconditions", compared)
    result = run("failback", "--yes", "--checks", "1")
    assert result.exit_code == 3
    assert "another command moved users while the regions were compared" in words(result.stderr)
    assert world.copies()["primary"].generation == 4


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test if a command compares the regions or repeats the health check."""

    def compared(*_: object, **__: object) -> None:
        raise AssertionError("somebody waits")

    for name in ("collect_state", "check_primary"):
        monkeypatch.setattr(f"standby.operations.execution.failback_check.{name}", compared)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("dead", [(), ("failover",)])
def test_a_forced_failback_does_not_wait_for_the_checks_that_it_overrides(
    run: Run, world: World, dead: tuple[Role, ...]
) -> None:
    run("failover", "--yes")
    result = run("failback", "--yes", "--force", dead=dead)
    assert result.exit_code == 0
    assert (
        "overridden: us-east-1 does not answer" if dead else "overridden: the regions were not compared"
    ) in result.stderr
    assert world.copies()["primary"].generation == 5


@pytest.mark.usefixtures("impatient")
def test_a_failback_with_a_region_down_is_refused_immediately(run: Run) -> None:
    run("failover", "--yes")
    result = run("failback", "--yes", dead=("failover",))
    assert result.exit_code == 3
    assert "us-east-1 does not answer (connection refused): the regions cannot be compared" in words(result.stderr)


def test_a_primary_with_an_old_config_takes_users_back_with_force(run: Run, world: World) -> None:
    run("failover", "--yes", dead=("primary",))
    shown = run("failback", "--yes", dead=("failover",))
    assert shown.exit_code == 0
    assert "us-west-2 serves according to its own copy of config.json" in shown.stdout
    assert run("failback", "--yes", "--force", dead=("failover",)).exit_code == 0
    assert {role: copy.generation for role, copy in world.copies().items()} == {"primary": 5, "failover": 4}
    assert run("reconcile", "--yes").exit_code == 0
    assert copies_agree(world.copies())
    assert world.copies()["failover"].generation == 5


def test_reconcile_brings_the_returned_region_s_config_up_to_date(run: Run, world: World) -> None:
    run("failover", "--yes", dead=("primary",))
    result = run("reconcile", "--yes", "--json")
    steps = [step["step"] for step in json.loads(result.stdout)["steps"]]
    assert "Bring config.json to generation 4 in us-west-2" in steps[1]
    assert copies_agree(world.copies())
    assert {event.result for event in world.events("primary")} == {"done"}


def test_the_defaults_come_from_the_settings() -> None:
    settings = default_settings()
    assert (
        settings.name,
        {"primary": settings.regions.primary, "failover": settings.regions.failover},
    ) == (DEFAULT_NAME, DEFAULT_REGIONS)


def test_settings_that_cannot_be_read_are_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "standby.toml").write_text("name = ")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["--aws", "status"])
    assert result.exit_code == 2
    assert "standby.toml" in result.stderr


def test_a_named_rehearsal_that_is_not_up_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["--directory", str(tmp_path), "status"])
    assert result.exit_code == 3
    assert f"`standby rehearse --directory {tmp_path} up`" in result.stderr


def test_a_missing_profile_is_wrong_usage_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(cli, ["--profile", "nobody-has-this", "status"])
    assert result.exit_code == 2
    assert "nobody-has-this" in result.stderr


@pytest.mark.parametrize("arguments", [["-h"], ["failover", "-h"], ["rehearse", "-h"], ["rehearse", "fault", "-h"]])
def test_the_short_help_is_the_long_one(arguments: list[str]) -> None:
    short, long = (CliRunner().invoke(cli, [*arguments[:-1], option]) for option in ("-h", "--help"))
    assert short.exit_code == 0
    assert short.stdout == long.stdout


@pytest.mark.parametrize("arguments,meant", [(["stauts"], "status"), (["rehearse", "fualt"], "fault")])
def test_a_command_that_is_not_known_names_the_nearest_one(arguments: list[str], meant: str) -> None:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2
    assert f"Did you mean '{meant}'?" in result.stderr


def test_marks_of_steps_are_printed_only_for_a_program_that_asks(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "step 1 of " not in run("failover", "--yes").stderr
    monkeypatch.setenv(STEP_MARKS, "1")
    shown = run("failback", "--yes", "--checks", "1").stderr.splitlines()
    marks = [line for line in shown if line.startswith("step ")]
    assert marks == [f"step {number} of 7 {what}" for number in range(1, 8) for what in ("begins", "done")]
    assert shown.index("step 2 of 7 begins") < next(n for n, line in enumerate(shown) if line.startswith("2/7 "))


def test_a_refused_plan_is_not_shown_and_each_reason_is_a_line(run: Run, world: World) -> None:
    run("failover", "--yes", dead=("primary",))
    result = run("failback", "--yes", "--checks", "1")
    lines = result.stderr[result.stderr.index("Error: ") :].splitlines()
    assert lines[0] == "Error: failback refused:"
    assert [line for line in lines[1:] if line.startswith("  - ")] == [
        "  - the copies of config.json disagree: us-west-2 says us-west-2 generation 3,",
        "  - the journal has pending writes: run `standby reconcile`",
    ]
    assert lines[-1] == "  --force overrides this."
    assert "1. Write the intent" not in result.stderr


def test_each_command_asks_what_it_is_going_to_do(run: Run, world: World) -> None:
    assert f"Switch users to {EAST}? [y/N] n\n" in run("failover", given="n\n").stderr
    run("failover", "--yes")
    assert f"Switch users back to {WEST}? [y/N] n\n" in run("failback", "--checks", "1", given="n\n").stderr
    world.put("primary", render_config(config("primary", 3, manifest=world.manifest)))
    assert "Complete the interrupted command? [y/N] n\n" in run("failover", given="n\n").stderr
    assert "Bring config.json into sync? [y/N] n\n" in run("reconcile", given="n\n").stderr


def test_a_step_that_takes_long_is_reported_again(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("standby.console.STILL_SECONDS", 0.05)
    with report_waiting("3/7 Copy 9 documents"):
        time.sleep(0.5)
    shown = capfd.readouterr().err.splitlines()
    assert [line for line in shown if not re.fullmatch(r"3/7 Copy 9 documents: still running \(\d+ s\)", line)] == []
    assert len(shown) > 1
    time.sleep(0.1)
    assert capfd.readouterr().err == ""


def test_an_error_of_a_wrong_option_fits_eighty_columns() -> None:
    result = CliRunner().invoke(cli, ["rehearse", "fault", "wrong", "primary"])
    assert result.exit_code == 2
    assert "is not one of" in " ".join(result.stderr.split())
    assert max(map(len, result.stderr.splitlines())) <= 80
