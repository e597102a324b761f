"""Read what `terraform apply -json` prints: one JSON document a line.

Source: developer.hashicorp.com, Terraform, "Machine-Readable UI".
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from standby.console import Progress

_ENDED: Final = frozenset({"apply_complete", "apply_errored"})


@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """An error of Terraform's: what, more of it, and the resource's address ("" where it has none)."""

    summary: str
    detail: str
    address: str

    @property
    def text(self) -> str:
        """All of it on a few lines."""
        where = f"{self.address}: " if self.address else ""
        return f"{where}{self.summary}" + (f"\n    {self.detail.strip()}" if self.detail.strip() else "")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What an apply or destroy did: resources added, changed and removed, the outputs, and errors."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    outputs: Mapping[str, str]
    errors: tuple[Diagnostic, ...] = ()


def read_events(lines: Iterable[str], *, progress: Progress) -> Outcome:
    """Read to the end of the output, report the counts of resources on the way, and return the outcome."""
    done = total = 0
    changes: Mapping[str, int] = {}
    outputs: Mapping[str, str] = {}
    errors: list[Diagnostic] = []
    for event in _events(lines):
        kind = event.get("type")
        if kind == "change_summary":
            changes = _counts(event)
            total = total or sum(changes.values())
        elif kind in _ENDED and not _reads(event):
            done += 1
            progress.count(done, max(done, total))
        elif kind == "outputs":
            outputs = _outputs(event)
        elif kind == "diagnostic":
            errors.extend(_errors(event))
    return Outcome(
        added=changes.get("add", 0),
        changed=changes.get("change", 0),
        removed=changes.get("remove", 0),
        outputs=outputs,
        errors=tuple(dict.fromkeys(errors)),
    )


def _events(lines: Iterable[str]) -> Iterator[dict[str, object]]:
    for line in lines:
        try:
            value = json.loads(line)
        except ValueError:
            value = {"type": "diagnostic", "diagnostic": {"severity": "plain", "summary": line.strip()}}
        if isinstance(value, dict):
            yield value


def _reads(event: Mapping[str, object]) -> bool:
    hook = event.get("hook")
    return isinstance(hook, dict) and hook.get("action") == "read"


def _counts(event: Mapping[str, object]) -> Mapping[str, int]:
    changes = event.get("changes")
    if not isinstance(changes, dict):
        return {}
    return {name: int(changes.get(name) or 0) for name in ("add", "change", "remove")}


def _outputs(event: Mapping[str, object]) -> Mapping[str, str]:
    outputs = event.get("outputs")
    if not isinstance(outputs, dict):
        return {}
    return {name: _text(output["value"]) for name, output in outputs.items() if "value" in output}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _context(said: Mapping[str, object]) -> str:
    # A wrong expression has no address, but the block that it stands in.
    snippet = said.get("snippet")
    return str(snippet.get("context") or "") if isinstance(snippet, dict) else ""


def _errors(event: Mapping[str, object]) -> Iterator[Diagnostic]:
    said = event.get("diagnostic")
    if isinstance(said, dict) and said.get("severity") == "error":
        yield Diagnostic(
            summary=str(said.get("summary", "")),
            detail=str(said.get("detail", "")),
            address=str(said.get("address") or _context(said)),
        )
