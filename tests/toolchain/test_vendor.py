"""The library in the site is what its pinned npm package gives, byte for byte, with its license."""

import hashlib
import json
import re
from pathlib import Path

from toolchain.vendor import SOURCE, VENDORED, build

SHA256 = "6caef422ae494b31076a687a7f07443d44d0bf53c38f64b6c6056b250e238322"


def test_the_library_in_the_site_has_its_checksum() -> None:
    assert hashlib.sha256(VENDORED.read_bytes()).hexdigest() == SHA256


def test_the_library_in_the_site_is_what_the_pinned_package_gives(tmp_path: Path) -> None:
    assert build(tmp_path) == VENDORED.read_text(encoding="utf-8")


def test_the_site_names_the_version_and_the_license_of_the_library() -> None:
    text = VENDORED.read_text(encoding="utf-8")
    version = json.loads((SOURCE / "package.json").read_text(encoding="utf-8"))["dependencies"]["oauth4webapi"]
    assert f"oauth4webapi {version}," in text
    assert "The MIT License" in text
    assert "Permission is hereby granted" in text


def test_the_page_imports_exactly_what_the_library_exports() -> None:
    """An unused export would only make the site larger."""
    exported = set(re.findall(r"^  (\w+),$", (SOURCE / "oauth4webapi.js").read_text(encoding="utf-8"), re.MULTILINE))
    used = set(re.findall(r"oauth\.(\w+)", VENDORED.with_name("issuer.js").read_text(encoding="utf-8")))
    assert used == exported
