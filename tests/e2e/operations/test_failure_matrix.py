"""Every sequence of loss, return and command, and its result: the rows of docs/failure-matrix.md."""

import os
import pty
import re
import signal
from collections.abc import Iterator

import pytest

from standby.deployment.manifest import Role
from standby.rehearsal.faults.faults import FaultKind
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.helpers import wait_for
from tests.e2e.operations.helpers import Operator

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
"""A terminal's control sequences."""


@pytest.fixture
def operator(rehearsal: Rehearsal) -> Iterator[Operator]:
    """An operator of a healthy deployment, which is restored after the test."""
    operator = Operator(rehearsal=rehearsal)
    operator.put_back()
    yield operator
    operator.put_back()


def lose(operator: Operator, role: Role, kind: FaultKind = "region-down") -> None:
    operator.rehearsal.faults.set(kind, role)


@pytest.mark.parametrize("kind", ["region-down", "region-black-hole"])
def test_after_a_failover_from_a_lost_primary_its_config_is_old_and_pending(
    operator: Operator, kind: FaultKind
) -> None:
    before = operator.generation()
    lose(operator, "primary", kind)
    ran = operator.failover()
    assert (ran.code, ran.result) == (0, "incomplete")
    assert [(part["region"], part["what"]) for part in ran.document["pendingWrites"]] == [("us-west-2", "config.json")]
    assert (operator.page().role, operator.page().generation) == ("failover", before + 1)
    assert operator.generations() == {"primary": ("primary", before), "failover": ("failover", before + 1)}


def test_a_primary_that_returns_with_an_old_config_moves_no_user_and_is_reported(operator: Operator) -> None:
    lose(operator, "primary")
    operator.failover()
    operator.rehearsal.faults.heal()
    assert operator.page().role == "failover"
    status = operator.status()
    assert status["verdict"] == "failed over"
    assert any(reason.startswith("the copies of config.json disagree") for reason in status["reasons"])
    assert operator.failback().code == 3
    assert operator.reconcile().result == "done"
    assert len(set(operator.generations().values())) == 1
    assert operator.status()["reasons"] == []
    assert operator.failback().result == "done"
    assert operator.page().role == "primary"


def test_a_primary_that_is_lost_and_returns_without_a_command_changes_nothing(operator: Operator) -> None:
    before = operator.generations()
    lose(operator, "primary")
    assert operator.page().role == "primary"
    status = operator.status()
    assert (status["verdict"], status["regions"]["primary"]["down"]) == (
        "degraded",
        "does not answer (connection refused)",
    )
    operator.rehearsal.faults.heal()
    assert operator.generations() == before
    assert operator.status()["verdict"] == "ready"


def test_a_lost_standby_is_not_ready_and_force_does_not_move_users_there(operator: Operator) -> None:
    before = operator.generations()
    lose(operator, "failover")
    assert operator.status()["verdict"] == "not ready to fail over"
    assert operator.failover("--force").code == 3
    assert operator.page().role == "primary"
    assert operator.generations() == before


def test_a_forced_failback_leaves_a_serving_region_that_is_lost_and_reconcile_updates_its_config(
    operator: Operator,
) -> None:
    operator.failover()
    before = operator.generation()
    lose(operator, "failover")
    assert operator.failback().code == 3
    ran = operator.failback("--force")
    assert (ran.code, ran.result) == (0, "incomplete")
    assert (operator.page().role, operator.page().generation) == ("primary", before + 1)
    operator.rehearsal.faults.heal()
    # The edge reads the failover bucket first: only pages that read the higher generation stay in the primary region.
    assert (operator.page().role, operator.page().generation) == ("failover", before)
    assert operator.status()["serving"]["role"] == "primary"
    assert operator.reconcile().result == "done"
    assert (operator.page().role, operator.page().generation) == ("primary", before + 1)


def test_a_forced_failback_to_a_primary_with_an_old_config_writes_a_higher_generation(
    operator: Operator,
) -> None:
    before = operator.generation()
    lose(operator, "primary")
    operator.failover()
    operator.rehearsal.faults.heal()
    lose(operator, "failover")
    ran = operator.failback()
    assert (ran.code, ran.result) == (0, "nothing to do")
    assert "us-east-1 may have a higher generation" in ran.document["notes"][0]
    ran = operator.failback("--force")
    assert (ran.code, ran.result) == (0, "incomplete")
    assert (operator.page().role, operator.page().generation) == ("primary", before + 2)
    operator.rehearsal.faults.heal()
    assert operator.generations() == {"primary": ("primary", before + 2), "failover": ("failover", before + 1)}
    assert operator.status()["serving"]["role"] == "primary"
    assert operator.reconcile().result == "done"
    assert set(operator.generations().values()) == {("primary", before + 2)}


def test_with_both_regions_lost_every_command_reports_it_and_the_returned_region_serves(operator: Operator) -> None:
    lose(operator, "primary")
    operator.failover()
    before = operator.generations()
    lose(operator, "failover")
    for command in ("failover", "failback", "reconcile"):
        result = operator.start(command, "--yes").communicate()[1]
        assert "Error: No manifest" in result
    operator.rehearsal.faults.heal("failover")
    assert operator.page().role == "failover"
    assert operator.failover().result == "nothing to do"
    assert operator.generations() == before


def test_a_second_failover_changes_nothing(operator: Operator) -> None:
    operator.failover()
    before = operator.generations()
    assert operator.failover().result == "nothing to do"
    assert operator.generations() == before


def test_a_second_round_continues_with_the_next_generation(operator: Operator) -> None:
    before = operator.generation()
    for number, command in enumerate([operator.failover, operator.failback, operator.failover, operator.failback], 1):
        assert command().document["generation"] == before + number


def test_a_failback_to_a_lost_primary_is_refused_even_with_force(operator: Operator) -> None:
    lose(operator, "primary")
    operator.failover()
    assert operator.failback("--force").code == 3
    assert operator.page().role == "failover"


def test_reconcile_is_refused_while_a_region_is_down(operator: Operator) -> None:
    lose(operator, "primary")
    operator.failover()
    assert operator.reconcile().code == 3
    forced = operator.reconcile("--force")
    assert forced.code == 0
    assert operator.status()["unfinished"]  # the pending write for the lost region is still pending


@pytest.mark.parametrize("kind", ["api-errors", "knowledge-base-denied"])
def test_an_unhealthy_target_is_refused_with_the_reason_unless_forced(operator: Operator, kind: FaultKind) -> None:
    lose(operator, "failover", kind)
    # A deep health report is cached for a second.
    wait_for(lambda: operator.status()["verdict"] == "not ready to fail over", what="a verdict on the unhealthy region")
    ran = operator.failover()
    assert ran.code == 3
    assert "the API of us-east-1 is" in ran.stderr
    operator.failover("--force")
    assert operator.page().role == "failover"


def test_a_target_whose_bucket_returns_errors_is_refused_even_with_force(operator: Operator) -> None:
    lose(operator, "failover", "s3-errors")
    assert operator.failover("--force").code == 3
    assert operator.generations()["failover"][0] == "primary"


def test_a_failover_from_an_unhealthy_primary_api_writes_both_copies(operator: Operator) -> None:
    lose(operator, "primary", "api-errors")
    ran = operator.failover()
    assert ran.result == "done", ran.stderr
    assert len(set(operator.generations().values())) == 1
    operator.rehearsal.faults.heal()
    assert operator.failback().result == "done"


def test_the_journal_is_not_served(operator: Operator) -> None:
    operator.failover()
    region = operator.rehearsal.deployment.regions["failover"]
    listed = operator.s3("failover").list_objects_v2(Bucket=region.frontend_bucket, Prefix="standby/")
    url = f"{operator.rehearsal.deployment.site.url}/{listed['Contents'][0]['Key']}"
    assert operator.get(url).status == 403


@pytest.mark.parametrize("step", range(1, 8))
def test_after_a_kill_at_any_step_the_next_run_converges(operator: Operator, step: int) -> None:
    process = operator.start("failover", "--yes")
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(f"step {step} of 7 begins"):
            process.kill()
            break
    process.communicate()
    ran = operator.failover()
    assert ran.code == 0
    assert len(set(operator.generations().values())) == 1
    assert operator.page().role == "failover"
    assert operator.failover().result == "nothing to do"


def test_a_termination_signal_ends_a_command_without_a_traceback(operator: Operator) -> None:
    operator.failover()
    process = operator.start("failback", "--checks", "9", "--yes")
    assert process.stderr is not None
    while not process.stderr.readline().startswith("check 1 of 9"):
        assert process.poll() is None
    process.terminate()
    stderr = process.communicate()[1]
    assert (process.returncode, stderr.splitlines()[-1]) == (1, "Aborted!")
    assert operator.page().role == "failover"


def test_a_watch_ends_with_the_last_verdict_s_exit_code(operator: Operator) -> None:
    terminal, programs_end = pty.openpty()  # without a terminal, the watch prints its output only at its end
    process = operator.start("status", "--watch", stdout=programs_end)
    os.close(programs_end)
    shown = ""
    while "verdict: ready" not in shown:
        shown += CONTROL.sub("", os.read(terminal, 4096).decode(errors="replace"))
    process.send_signal(signal.SIGINT)
    said = process.communicate()[1]
    os.close(terminal)
    assert process.returncode == 0
    assert re.fullmatch(r"REHEARSAL in \S+ \S+ in account \d+, us-west-2 \+ us-east-1", " ".join(said.split()))
