"""The operator's commands read which deployment a settings file describes, and refuse one that is wrong."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from standby.cli.main import cli
from standby.errors import BadUsageError
from standby.settings_file import DeploymentSettings, read_settings


@pytest.fixture(autouse=True)
def _empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STANDBY_SETTINGS", raising=False)


def test_without_a_file_the_deployment_is_the_default_one() -> None:
    assert read_settings() == DeploymentSettings()


def test_a_file_of_a_directory_above_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "standby.toml").write_text('name = "dev"\n[regions]\nfailover = "eu-west-1"\n[site]\nanything = 1\n')
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    found = read_settings()
    assert (found.name, found.regions, found.path) == ("dev", ("us-west-2", "eu-west-1"), tmp_path / "standby.toml")


@pytest.mark.parametrize(
    "text, message, hint",
    [
        ('names = "dev"', "there is no setting `names`.", "Did you mean `name`?"),
        ('[regions]\nprimry = "us-west-2"', "there is no setting `regions.primry`.", "Did you mean `regions.primary`?"),
        ("color = 1", "there is no setting `color`.", "Remove it."),
        ("name = 5", "name = 5: not a text.", ""),
        ('name = ""', "name = '': not a text.", ""),
        ('regions = "us-west-2"', "regions = 'us-west-2': not a table", ""),
        ("[regions]\nprimary = 1", "regions.primary = 1: not a text.", ""),
        ("allowed_account_ids = 1", "not a list of texts", "12 digits"),
        ("name = ", "Invalid value", ""),
    ],
)
def test_a_wrong_setting_is_wrong_usage_with_its_name_and_the_remedy(
    tmp_path: Path, text: str, message: str, hint: str
) -> None:
    (tmp_path / "standby.toml").write_text(text)
    with pytest.raises(BadUsageError) as raised:
        read_settings()
    assert message in raised.value.message
    assert str(tmp_path / "standby.toml") in raised.value.message
    assert hint in raised.value.hint


def test_a_mistyped_setting_stops_a_command_before_it_asks_an_account(tmp_path: Path) -> None:
    (tmp_path / "standby.toml").write_text('names = "dev"')
    result = CliRunner().invoke(cli, ["status"])
    assert result.exit_code == 2
    assert "Did you mean `name`?" in result.stderr
