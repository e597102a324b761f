"""The other vector store: it applies, and the rehearsal says what the emulator cannot show of it."""

from pathlib import Path

import pytest

from standby.rehearsal.core import Rehearsal
from tests.e2e.e2e_support import ROOT, SETTINGS


@pytest.fixture
def s3_vectors(tmp_path: Path) -> Path:
    """Settings as for the other tests, with S3 Vectors and one-way replication."""
    settings = tmp_path / "vectors.toml"
    text = SETTINGS.read_text(encoding="utf-8").replace("[documents]", '[documents]\nreplication = "one-way"')
    settings.write_text(text + '\n[knowledge_base]\nvector_store = "s3-vectors"\n', encoding="utf-8")
    return settings


def test_s3_vectors_applies_and_what_is_not_served_is_said_instead_of_asked(tmp_path: Path, s3_vectors: Path) -> None:
    rehearsal = Rehearsal(project=ROOT, directory=tmp_path / "rehearsal", settings=s3_vectors)
    try:
        report = rehearsal.up()
        results = {(check.name, check.role): check.result for check in report.checks}
        assert results[("health", "primary")] == results[("question", "primary")] == "not simulated"
        assert results[("ingestion", "failover")] == "not simulated"
        assert results[("upload", "primary")] == results[("replication", "failover")] == "ok"
        assert ("replication", "primary") not in results
    finally:
        rehearsal.down()
