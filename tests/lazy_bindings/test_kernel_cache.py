"""What the kernel keeps between runs: used again, made anew when it is not sound, and never another's."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lazy_bindings._cache_directory import VARIABLE
from lazy_bindings._node import PRELOAD
from tests.lazy_bindings.helpers import ONE_BUCKET, run_node, run_python

MAIN = """
const value = require("./value");
const { cache, main, resolve } = require;
const found = { main: main === module, resolved: resolve("./value"), cached: cache[__filename] === module };
console.log(JSON.stringify({ ...found, value, file: __filename }));
"""
DIGESTING = """
const fs = require("fs");
let read = 0;
function readFileChunks(file, each, ...comments) {
  read += 1;
  return require("crypto").createHash("sha256").update(fs.readFileSync(file)).update(comments.join()).digest();
}
function digestFile(e,...p){return readFileChunks(e,()=>{},...p)}
const digests = ["one", "two"].map((comment) => digestFile("ARCHIVE", comment).toString("hex"));
console.log(JSON.stringify({ digests, read }));
"""


class Kernel:
    """A kernel's program of the test's own, in a directory and with a cache of its own."""

    def __init__(self, directory: Path) -> None:
        self.library = directory / "lib"
        self.library.mkdir()
        self.home = directory / "cache"
        self.say("'first'")

    def say(self, value: str) -> None:
        """Have the module that the program requires say something else."""
        (self.library / "value.js").write_text(f"module.exports = (() => {value})();")

    def run(self, program: str = MAIN) -> dict[str, Any]:
        """Run the program; return what it printed."""
        name, environment = self.library / "program.js", {VARIABLE: str(self.home)}
        printed: dict[str, Any] = json.loads(run_node(program, name=name, preload=PRELOAD, environment=environment))
        return printed

    def kept(self, kind: str) -> dict[Path, tuple[int, bytes]]:
        """Return the files of one kind that are kept: which one it is, and what it holds."""
        return {path: (path.stat().st_ino, path.read_bytes()) for path in self.home.rglob(f"*.{kind}")}


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    return Kernel(tmp_path)


def test_compiled_code_is_kept_and_used_again(kernel: Kernel) -> None:
    first = kernel.run()
    kept = kernel.kept("code")
    assert len(kept) == 2
    assert kernel.run() == first
    assert kernel.kept("code") == kept  # what V8 refuses is written anew


def test_a_module_that_comes_from_kept_code_finds_itself_as_any_other_does(kernel: Kernel) -> None:
    kernel.run()
    value = str(kernel.library / "value.js")
    program = str(kernel.library / "program.js")
    assert kernel.run() == {"main": True, "resolved": value, "cached": True, "value": "first", "file": program}


def test_another_source_of_the_same_length_is_compiled_anew(kernel: Kernel) -> None:
    kernel.run()
    kernel.say("'other'")
    assert kernel.run()["value"] == "other"


def test_the_same_source_elsewhere_is_found_again(kernel: Kernel, tmp_path: Path) -> None:
    kernel.run()
    kept = kernel.kept("code")
    kernel.library = kernel.library.rename(tmp_path / "moved")
    assert kernel.run()["value"] == "first"
    assert kernel.kept("code") == kept


@pytest.mark.parametrize("damage", [b"", b"nothing that was kept", bytes(5000)])
def test_what_is_damaged_is_not_used_and_kept_anew(kernel: Kernel, damage: bytes) -> None:
    first = kernel.run()
    for path in kernel.kept("code"):
        path.write_bytes(damage)
    assert kernel.run() == first
    assert all(content != damage for _, content in kernel.kept("code").values())


def test_nothing_is_kept_where_python_names_no_directory(kernel: Kernel) -> None:
    """It names none that others may write: `test_nothing_is_kept_where_others_may_write`."""
    name = kernel.library / "program.js"
    run_node(MAIN, name=name, preload=PRELOAD, environment={VARIABLE: "", "XDG_CACHE_HOME": str(kernel.home)})
    assert kernel.kept("code") == {}


def test_kept_code_that_is_used_is_young_again(kernel: Kernel) -> None:
    kernel.run()
    for path in kernel.kept("code"):
        os.utime(path, (0, 0))
    kernel.run()
    assert all(path.stat().st_mtime > 0 for path in kernel.kept("code"))


STACK = 'const found = { stack: new Error().stack.split("\\n")[1] }; console.log(JSON.stringify(found));'


@pytest.mark.parametrize("before", ["", "function digestFile(e,...p){return readFileChunks(e,()=>{},...p)};"])
def test_columns_in_stack_traces_are_stock(kernel: Kernel, before: str) -> None:
    """They reach what is synthesized: an annotation of cdktf carries one in manifest.json."""
    stock = kernel.library / "stock.js"
    stock.write_text(before + STACK)
    expected = json.loads(subprocess.run(["node", stock], check=True, capture_output=True, text=True).stdout)["stack"]
    for _ in ("compiled", "kept"):
        assert kernel.run(before + STACK)["stack"].replace("program.js", "stock.js") == expected


def test_a_cache_that_cannot_be_made_is_done_without(kernel: Kernel) -> None:
    kernel.home.write_text("a file")
    assert kernel.run()["value"] == "first"


def test_the_digest_of_an_archive_is_kept_for_each_comment(kernel: Kernel, tmp_path: Path) -> None:
    archive = tmp_path / "archive.tgz"
    archive.write_bytes(b"content")
    program = DIGESTING.replace("ARCHIVE", str(archive))
    first = kernel.run(program)
    assert first["read"] == 2
    assert len(set(first["digests"])) == 2
    assert kernel.run(program) == {"digests": first["digests"], "read": 0}


def test_an_archive_that_was_written_again_is_digested_again_whatever_its_times_say(
    kernel: Kernel, tmp_path: Path
) -> None:
    archive = tmp_path / "archive.tgz"
    archive.write_bytes(b"content")
    program = DIGESTING.replace("ARCHIVE", str(archive))
    first, times = kernel.run(program), archive.stat()
    archive.write_bytes(b"another")
    os.utime(archive, ns=(times.st_atime_ns, times.st_mtime_ns))
    again = kernel.run(program)
    assert again["read"] == 2
    assert set(again["digests"]).isdisjoint(first["digests"])


def test_a_program_of_another_layout_digests_as_it_does(kernel: Kernel, tmp_path: Path) -> None:
    archive = tmp_path / "archive.tgz"
    archive.write_bytes(b"content")
    program = DIGESTING.replace("ARCHIVE", str(archive)).replace("()=>{},", "() => {}, ")
    assert kernel.run(program) == kernel.run(program)
    assert kernel.kept("digest") == {}


def test_the_pinned_jsii_s_program_is_laid_out_as_expected(tmp_path: Path) -> None:
    run_python(ONE_BUCKET, tmp_path / "out", environment={"XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert len([*(tmp_path / "cache").rglob("*.digest")]) == 3  # constructs, cdktf, and the provider
    assert len([*(tmp_path / "cache").rglob("*.code")]) > 10
