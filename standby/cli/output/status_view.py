"""The status on a terminal, and in a file or pipe."""

from collections.abc import Iterable
from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from standby.operations.facts.state import State
from standby.operations.views.status_text import status_lines
from standby.operations.views.verdict import Verdict
from standby.text import printable, wrap, wrap_lines

_STYLES: Final = {"ready": "bold green", "failed over": "bold yellow", "degraded": "bold yellow"}


def print_status(state: State, verdict: Verdict) -> None:
    """Print the complete status. Its lines have 80 columns, whatever the width of the terminal is."""
    Console().print(render_status(state, verdict), soft_wrap=True)


def make_live(state: State, verdict: Verdict) -> Live:
    """Return a display that shows the status until it is updated."""
    return Live(render_watch(state, verdict), auto_refresh=False)


def render_status(state: State, verdict: Verdict) -> Group:
    """Return the complete status, with the verdict and the next command last, above the prompt."""
    return Group(*_facts(state), Text(), _verdict(verdict), *_reasons(verdict), *_next(verdict))


def render_watch(state: State, verdict: Verdict) -> Group:
    """Return the status for a screen that may show only its top: the verdict and the next command first."""
    return Group(_verdict(verdict), *_next(verdict), *_reasons(verdict), Text(), *_facts(state))


def _facts(state: State) -> Iterable[Text]:
    # `Text`, because rich reads a plain string as markup.
    return map(Text, status_lines(state))


def _verdict(verdict: Verdict) -> Text:
    return Text(f"verdict: {verdict.name}", style=_STYLES.get(verdict.name, "bold red"))


def _reasons(verdict: Verdict) -> list[Text]:
    # rich removes some control characters, and leaves escape sequences: `printable` shows them.
    lines = [*(f"- {reason}" for reason in verdict.reasons), *(f"note: {note}" for note in verdict.notes)]
    return [Text(wrap_lines(printable(line))) for line in lines]


def _next(verdict: Verdict) -> list[Text]:
    lines = wrap(printable(f"next: {verdict.next}"), rest="  ") if verdict.next else []
    return [Text(line, style="bold") for line in lines]
