"""The SBOM's part that the lock file of the Python packages does not name: what the site has from npm."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from toolchain.vendor import MODULE, SOURCE, VENDORED

PACKAGE: Final = "oauth4webapi"
LICENSE: Final = "MIT"


def add_vendored(sbom: Path) -> None:
    """Add the library that is in the site to a CycloneDX file. Raises `ValueError` if the result is no valid one."""
    document = json.loads(sbom.read_text(encoding="utf-8"))
    document["components"].append(_component())
    text = json.dumps(document, indent=2) + "\n"
    if error := JsonStrictValidator(SchemaVersion.from_version(document["specVersion"])).validate_str(text):
        raise ValueError(str(error))
    sbom.write_text(text, encoding="utf-8")


def _component() -> dict[str, Any]:
    """Return the library as a component. The hash is that of the file in the site, which has the used part only.

    Sources: CycloneDX 1.6, "component"; the package URL specification, type "npm".
    """
    pinned = json.loads((SOURCE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    purl = f"pkg:npm/{PACKAGE}@{pinned[PACKAGE]}"
    return {
        "bom-ref": purl,
        "type": "library",
        "name": PACKAGE,
        "version": pinned[PACKAGE],
        "purl": purl,
        "description": f"The part that the page uses, bundled in frontend/{MODULE}",
        "scope": "optional",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(VENDORED.read_bytes()).hexdigest()}],
        "licenses": [{"license": {"id": LICENSE}}],
    }
