"""The public function: install the hooks for Python and for Node, or leave the stock path with one log line."""

import importlib
import logging
import os
import sys
from dataclasses import dataclass

from lazy_bindings import _node

STOCK_VARIABLE = "WARM_STANDBY_STOCK_BINDINGS"

_log = logging.getLogger("lazy_bindings")


@dataclass(frozen=True, kw_only=True)
class Status:
    """The result of `install`.

    `python` and `node` say whether that side loads lazily. `reason` says why one of them does not, or is empty.
    """

    python: bool
    node: bool
    reason: str = ""


def install(*, start_kernel: bool = True, collect_at_exit: bool = True) -> Status:
    """Load prebuilt provider bindings lazily from now on, in this process and in its jsii kernel.

    Call it before the first import of cdktf. A second call changes nothing. A Node in the virtual environment becomes
    jsii's (`JSII_NODE`), as if the environment was active. It does not raise for an unknown layout of
    jsii: it logs one line (logger `lazy_bindings`) and leaves the stock path in place.
    `WARM_STANDBY_STOCK_BINDINGS=1` in the environment forces the stock path.
    `start_kernel` starts Node now, in parallel with Python's next work. Without it, Node starts with the first import
    of cdktf, as in stock.
    `collect_at_exit=False` skips the garbage collector's last pass over the bindings' classes, some tenths of a second.
    Use it if the program ends without an open file, or a `__del__` that matters, in a reference cycle.
    """
    _node.name_node()
    if os.environ.get(STOCK_VARIABLE) == "1":
        return Status(python=False, node=False, reason=f"{STOCK_VARIABLE}=1")
    # Node takes longest, so it starts first, in parallel with the import of jsii.
    early = start_kernel and "jsii" not in sys.modules and _node.can_start_directly()
    started = _node.start_node() if early else None
    try:
        hooks = importlib.import_module("lazy_bindings._hooks")
    except (ImportError, AttributeError) as error:  # the hooks import each part of jsii that they depend on
        if started:
            started.end()
        status = Status(python=False, node=False, reason=f"this jsii is not laid out as expected: {error}")
    else:
        python, node, reason = hooks.hook(start_kernel=start_kernel, started=started, collect_at_exit=collect_at_exit)
        status = Status(python=python, node=node, reason=reason)
    if status.reason:
        _log.warning("stock bindings are used: %s", status.reason)
    return status
