"""The settings file: the shipped one, where it is read from, and the errors of a file that cannot be read."""

from pathlib import Path

import pytest

from tests.constructs.plan import ROOT, default_settings
from warm_standby.settings import Access, Settings, SettingsError

SHIPPED = (ROOT / "standby.toml").read_text(encoding="utf-8")


def test_the_shipped_file_shows_the_default_of_every_setting_that_it_names() -> None:
    assert Settings.load(ROOT / "standby.toml") == default_settings()


@pytest.mark.parametrize(
    "key",
    [
        f"{section}.{key}"
        for section, model in Settings.model_fields.items()
        for key in getattr(model.annotation, "model_fields", {})
    ],
)
def test_the_shipped_file_names_every_setting(key: str) -> None:
    section, _, name = key.partition(".")
    block = SHIPPED.partition(f"[{section}]\n")[2].partition("\n[")[0]
    assert any(line.removeprefix("# ").startswith(f"{name} = ") for line in block.splitlines())


def test_the_shipped_file_s_commented_settings_can_be_used_unchanged(tmp_path: Path) -> None:
    file = tmp_path / "standby.toml"
    s3 = SHIPPED.replace('backend = "local"', 'backend = "s3"')
    for key in ("expire_days", "bucket", "region", "key"):
        assert f"\n# {key} = " in s3
        s3 = s3.replace(f"\n# {key} = ", f"\n{key} = ")
    file.write_text(s3, encoding="utf-8")
    settings = Settings.load(file)
    assert settings.documents.expire_days == 365
    assert (settings.state.backend, settings.state.bucket) == ("s3", "my-terraform-state")
    assert settings.state_key == Settings(name="chatbot").state_key  # the comment shows the default


def test_the_shipped_file_s_commented_access_settings_can_be_used_unchanged(tmp_path: Path) -> None:
    file = tmp_path / "standby.toml"
    section = SHIPPED.partition("[access]\n")[2].partition("\n[")[0].replace('mode = "open"', 'mode = "oidc"')
    lines = (line.removeprefix("# ") for line in section.splitlines() if "need mode" not in line)
    used = "\n".join(line for line in lines if " = " in line)
    file.write_text(f'name = "chatbot"\n[access]\n{used}', encoding="utf-8")
    access = Settings.load(file).access
    assert access.model_fields_set == set(type(access).model_fields)
    assert access.sign_in
    assert (access.scopes, access.audience_parameter) == (Access().scopes, Access().audience_parameter)


def test_the_shipped_file_names_every_setting_without_a_section() -> None:
    top = SHIPPED.partition("\n[")[0]
    names = [name for name, field in Settings.model_fields.items() if not hasattr(field.annotation, "model_fields")]
    assert [name for name in names if name != "tags" and f"\n{name} = " not in top] == []


def test_the_file_is_standby_toml_in_this_directory_unless_the_variable_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "standby.toml").write_text('name = "here"')
    (tmp_path / "other.toml").write_text('name = "other"')
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STANDBY_SETTINGS", raising=False)
    assert Settings.load().name == "here"
    monkeypatch.setenv("STANDBY_SETTINGS", "other.toml")
    assert Settings.load().name == "other"
    assert Settings.load(Path("standby.toml")).name == "here"


@pytest.mark.parametrize(
    "content, said",
    [
        (None, "No such file or directory: create it, or set STANDBY_SETTINGS to another file"),
        (b"name = ", "not valid TOML: "),
        (b'name = "a"\nname = "b"', "not valid TOML: "),
        (b"name = '\xff'", "not valid TOML: "),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line_that_names_it(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "standby.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError) as refused:
        Settings.load(file)
    assert str(refused.value).startswith(f"{file}: {said}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "name is missing: add it"),
        ('name = "a1b"\ntags."a*b" = "x"', "tags.a*b = 'a*b': use only the letters"),
        ('name = "a1b"\ncolor = 1', "color = 1: no such setting: remove it, or correct its name"),
    ],
)
def test_an_error_begins_with_the_key_as_the_file_has_it(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "standby.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        Settings.load(file)
    assert str(refused.value).startswith(f"{file}: {said}")


def test_the_settings_that_stay_for_the_life_of_a_deployment_are_named_by_their_keys() -> None:
    assert Settings(name="chatbot").permanent == {
        "name": "chatbot",
        "regions.primary": "us-west-2",
        "regions.failover": "us-east-1",
        "knowledge_base.vector_store": "s3-vectors",
        "knowledge_base.embedding_model": "amazon.titan-embed-text-v2:0",
        "knowledge_base.embedding_dimensions": "1024",
        "knowledge_base.chunk_tokens": "500",
        "knowledge_base.chunk_overlap_percent": "20",
    }


def test_a_byte_order_mark_is_ignored(tmp_path: Path) -> None:
    """Some editors on Windows write one."""
    (tmp_path / "standby.toml").write_bytes(b"\xef\xbb\xbf" + SHIPPED.encode())
    assert Settings.load(tmp_path / "standby.toml") == default_settings()
