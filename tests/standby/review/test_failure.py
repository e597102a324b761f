"""Terraform's failures in a review: the whole first error, without its frame, its colors and its warnings."""

from pathlib import Path

from standby.errors import StandbyError
from standby.machine import MachineError
from standby.review.failure import MAX_LINES, describe_failure, first_error

WARNED = """There are some problems with the CLI configuration:
╷
│ Warning: Unable to open CLI configuration file
│
│ The CLI configuration file at "/home/ada/.terraformrc" does not exist.
╵

"""
PLAIN = """
Error: Backend configuration changed

A change in the backend configuration has been detected.

  on cdk.tf.json line 3, in terraform:
   3:     "backend": {

If you wish to attempt automatic migration, use "terraform init -migrate-state".
"""
FRAMED = "".join(f"\x1b[31m│\x1b[0m \x1b[0m{line}\n" for line in PLAIN.splitlines())
BOXED = f"\x1b[31m╷\x1b[0m\x1b[0m\n{FRAMED}\x1b[31m╵\x1b[0m\x1b[0m\n"


def failure_of(output: str, *, rehearsal: Path | None = None) -> StandbyError:
    directory = Path("my stack")
    return describe_failure(output, program="tofu", command="plan", directory=directory, rehearsal=rehearsal)


def test_the_next_command_works_where_terraform_failed() -> None:
    assert failure_of("Error: no value").hint == "`tofu -chdir='my stack' plan` runs it again."
    assert failure_of(PLAIN).hint.startswith("`tofu -chdir='my stack' init`, with the options that are named above")
    rehearsed = failure_of(PLAIN, rehearsal=Path("/r")).hint
    assert rehearsed == "`standby rehearse --directory /r exec -- tofu -chdir='my stack' plan` runs it again."


def test_the_first_error_is_shown_from_its_first_line_to_its_last() -> None:
    for output in (PLAIN, WARNED + PLAIN, BOXED, WARNED + BOXED):
        assert first_error(output) == PLAIN.strip()


def test_the_other_errors_are_counted_and_warnings_are_left_out() -> None:
    warning = "\nWarning: Argument is deprecated\n\nUse another.\n"
    said = first_error(PLAIN + warning + PLAIN + PLAIN)
    assert said == f"{PLAIN.strip()}\n... 2 more errors"


def test_an_error_without_an_end_is_cut_and_the_lines_that_are_left_out_are_counted() -> None:
    said = first_error("Error: a provider crashed\n" + "goroutine\n" * 500)
    assert said.splitlines()[0] == "Error: a provider crashed"
    assert said.splitlines()[MAX_LINES:] == [f"... {501 - MAX_LINES} more lines"]


def test_output_without_an_error_is_shown_and_changes_no_terminal() -> None:
    assert first_error("panic\x1b]0;title\x07") == "panic\\x1b]0;title\\x07"
    assert first_error("") == "It printed nothing."


def test_a_full_disk_is_the_machine_s_failure_with_its_remedy() -> None:
    failure = failure_of("Error: write plan: no space left on device")
    assert isinstance(failure, MachineError)
    assert "Free space" in failure.hint
