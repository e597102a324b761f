"""The socket to the kernel: each call gets its own response, whatever else the program does."""

from pathlib import Path

import pytest

from tests.lazy_bindings.helpers import run_python

START = """
import lazy_bindings, os, sys
lazy_bindings.install()
"""
APP = """
from cdktf import App, TerraformStack
import cdktf_cdktf_provider_aws as aws
app = App(outdir=sys.argv[1])
"""


def test_a_forked_child_that_imports_does_not_use_its_parents_socket(tmp_path: Path) -> None:
    program = """
if os.fork() == 0:
    aws.s3_bucket
    os._exit(0)
os.wait()
print(app.outdir)
"""
    assert run_python(START + APP + program, tmp_path)[0].split() == [str(tmp_path)]


def test_a_child_that_was_forked_before_the_first_request_leaves_the_kernel_to_its_parent(tmp_path: Path) -> None:
    program = """
if os.fork() == 0:
    sys.exit(0)
os.wait()
"""
    assert run_python(START + program + APP + "print(app.outdir)", tmp_path)[0].split() == [str(tmp_path)]


def test_a_thread_gets_its_own_responses_while_another_imports(tmp_path: Path) -> None:
    program = """
import importlib, threading
stack, stop, answers = TerraformStack(app, "stack"), threading.Event(), set()
def ask():
    while not stop.is_set():
        answers.add(stack.node.id)
thread = threading.Thread(target=ask)
thread.start()
for name in aws.__all__[100:130]:
    importlib.import_module(f"{aws.__name__}.{name}")
stop.set()
thread.join()
print(answers)
"""
    assert run_python(START + APP + program, tmp_path)[0].split() == ["{'stack'}"]


def test_an_interrupt_during_a_prefetch_changes_no_response(tmp_path: Path) -> None:
    program = """
import json, jsii._kernel.providers.process as process
class Interrupted:
    def __getattr__(self, name):
        return getattr(json, name)
    def dumps(self, *arguments, **named):
        raise KeyboardInterrupt
process.json = Interrupted()
try:
    aws.s3_bucket
except KeyboardInterrupt:
    process.json = json
print(app.outdir)
"""
    assert run_python(START + APP + program, tmp_path)[0].split() == [str(tmp_path)]


def test_node_has_the_environment_of_the_import_not_of_the_installation(tmp_path: Path) -> None:
    program = f"""
os.environ["CDKTF_CONTEXT_JSON"] = '{{"who": "set-later"}}'
os.chdir({str(tmp_path)!r})
{APP}
TerraformStack(app, "stack")
print(app.node.try_get_context("who"))
app.synth()
"""
    assert run_python(START + program, "relative")[0].split() == ["set-later"]
    assert (tmp_path / "relative" / "manifest.json").is_file()


@pytest.mark.parametrize("keyword,written", [("", "the last line\n"), ("collect_at_exit=False", "")])
def test_garbage_is_collected_at_exit_unless_the_program_disables_it(
    keyword: str, written: str, tmp_path: Path
) -> None:
    """An open file in a reference cycle is written by the last collection, or never."""
    program = f"""
import lazy_bindings, sys
lazy_bindings.install({keyword})
class Log:
    def __init__(self):
        self.file, self.write = open(sys.argv[1], "w"), self.say
    def say(self, text):
        self.file.write(text)
log = Log()
log.write("the last line\\n")
"""
    run_python(program, tmp_path / "log")
    assert (tmp_path / "log").read_text() == written


def test_nodes_output_goes_to_a_stream_that_replaced_the_standard_one(tmp_path: Path) -> None:
    """As with `contextlib.redirect_stderr` or `unittest --buffer`."""
    program = f"""
import contextlib, io
caught = io.StringIO()
with contextlib.redirect_stderr(caught):
{"".join(f"    {line}" for line in APP.splitlines(keepends=True) if line.strip())}
    app.outdir
    import jsii
    jsii.kernel.provider._process.stop()
print("end-of-life" in caught.getvalue() or "warning" in caught.getvalue().lower())
"""
    environment = {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "", "NODE_OPTIONS": "--trace-warnings"}
    warn = tmp_path / "warn.cjs"
    warn.write_text("process.emitWarning('a warning of the test');\n")
    environment["NODE_OPTIONS"] = f"--require {warn}"
    assert run_python(START + program, tmp_path, environment=environment)[0].split() == ["True"]


@pytest.mark.parametrize("name", ["_next_message", "handshake", "send", "_ctx_stack", "sink_thread"])
def test_a_jsii_with_another_process_class_is_left_unchanged(name: str, tmp_path: Path) -> None:
    program = f"""
import importlib.util, sys, types
name = "jsii._kernel.providers.process"
source = importlib.util.find_spec(name).loader.get_source(name).replace({name!r}, {name + "_of_another_version"!r})
for loaded in [module for module in sys.modules if module.split(".")[0] == "jsii"]:
    del sys.modules[loaded]
class Renamed:
    def find_spec(self, fullname, path, target=None):
        if fullname == name:
            return importlib.util.spec_from_loader(name, self)
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        exec(compile(source, name, "exec"), vars(module))
sys.meta_path.insert(0, Renamed())
import lazy_bindings
print(lazy_bindings.install())
import cdktf
print(cdktf.App(outdir=sys.argv[1]).outdir)
"""
    written, logged = run_python(program, tmp_path)
    assert "python=False, node=False" in written
    assert written.split()[-1] == str(tmp_path)
    assert logged.count("\n") == 1
    assert name in logged


def test_a_module_that_is_imported_again_accepts_its_own_classes(tmp_path: Path) -> None:
    program = """
import importlib, sys
stack, name = TerraformStack(app, "stack"), "cdktf_cdktf_provider_aws.s3_bucket"
for id_ in ("one", "two"):
    module = importlib.import_module(name)
    module.S3Bucket(stack, id_, versioning=module.S3BucketVersioning(enabled=True))
    del sys.modules[name]
print(len(stack.node.children))
"""
    assert run_python(START + APP + program, tmp_path)[0].split() == ["2"]


def test_a_package_can_be_loaded_again(tmp_path: Path) -> None:
    program = "import importlib; print(importlib.reload(aws).s3_bucket.S3Bucket.__name__)"
    assert run_python(START + APP + program, tmp_path)[0].split() == ["S3Bucket"]
