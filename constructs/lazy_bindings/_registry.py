"""jsii's type registry: the Python module of each type that is not yet imported."""

from collections.abc import Iterable

from jsii import _reference_map
from jsii._reference_map import _assembly_to_module, _submodule_fqn_map

_MAP_NAME = "_submodule_fqn_map"


def _key(fqn: str) -> str:
    """Return a name without case and underscores: `s3Bucket` in the assembly is `s3_bucket` in Python."""
    return fqn.replace("_", "").casefold()


class SubmoduleMap(dict[str, str]):
    """Submodule FQN -> Python module, with a lookup for the spellings of both languages."""

    def get(self, fqn: str, default: str | None = None) -> str | None:  # type: ignore[override]  # jsii's own signature
        """Return the module with the submodule's types."""
        found = super().get(fqn)
        return found if found is not None else super().get(_key(fqn), default)


def register_submodules(package: str, submodules: Iterable[str]) -> None:
    """Register the module that jsii must import when the kernel returns a type that Python has not imported yet."""
    assembly = next(name for name, module in _assembly_to_module.items() if module == package)
    known = getattr(_reference_map, _MAP_NAME)
    if not isinstance(known, SubmoduleMap):
        known = SubmoduleMap(_submodule_fqn_map)
        setattr(_reference_map, _MAP_NAME, known)
    known.update({_key(f"{assembly}.{name}"): f"{package}.{name}" for name in submodules})
