"""The changes to the running process: one import finder, one class and one table."""

import atexit
import gc
import sys
from types import ModuleType

from jsii._kernel.providers import process
from jsii._kernel.providers.process import _NodeProcess
from jsii._reference_map import _assembly_to_module

from lazy_bindings import _node
from lazy_bindings._bytecode import open_cache
from lazy_bindings._cache_directory import private_root
from lazy_bindings._finder import PrebuiltFinder
from lazy_bindings._node import Node
from lazy_bindings._process import LazyNodeProcess


def hook(*, start_kernel: bool, started: Node | None, collect_at_exit: bool) -> tuple[bool, bool, str]:
    """Install both hooks. Return whether Python is lazy, whether Node is lazy, and the reason if one is not.

    `started` is a kernel that is already running.
    """
    if not any(isinstance(finder, PrebuiltFinder) for finder in sys.meta_path):
        if not collect_at_exit:
            # At exit, the interpreter would scan a million objects of the generated classes.
            atexit.register(gc.freeze)
        sys.meta_path.insert(0, PrebuiltFinder(cache=open_cache(private_root()), imported=_prefetch))
        if _assembly_to_module:
            return True, False, "install() was called after cdktf was imported: Node had started"
        setattr(process, _NodeProcess.__name__, LazyNodeProcess)
        if start_kernel and not started and _node.can_start_directly():
            started = _node.start_node()
        LazyNodeProcess.use_prestarted(started)
    return True, getattr(process, _NodeProcess.__name__) is LazyNodeProcess, ""


def _prefetch(module: ModuleType) -> None:
    """Let Node load the resource that Python has just imported, because the program is about to create one."""
    running = LazyNodeProcess.running
    resources = (value for value in vars(module).values() if "TF_RESOURCE_TYPE" in getattr(value, "__dict__", ()))
    resource = next(resources, None)
    if running and resource is not None:
        running.prefetch(resource.__jsii_type__)
