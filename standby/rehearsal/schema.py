"""The JSON of `standby rehearse up|status --json`, field by field: docs/cli.md is made from this, tests hold it."""

from collections.abc import Mapping
from typing import Final

_URLS: Final = "where site, edge and both APIs are reached on this machine"

UP: Final[Mapping[str, str]] = {
    "passed": "whether no check failed; the exit code is 1 when one did",
    "checks[]": "`name`, `role` (null: no region's), `region`, `result` (`ok`, `failed`, `not simulated`), `detail` "
    "and `seconds` of each check",
    "endpoint": "the emulator's own URL",
    "urls": _URLS,
    "resources": "how many resources Terraform's state holds",
    "changes": "how many were `added`, `changed` and `removed` now",
    "seconds": "how long each phase took",
}

STATUS: Final[Mapping[str, str]] = {
    "up": "whether the emulator is up",
    "applied": "whether the stack is applied to it; the exit code is 3 when not",
    "endpoint": "the emulator's own URL; null when it is not up",
    "resources": "how many resources Terraform's state holds",
    "documents": "for each role, how many objects its documents bucket holds",
    "urls": _URLS,
    "faults[]": "`kind`, `role`, `since` and `milliseconds` (of `slow`) of each fault that is set",
}
