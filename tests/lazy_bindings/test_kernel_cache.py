"""The kernel's cache: entries are used again, replaced if they are damaged, and never mixed up."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lazy_bindings._cache_directory import CACHE_VARIABLE
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
    """A small program in the place of the kernel's, with its own directory and its own cache."""

    def __init__(self, directory: Path) -> None:
        self.library = directory / "lib"
        self.library.mkdir()
        self.cache = directory / "cache"
        self.set_value("'first'")

    def set_value(self, value: str) -> None:
        """Change the value of the module that the program requires."""
        (self.library / "value.js").write_text(f"module.exports = (() => {value})();")

    def run(self, program: str = MAIN) -> dict[str, Any]:
        """Run the program. Return its output."""
        name, environment = self.library / "program.js", {CACHE_VARIABLE: str(self.cache)}
        printed: dict[str, Any] = json.loads(run_node(program, name=name, preload=PRELOAD, environment=environment))
        return printed

    def entries(self, kind: str) -> dict[Path, tuple[int, bytes]]:
        """Return the cache entries of one kind: the inode and the content of each file."""
        return {path: (path.stat().st_ino, path.read_bytes()) for path in self.cache.rglob(f"*.{kind}")}


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    return Kernel(tmp_path)


def test_compiled_code_is_cached_and_used_again(kernel: Kernel) -> None:
    first = kernel.run()
    before = kernel.entries("code")
    assert len(before) == 2
    assert kernel.run() == first
    assert kernel.entries("code") == before  # an entry that V8 refuses would be written again


def test_a_module_from_cached_code_has_the_usual_module_scope(kernel: Kernel) -> None:
    kernel.run()
    value = str(kernel.library / "value.js")
    program = str(kernel.library / "program.js")
    assert kernel.run() == {"main": True, "resolved": value, "cached": True, "value": "first", "file": program}


def test_another_source_of_the_same_length_is_compiled_again(kernel: Kernel) -> None:
    kernel.run()
    kernel.set_value("'other'")
    assert kernel.run()["value"] == "other"


def test_the_same_source_at_another_path_uses_the_same_entry(kernel: Kernel, tmp_path: Path) -> None:
    kernel.run()
    before = kernel.entries("code")
    kernel.library = kernel.library.rename(tmp_path / "moved")
    assert kernel.run()["value"] == "first"
    assert kernel.entries("code") == before


@pytest.mark.parametrize("damage", [b"", b"not a cache entry", bytes(5000)])
def test_a_damaged_entry_is_not_used_and_replaced(kernel: Kernel, damage: bytes) -> None:
    first = kernel.run()
    for path in kernel.entries("code"):
        path.write_bytes(damage)
    assert kernel.run() == first
    assert all(content != damage for _, content in kernel.entries("code").values())


def test_nothing_is_cached_without_a_directory_from_python(kernel: Kernel) -> None:
    """Python provides no directory that others may write to: `test_nothing_is_cached_where_others_may_write`."""
    name = kernel.library / "program.js"
    run_node(MAIN, name=name, preload=PRELOAD, environment={CACHE_VARIABLE: "", "XDG_CACHE_HOME": str(kernel.cache)})
    assert kernel.entries("code") == {}


def test_using_cached_code_updates_its_time(kernel: Kernel) -> None:
    kernel.run()
    for path in kernel.entries("code"):
        os.utime(path, (0, 0))
    kernel.run()
    assert all(path.stat().st_mtime > 0 for path in kernel.entries("code"))


STACK = 'const found = { stack: new Error().stack.split("\\n")[1] }; console.log(JSON.stringify(found));'


@pytest.mark.parametrize("before", ["", "function digestFile(e,...p){return readFileChunks(e,()=>{},...p)};"])
def test_columns_in_stack_traces_are_stock(kernel: Kernel, before: str) -> None:
    """They are part of the output: an annotation of cdktf contains one in manifest.json."""
    stock = kernel.library / "stock.js"
    stock.write_text(before + STACK)
    expected = json.loads(subprocess.run(["node", stock], check=True, capture_output=True, text=True).stdout)["stack"]
    for _ in ("compiled", "cached"):
        assert kernel.run(before + STACK)["stack"].replace("program.js", "stock.js") == expected


def test_a_cache_that_cannot_be_created_is_not_used(kernel: Kernel) -> None:
    kernel.cache.write_text("a file")
    assert kernel.run()["value"] == "first"


def test_the_digest_of_an_archive_is_cached_for_each_comment(kernel: Kernel, tmp_path: Path) -> None:
    archive = tmp_path / "archive.tgz"
    archive.write_bytes(b"content")
    program = DIGESTING.replace("ARCHIVE", str(archive))
    first = kernel.run(program)
    assert first["read"] == 2
    assert len(set(first["digests"])) == 2
    assert kernel.run(program) == {"digests": first["digests"], "read": 0}


def test_an_archive_that_was_rewritten_is_digested_again_even_with_its_old_times(
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


def test_a_program_of_another_layout_computes_its_own_digests(kernel: Kernel, tmp_path: Path) -> None:
    archive = tmp_path / "archive.tgz"
    archive.write_bytes(b"content")
    program = DIGESTING.replace("ARCHIVE", str(archive)).replace("()=>{},", "() => {}, ")
    assert kernel.run(program) == kernel.run(program)
    assert kernel.entries("digest") == {}


def test_the_pinned_jsii_s_program_has_the_expected_layout(tmp_path: Path) -> None:
    run_python(ONE_BUCKET, tmp_path / "out", environment={"XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert len([*(tmp_path / "cache").rglob("*.digest")]) == 3  # constructs, cdktf, and the provider
    assert len([*(tmp_path / "cache").rglob("*.code")]) > 10
