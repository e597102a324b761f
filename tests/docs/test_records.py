"""docs/adr: every decision has a dated record, every record is in the index, and every pinned package has a reason."""

import json
import re
import tomllib

from tests.constructs.plan import ROOT

RECORDS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
FORM = re.compile(
    r"# (?P<number>\d+)\. (?P<title>.+)\n\n"
    r"- Date: (?P<date>\d{4}-\d\d-\d\d(?:, amended \d{4}-\d\d-\d\d)*)\n- Status: (?P<status>.+)\n\n"
    r"## Context\n\n.+\n\n## Decision\n\n.+\n\n## Consequences\n\n.+\n",
    re.DOTALL,
)


def test_every_record_has_a_date_a_status_and_its_three_parts() -> None:
    for record in RECORDS:
        form = FORM.fullmatch(record.read_text(encoding="utf-8"))
        assert form, record.name
        assert record.name.startswith(f"{int(form['number']):04d}-")
    numbers = [record.name[:4] for record in RECORDS]
    assert len(set(numbers)) == len(numbers)  # numbers may be left out, but not used twice


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
    node = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    text = (ROOT / "docs" / "adr" / "0064-dependencies.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (.+?) \| .+ \|$", text, re.MULTILINE)
    explained = {part.split()[0] for cell in cells for part in cell.split(", ")}
    assert sorted({*pins["packages"], *pins["dev-packages"], *node} - explained) == []
