"""The user's contexts: short names for deployments, so that the tool needs no checkout of a project.

One file of the user holds them, without any secret: a context names a profile of the AWS configuration.
"""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, ValidationError

from standby.errors import BadUsageError
from standby.json_model import JsonModel
from standby.machine import write_file

CONTEXT_VARIABLE: Final = "STANDBY_CONTEXT"
"""The context of a shell. It goes before the one that `standby context use` has chosen."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")


class Context(JsonModel):
    """The deployment that a context names."""

    name: str = Field(description="the deployment's name")
    regions: tuple[str, ...] = Field(description="its regions, or one of them")
    profile: str | None = Field(default=None, description="the AWS profile for its account; null: default credentials")


class Contexts(JsonModel):
    """All contexts of a user, and the current one."""

    schema_version: Literal[1] = Field(default=1, description="1")
    current: str | None = Field(default=None, description="the context that is in use; null: none")
    contexts: Mapping[str, Context] = Field(default={}, description="the contexts by their names")

    def find(self, name: str) -> Context:
        """Return a context. Raises `BadUsageError` with the names that there are."""
        if name not in self.contexts:
            known = ", ".join(sorted(self.contexts)) or "none"
            raise BadUsageError(f"There is no context {name}.", hint=f"`standby context list` shows them: {known}.")
        return self.contexts[name]

    def with_context(self, name: str, context: Context) -> "Contexts":
        """Return the contexts with one more, or with another one of that name."""
        return self.model_copy(update={"contexts": {**self.contexts, name: context}})

    def without(self, name: str) -> "Contexts":
        """Return the contexts without one. If it was the current one, there is none."""
        self.find(name)
        left = {key: context for key, context in self.contexts.items() if key != name}
        return self.model_copy(update={"contexts": left, "current": None if self.current == name else self.current})

    def using(self, name: str | None) -> "Contexts":
        """Return the contexts with another current one, or with none."""
        if name is not None:
            self.find(name)
        return self.model_copy(update={"current": name})


def make_context(key: str, *, name: str, regions: tuple[str, ...], profile: str | None) -> Context:
    """Return a context. Raises `BadUsageError` for a key or a region that cannot be one."""
    if not _NAME.fullmatch(key):
        raise BadUsageError(
            f"{key!r} cannot be the name of a context.",
            hint="Use up to 64 letters, digits, dots, hyphens and underscores; start with a letter or a digit.",
        )
    for region in regions:
        if not _REGION.fullmatch(region):
            raise BadUsageError(f"{region!r} is no AWS region.", hint="A region looks like us-west-2.")
    return Context(name=name, regions=regions, profile=profile)


def contexts_path() -> Path:
    """Return the file of the contexts, in the user's directory for configuration.

    Source: XDG Base Directory Specification, `XDG_CONFIG_HOME`.
    """
    base = os.environ.get("XDG_CONFIG_HOME")
    return Path(base or Path.home() / ".config") / "standby" / "contexts.json"


def read_contexts() -> Contexts:
    """Return the contexts of the user; none if there is no file. Raises `BadUsageError` for one that is unreadable."""
    path = contexts_path()
    try:
        return Contexts.from_json(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Contexts()
    except (OSError, ValidationError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else "not a file of contexts"
        hint = "Correct it, or move it away: `standby context add` writes another one."
        raise BadUsageError(f"{path}: {why}.", hint=hint) from error


def write_contexts(contexts: Contexts) -> None:
    """Write the file as a whole: a reader sees the old one or the new one. Raises `OSError`."""
    path = contexts_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_name(f"{path.name}.{os.getpid()}")
    write_file(written, json.dumps(contexts.as_json(), indent=2) + "\n")
    written.replace(path)


def chosen_context(contexts: Contexts, *, named: str | None) -> str | None:
    """Return the name of the context to use: the named one, that of the shell, or the current one."""
    return named or os.environ.get(CONTEXT_VARIABLE) or contexts.current
