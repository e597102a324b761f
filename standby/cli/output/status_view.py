"""The status on a terminal."""

from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from standby.operations.facts.state import State
from standby.operations.views.status_table import describe_last_switch, status_columns, status_rows
from standby.operations.views.verdict import Verdict
from standby.text import printable

WIDTH_WITHOUT_TERMINAL: Final = 200
_STYLES: Final = {"ready": "bold green", "failed over": "bold yellow", "degraded": "bold yellow"}


def make_console() -> Console:
    """Return the console for a status: the terminal, or a file or pipe with enough columns."""
    terminal = Console()
    return terminal if terminal.is_terminal else Console(width=WIDTH_WITHOUT_TERMINAL)


def make_live(state: State, verdict: Verdict) -> Live:
    """Return a display that shows the status until it is updated."""
    return Live(render_watch(state, verdict), console=make_console(), auto_refresh=False)


def render_status(state: State, verdict: Verdict) -> Group:
    """Return the complete status, the table first."""
    return Group(_table(state), _verdict(verdict), *_reasons(verdict), *_next(verdict))


def render_watch(state: State, verdict: Verdict) -> Group:
    """Return the status for a screen that may show only its top: the verdict and the next command first."""
    return Group(_verdict(verdict), *_next(verdict), *_reasons(verdict), _table(state))


def _table(state: State) -> Group:
    # Text from services and users is shown as `Text`: rich reads a plain string in a table as markup.
    table = Table(box=None, pad_edge=False)
    for column in ("", *status_columns(state)):
        table.add_column(Text(column))
    for name, cells in status_rows(state).items():
        table.add_row(name, *map(_text, cells))
    return Group(table, _text(describe_last_switch(state)))


def _text(text: str, *, style: str = "") -> Text:
    # rich removes some control characters, and leaves escape sequences.
    return Text(printable(text), style=style)


def _verdict(verdict: Verdict) -> Text:
    return Text(f"verdict: {verdict.name}", style=_STYLES.get(verdict.name, "bold red"))


def _reasons(verdict: Verdict) -> list[Text]:
    return [_text(f"- {reason}") for reason in verdict.reasons] + [_text(f"note: {note}") for note in verdict.notes]


def _next(verdict: Verdict) -> list[Text]:
    return [_text(f"next: {verdict.next}", style="bold")] if verdict.next else []
