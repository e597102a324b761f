"""Sample arguments for any resource of a prebuilt provider, from its signature: every block, some levels deep."""

import collections.abc
import inspect
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

META = {"connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioners"}


@dataclass(frozen=True, kw_only=True)
class Sampler:
    """Creates values. Optional blocks are filled for `depth` levels, required blocks always."""

    words: Iterator[str]
    depth: int = 3

    def arguments(self, function: Callable[..., object]) -> dict[str, Any]:
        """Return a value for each keyword argument of a generated constructor."""
        hints = typing.get_type_hints(function)
        found = {}
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY and name not in META:
                required = parameter.default is inspect.Parameter.empty
                sampler = Sampler(words=self.words, depth=max(self.depth, 1) if required else self.depth)
                found[name] = sampler.value(hints[name])
        return {name: value for name, value in found.items() if value is not None}

    def value(self, hint: object) -> object:
        """Return a value of the type `hint`, or None below the last level."""
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Union:
            found = (self.value(argument) for argument in arguments)
            return next((value for value in found if value is not None), None)
        if origin is collections.abc.Sequence:
            items = [self.value(arguments[0]) for _ in range(2)]
            return None if None in items else items
        if origin is collections.abc.Mapping:
            return {next(self.words): self.value(arguments[1])}
        return self._plain(hint)

    def _plain(self, hint: Any) -> object:  # noqa: ANN401 - a type, or a special form of typing
        if hint is str:
            return next(self.words)
        if hint in {bool, int, float}:
            return hint(7)
        if hasattr(hint, "__jsii_struct_bases__") and self.depth > 0:
            return hint(**Sampler(words=self.words, depth=self.depth - 1).arguments(hint.__init__))
        return None
