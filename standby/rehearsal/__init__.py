"""The whole deployment on one machine: real Terraform, the real AWS provider, and MiniStack in place of AWS."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from standby.rehearsal.core import Rehearsal
    from standby.rehearsal.report import Check, Report, Result

__all__ = ["Check", "Rehearsal", "Report", "Result"]

_MODULES = {"Rehearsal": "core", "Check": "report", "Report": "report", "Result": "report"}


def __getattr__(name: str) -> object:
    """Import a name when it is asked for: who only looks for a rehearsal that is up need not load what makes one."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
