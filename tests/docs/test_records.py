"""docs/adr: every decision has a dated record, every record is in the index, and every pinned package has a reason."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.constructs.plan import ROOT

RECORDS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
FORM = re.compile(
    r"# (?P<number>\d+)\. (?P<title>.+)\n\n"
    r"- Date: (?P<date>\d{4}-\d\d-\d\d(?:, amended \d{4}-\d\d-\d\d)*)\n- Status: (?P<status>.+)\n\n"
    r"## Context\n\n.+\n\n## Decision\n\n.+\n\n## Consequences\n\n.+\n",
    re.DOTALL,
)
KINDS = ("dependencies", "devDependencies")
MENTION = re.compile(r"docs/adr/(\d{4}(?:-[\w-]+\.md)?)")


def test_every_record_has_a_date_a_status_and_its_three_parts() -> None:
    for number, record in enumerate(RECORDS, start=1):
        form = FORM.fullmatch(record.read_text(encoding="utf-8"))
        assert form, record.name
        assert record.name.startswith(f"{number:04d}-")
        assert int(form["number"]) == number


def test_the_index_has_every_record_with_its_title_date_and_status() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \[(\d{4}) (.+)\]\((.+)\) \| (.+) \| (.+) \|$", index, re.MULTILINE)
    expected = []
    for record in RECORDS:
        form = FORM.fullmatch(record.read_text(encoding="utf-8"))
        assert form
        expected.append((record.name[:4], form["title"], record.name, form["date"], form["status"]))
    assert listed == expected


def test_every_pinned_package_has_a_reason() -> None:
    pins = tomllib.loads((ROOT / "Pipfile").read_text(encoding="utf-8"))
    packages = [
        json.loads((ROOT / name / "package.json").read_text(encoding="utf-8")) for name in ("", "toolchain/npm")
    ]
    node = {name for package in packages for kind in KINDS for name in package.get(kind, ())}
    wheels = (ROOT / "toolchain" / "requirements.txt").read_text(encoding="utf-8")
    others = re.findall(r"^([\w-]+)==", wheels, re.MULTILINE)
    text = (ROOT / "docs" / "adr" / "0064-dependencies.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (.+?) \| .+ \|$", text, re.MULTILINE)
    explained = {part.split()[0] for cell in cells for part in cell.split(", ")}
    assert sorted({*pins["packages"], *pins["dev-packages"], *node, *others} - explained) == []


def texts(*suffixes: str) -> Iterator[tuple[Path, str]]:
    """Yield the project's own files with these suffixes, and their texts."""
    parts = [
        ROOT / name
        for name in (
            "bench",
            "constructs",
            "docs",
            "examples",
            "frontend",
            "lambda_src",
            "standby",
            "tests",
            "toolchain",
        )
    ]
    found = [*ROOT.glob("*"), *(path for part in parts for path in part.rglob("*"))]
    yield from ((path, path.read_text(encoding="utf-8")) for path in found if path.suffix in suffixes)


def test_every_link_between_documents_leads_to_a_file() -> None:
    links = [(path, link) for path, text in texts(".md") for link in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)]
    assert len(links) > 100
    assert [(path.name, link) for path, link in links if not (path.parent / link).exists()] == []


def test_a_link_s_text_has_the_number_of_its_record() -> None:
    label = re.compile(r"\[(?:record )?(\d+)\]\(\S*?(\d{4})-[\w-]+\.md\)", re.IGNORECASE)
    found = [(path.name, *pair) for path, text in texts(".md") for pair in label.findall(text)]
    assert len(found) >= 5
    assert [one for one in found if int(one[1]) != int(one[2])] == []


def test_every_mention_of_a_record_in_code_names_its_file() -> None:
    """A number changes if two branches took the same one. A number alone would then name another record."""
    names = {record.name for record in RECORDS}
    found = [(path.name, name) for path, text in texts(".py", ".js", ".toml") for name in MENTION.findall(text)]
    assert len(found) > 1
    assert [one for one in found if one[1] not in names] == []
