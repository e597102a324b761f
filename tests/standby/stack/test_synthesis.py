"""Which synthesized stack a command reads when none is named."""

from pathlib import Path

import pytest

from standby.stack.synthesis import CONFIGURATION_NAME, configuration_path, default_stack


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CDKTF_OUTPUT", raising=False)
    return tmp_path


def test_the_stack_is_that_of_make_synth_and_of_the_rehearsal_only_where_it_is_the_only_one(project: Path) -> None:
    own, rehearsed = Path("cdktf.out/stacks/warm-standby"), Path(".rehearsal/cdktf.out/stacks/warm-standby")
    assert default_stack() == own
    (project / rehearsed).mkdir(parents=True)
    assert default_stack() == rehearsed
    (project / own).mkdir(parents=True)
    assert default_stack() == own


def test_an_output_directory_that_is_named_is_used_even_if_only_a_rehearsal_has_a_stack(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".rehearsal/cdktf.out/stacks/warm-standby").mkdir(parents=True)
    monkeypatch.setenv("CDKTF_OUTPUT", "cdktf.out.dev")
    assert default_stack() == Path("cdktf.out.dev/stacks/warm-standby")


def test_a_directory_and_its_file_name_the_same_stack(project: Path) -> None:
    (project / "stack.d").mkdir()
    for named in ("stack.d", f"stack.d/{CONFIGURATION_NAME}"):
        assert configuration_path(Path(named)) == Path("stack.d", CONFIGURATION_NAME)
