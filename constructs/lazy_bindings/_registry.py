"""jsii's type registry: where an unseen type's Python module is."""

from collections.abc import Iterable

from jsii import _reference_map
from jsii._reference_map import _assembly_to_module, _submodule_fqn_map

_MAP_NAME = "_submodule_fqn_map"


def _key(fqn: str) -> str:
    """Return a name's letters and digits: `s3Bucket` in the assembly and `s3_bucket` in Python are one submodule."""
    return fqn.replace("_", "").casefold()


class SubmoduleMap(dict[str, str]):
    """Submodule FQN -> Python module, found whatever the target language's spelling is."""

    def get(self, fqn: str, default: str | None = None) -> str | None:  # type: ignore[override]  # jsii asks for text
        """Return the module that holds the submodule's types."""
        found = super().get(fqn)
        return found if found is not None else super().get(_key(fqn), default)


def register_submodules(package: str, submodules: Iterable[str]) -> None:
    """Tell jsii's runtime which module to import when the kernel hands it a type that Python has not seen yet."""
    assembly = next(name for name, module in _assembly_to_module.items() if module == package)
    known = getattr(_reference_map, _MAP_NAME)
    if not isinstance(known, SubmoduleMap):
        known = SubmoduleMap(_submodule_fqn_map)
        setattr(_reference_map, _MAP_NAME, known)
    known.update({_key(f"{assembly}.{name}"): f"{package}.{name}" for name in submodules})
