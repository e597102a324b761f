"""The release notes are the section of the version, and a tag is the version's."""

import pytest

from standby.errors import RefusedError
from tests.constructs.plan import ROOT
from toolchain.release.notes import check_tag, release_notes

CHANGELOG = """# Changelog

## Unreleased

- new

### Changes

- one

## 0.2.0 - 2026-11-28

- old

## [0.1.0]

- oldest
"""


@pytest.mark.parametrize(
    "version,title,text",
    [
        ("0.3.0", "Unreleased", "# 0.3.0\n\n- new\n\n### Changes\n\n- one\n"),
        ("0.2.0", "0.2.0", "# 0.2.0\n\n- old\n"),
        ("0.1.0", "0.1.0", "# 0.1.0\n\n- oldest\n"),
    ],
)
def test_the_notes_are_the_section_of_the_version(version: str, title: str, text: str) -> None:
    assert release_notes(CHANGELOG, version) == (title, text)


@pytest.mark.parametrize(
    "changelog,said",
    [
        ("# Changelog\n", "has no section 0.1.0"),
        ("# Changelog\n\n## 0.1.0\n\n## 0.0.1\n\n- x\n", "says nothing of 0.1.0"),
    ],
)
def test_a_version_without_a_text_is_refused(changelog: str, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        release_notes(changelog, "0.1.0")


def test_the_changelog_of_the_repository_has_notes() -> None:
    _, text = release_notes((ROOT / "CHANGELOG.md").read_text("utf-8"), "0.1.0")
    assert len(text) > 1000


def test_a_tag_is_that_of_the_version_and_the_version_has_a_section() -> None:
    check_tag("v0.1.0", version="0.1.0", title="0.1.0")
    with pytest.raises(RefusedError, match=r"The tag v0\.2\.0 is not v0\.1\.0"):
        check_tag("v0.2.0", version="0.1.0", title="0.1.0")
    with pytest.raises(RefusedError, match=r"CHANGELOG\.md has no section 0\.1\.0"):
        check_tag("v0.1.0", version="0.1.0", title="Unreleased")
