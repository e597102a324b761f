"""The release notes: the section of the version in CHANGELOG.md."""

import re
from typing import Final

from standby.errors import RefusedError

UNRELEASED: Final = "Unreleased"
_HEADING: Final = re.compile(r"^## +\[?([^\]\s]+)\]?.*$", re.MULTILINE)


def release_notes(changelog: str, version: str) -> tuple[str, str]:
    """Return the title and the text of the version's section; of the unreleased one if the version has none.

    Raises `RefusedError`: the changelog has neither, or the section is empty.
    """
    sections = _sections(changelog)
    for title in (version, UNRELEASED):
        if title in sections:
            if not sections[title]:
                raise RefusedError(f"CHANGELOG.md says nothing of {title}.", hint="Write what a user notices.")
            return title, f"# {version}\n\n{sections[title]}\n"
    raise RefusedError(f"CHANGELOG.md has no section {version}.", hint=f"Add `## {version}` with what a user notices.")


def check_tag(tag: str, *, version: str, title: str) -> None:
    """Refuse a tag that is not the version's, and a tagged release without a section of its own.

    Raises `RefusedError`.
    """
    if tag != f"v{version}":
        raise RefusedError(
            f"The tag {tag} is not v{version}, the version of pyproject.toml.",
            hint=f"Tag v{version}, or set the version.",
        )
    if title != version:
        raise RefusedError(f"CHANGELOG.md has no section {version}.", hint=f"Name the section {title} `## {version}`.")


def _sections(changelog: str) -> dict[str, str]:
    parts = _HEADING.split(changelog)
    return dict(zip(parts[1::2], map(str.strip, parts[2::2]), strict=True))
