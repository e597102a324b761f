"""Whole processes: the loaded modules, the effect of the environment, and Node's options."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from lazy_bindings import STOCK_VARIABLE
from lazy_bindings._node import PRELOAD
from lazy_bindings._process import node_options
from tests.lazy_bindings.helpers import ONE_BUCKET, run_node, run_python

INDEX = 'exports.a = exports.b = void 0;\nexports.a = require("./a");\nexports.b = require("./b");\n'
PROGRAM = """
const index = require("{index}");
const loaded = () => Object.keys(require.cache).map((file) => require("path").basename(require("path").dirname(file)));
const before = loaded();
const keys = Object.keys(index);
const value = index.a.NAME;
const property = Object.getOwnPropertyDescriptor(index, "a");
console.log(JSON.stringify({{ before, keys, value, property: Object.keys(property), after: loaded() }}));
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A provider's package with npm's layout."""
    library = tmp_path / "node_modules" / "@cdktf" / "provider-fake" / "lib"
    for name in ("a", "b"):
        (library / name).mkdir(parents=True)
        (library / name / "index.js").write_text(f'exports.NAME = "{name}";\n//# sourceMappingURL=data:nothing')
    (library / "index.js").write_text(INDEX)
    return library


def _run_index(package: Path, program: str = "program.js") -> dict[str, Any]:
    source = PROGRAM.format(index=package / "index.js")
    found: dict[str, Any] = json.loads(run_node(source, name=package / "bin" / program, preload=PRELOAD))
    return found


NODE = '#!/bin/sh\necho started >> {log}\nexec {node} "$@"\n'


@pytest.mark.parametrize("stock", ["0", "1"])
def test_the_node_of_the_virtual_environment_is_used_also_if_the_environment_is_not_active(
    tmp_path: Path, stock: str
) -> None:
    beside = tmp_path / "bin" / "node"
    beside.parent.mkdir()
    beside.write_text(NODE.format(log=tmp_path / "log", node=shutil.which("node")))
    beside.chmod(0o755)
    install = "import lazy_bindings; lazy_bindings.install(); from cdktf import App; App().synth()"
    program = f"import os, sys; sys.prefix = {str(tmp_path)!r}; os.chdir(sys.prefix); {install}"
    run_python(program, environment={"PATH": "/bin:/usr/bin", "JSII_NODE": "", STOCK_VARIABLE: stock})
    assert set((tmp_path / "log").read_text().split()) == {"started"}


def test_a_resources_module_is_required_on_first_use(package: Path) -> None:
    found = _run_index(package)
    assert found["keys"] == ["b", "a"]  # the order in which the index declares them
    assert "a" not in found["before"]
    assert found["value"] == "a"
    assert "b" not in found["after"]
    assert set(found["property"]) == {"value", "writable", "enumerable", "configurable"}


STAR_INDEX = """"use strict";
var __importStar = (this && this.__importStar) || (function () {
    return function (mod) {
        return mod;
    };
})();
exports.a = exports.b = void 0;
exports.a = __importStar(require("./a/index"));
exports.b = __importStar(require("./b"));
"""


def test_cdktns_index_is_read_lazily_too(package: Path) -> None:
    (package / "index.js").write_text(STAR_INDEX)
    found = _run_index(package)
    assert "a" not in found["before"]
    assert found["value"] == "a"
    assert "b" not in found["after"]


def test_an_index_of_another_layout_is_loaded_completely(package: Path) -> None:
    (package / "index.js").write_text(INDEX + "exports.late = exports.a.NAME;\n")
    found = _run_index(package)
    assert sorted(found["keys"]) == ["a", "b", "late"]
    assert {"a", "b"} <= set(found["before"])


def test_the_preload_does_nothing_outside_of_jsiis_kernel(package: Path) -> None:
    assert {"a", "b"} <= set(_run_index(package, program="other.js")["before"])


def test_a_process_loads_the_module_that_it_imports_and_no_other(tmp_path: Path) -> None:
    written, logged = run_python(ONE_BUCKET, tmp_path)
    assert "python=True, node=True" in written
    assert written.strip().endswith("['provider', 's3_bucket']")
    assert logged == ""


def test_an_unwritable_cache_directory_costs_time_and_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    written, logged = run_python(ONE_BUCKET, tmp_path / "out", environment={"XDG_CACHE_HOME": str(tmp_path / "file")})
    assert written.strip().endswith("['provider', 's3_bucket']")
    assert logged.count("\n") == 1
    assert "nothing is cached between runs" in logged


def test_the_variable_forces_stock() -> None:
    program = "import lazy_bindings, sys; print(lazy_bindings.install().reason, 'jsii' in sys.modules)"
    assert run_python(program, environment={STOCK_VARIABLE: "1"})[0].split() == [f"{STOCK_VARIABLE}=1", "False"]


def test_installing_twice_is_installing_once() -> None:
    program = "import lazy_bindings as l, sys; l.install(start_kernel=False); n = len(sys.meta_path);"
    again = "print(l.install(start_kernel=False).node, len(sys.meta_path) - n)"
    assert run_python(program + again)[0].split() == ["True", "0"]


def test_installing_after_cdktf_leaves_node_stock_and_logs_it() -> None:
    written, logged = run_python("import cdktf, lazy_bindings; print(lazy_bindings.install())")
    assert "python=True, node=False" in written
    assert logged.count("\n") == 1


def test_a_jsii_of_another_layout_is_left_unchanged(tmp_path: Path) -> None:
    (tmp_path / "jsii").mkdir()
    (tmp_path / "jsii" / "__init__.py").write_text("kernel = None\n")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import lazy_bindings; print(lazy_bindings.install())"
    written, logged = run_python(program)
    assert "python=False, node=False" in written
    assert logged.count("\n") == 1
    assert "not laid out as expected" in logged


def test_a_kernel_that_was_started_for_another_jsii_is_ended(tmp_path: Path) -> None:
    embedded = tmp_path / "jsii" / "_embedded" / "jsii"
    embedded.mkdir(parents=True)
    (tmp_path / "jsii" / "__init__.py").write_text("kernel = None\n")
    (embedded / "lib__program.js").write_text("setInterval(() => {}, 1000);\n")
    program = f"""
import sys; sys.path.insert(0, {str(tmp_path)!r})
import lazy_bindings, lazy_bindings._node as starting, psutil
start, processes = starting.start_node, []
starting.start_node = lambda: [started := start(), processes.append(started.process.pid)][0]
print(lazy_bindings.install().node, [psutil.pid_exists(pid) for pid in processes])
"""
    written, logged = run_python(program)
    assert written.split() == ["False", "[False]"]
    assert logged.count("\n") == 1


def test_node_starts_before_jsii_is_imported_and_serves(tmp_path: Path) -> None:
    early = """
import sys, lazy_bindings._node as starting
start = starting.start_node
starting.start_node = lambda: [start(), print("jsii" in sys.modules)][0]
"""
    written, _ = run_python(early + ONE_BUCKET, tmp_path)
    assert written.splitlines()[0] == "False"
    assert "['provider', 's3_bucket']" in written


def test_with_jsiis_relay_the_users_node_options_are_kept(tmp_path: Path) -> None:
    """If the kernel cannot be started directly, NODE_OPTIONS of that one process contains the preload."""
    relay = "import os, lazy_bindings._node as n; n.can_start_directly = lambda: False\n"
    after = """
import jsii
print(jsii.kernel.provider._process._process.args[-1].endswith("jsii-runtime.js"), os.environ["NODE_OPTIONS"])
"""
    written, _ = run_python(relay + ONE_BUCKET + after, tmp_path, environment={"NODE_OPTIONS": "--no-warnings"})
    assert written.splitlines()[-1] == "True --no-warnings"
    assert "['provider', 's3_bucket']" in written


def test_the_preload_is_added_to_node_options_and_quoted() -> None:
    assert node_options("") == f'--require "{PRELOAD}"'
    assert node_options("--no-warnings").startswith("--no-warnings --require ")


def test_the_next_call_raises_the_error_of_an_assembly_that_cannot_be_loaded(tmp_path: Path) -> None:
    """Python does not wait for the response to a load. The next call raises its error, and later calls still work."""
    program = """
import lazy_bindings; lazy_bindings.install()
import cdktf, jsii
app = cdktf.App(outdir=__import__("sys").argv[1])
jsii.kernel.load("missing", "1.0.0", "/nowhere/missing.jsii.tgz")
try:
    app.outdir
except Exception as error:
    print(type(error).__name__, "missing.jsii.tgz" in str(error))
print(app.outdir)
"""
    assert run_python(program, tmp_path)[0].split() == ["RuntimeError", "True", str(tmp_path)]


def test_the_number_of_pending_responses_is_limited() -> None:
    """Without a limit, the socket fills in both directions, and Python and Node wait for each other forever."""
    program = """
import lazy_bindings; lazy_bindings.install()
import importlib, jsii, cdktf_cdktf_provider_aws as bindings
for name in bindings.__all__[200:280]:
    importlib.import_module(f"{bindings.__name__}.{name}")
print(len(jsii.kernel.provider._process._pending), bool(importlib.import_module("cdktf").Token.is_unresolved("x")))
"""
    assert run_python(program)[0].split() == ["64", "False"]
