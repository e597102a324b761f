"""The site is deployed without the comments of our own code, and nothing else of it changes."""

import subprocess
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments.lexers.css import CssLexer
from pygments.lexers.javascript import JavascriptLexer

from tests.constructs.plan import ROOT
from warm_standby.site_files import remove_comments, write_site

FRONTEND: Final = ROOT / "frontend"
LINES: Final = (
    'const url = "https://example.com/*";',
    "const pattern = /[/*]+\\/\\//g;",
    "const text = `a // b ${c /* d */} /* e */`;",
    "const half = whole / 2 / part;",
    "element.append('/* no comment */');",
    "  if (ready) return;",
    "",
)
COMMENTS: Final = ("// a comment", "  // it's one, too", "/** Returns `x`. */", "/*\n * two lines\n */")


@given(st.lists(st.sampled_from([*LINES, *COMMENTS])))
def test_lines_of_comments_go_and_lines_of_code_stay(lines: list[str]) -> None:
    code = "\n".join([*lines, ""])
    left = remove_comments(code, JavascriptLexer()).split("\n")
    template = "const text = `a // b ${c} /* e */`;"
    expected = [line if line != LINES[2] else template for line in lines if line in LINES]
    assert [line for line in left if line] == [line for line in expected if line]


def test_a_comment_after_code_goes_and_the_code_stays() -> None:
    assert remove_comments("start(); // now\nend(/* it */);\n", JavascriptLexer()) == "start();\nend();\n"
    assert remove_comments("a { color: red; } /* b */\n", CssLexer()) == "a { color: red; }\n"
    assert remove_comments("a { color: red !important; }\n", CssLexer()) == "a { color: red !important; }\n"


def test_a_notice_of_copyright_stays() -> None:
    code = "/*\nCopyright (c) 2022 Someone\n*/\n// a comment\nrun();\n"
    assert remove_comments(code, JavascriptLexer()) == "/*\nCopyright (c) 2022 Someone\n*/\nrun();\n"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("deployed") / "site"
    write_site(FRONTEND, directory)
    return directory


def test_of_the_project_s_own_site_only_whole_lines_are_missing(deployed: Path) -> None:
    names = {path.relative_to(FRONTEND) for path in FRONTEND.rglob("*") if path.is_file()}
    assert {path.relative_to(deployed) for path in deployed.rglob("*") if path.is_file()} == names
    for name in names:
        source, copy = ((directory / name).read_text(encoding="utf-8") for directory in (FRONTEND, deployed))
        lines = iter(source.splitlines())
        assert all(line in lines for line in copy.splitlines()), name
        missing = set(source.splitlines()) - set(copy.splitlines())
        assert all(line.lstrip().startswith(("//", "/*", "*")) for line in missing), name


def test_the_deployed_modules_are_valid_javascript(deployed: Path) -> None:
    for path in deployed.glob("*.js"):
        subprocess.run(["node", "--check", "--input-type=module"], input=path.read_bytes(), check=True)


def test_what_was_in_the_directory_before_is_not_deployed(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.js").touch()
    write_site(FRONTEND, tmp_path / "out")
    assert not (tmp_path / "out" / "old.js").exists()
