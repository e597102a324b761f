"""The places in which a rehearsal finds the provider."""

import json
from pathlib import Path

import pytest

from standby.rehearsal.deploy.provider_mirror import (
    HASHICORP,
    OPENTOFU,
    Distribution,
    cli_config_text,
    find_mirror,
    terraform_platform,
)

VERSION = "5.100.0"


def unpacked(
    mirror: Path, *, version: str = VERSION, platform: str | None = None, distribution: Distribution = HASHICORP
) -> Path:
    directory = mirror / distribution.provider / version / (platform or terraform_platform())
    directory.mkdir(parents=True)
    (directory / f"terraform-provider-aws_v{version}_x5").touch()
    return mirror


def found(home: Path, *, shared: Path | None = None, **environment: str) -> Path | None:
    roots = (str(shared),) if shared else ()
    return find_mirror(
        version=VERSION, environment={"HOME": str(home), "XDG_DATA_DIRS": "", **environment}, roots=roots
    )


@pytest.mark.parametrize(
    "place",
    [".terraform.d/plugins", ".terraform.d/plugin-cache", ".local/share/terraform/plugins"],
)
def test_a_mirror_that_terraform_itself_searches_is_found(tmp_path: Path, place: str) -> None:
    mirror = unpacked(tmp_path / place)
    assert found(tmp_path) == mirror


def test_a_mirror_below_a_shared_root_is_found_by_any_name(tmp_path: Path) -> None:
    mirror = unpacked(tmp_path / "shared" / "any-name")
    assert found(tmp_path / "home", shared=tmp_path / "shared") == mirror


def test_a_mirror_is_preferred_to_a_plugin_cache_that_terraform_cannot_install_from(tmp_path: Path) -> None:
    cache = unpacked(tmp_path / ".terraform.d" / "plugin-cache")
    mirror = unpacked(tmp_path / "shared" / "any-name")
    assert found(tmp_path, shared=tmp_path / "shared", TF_PLUGIN_CACHE_DIR=str(cache)) == mirror


def test_a_packed_provider_is_found(tmp_path: Path) -> None:
    directory = tmp_path / "mirror" / HASHICORP.provider
    directory.mkdir(parents=True)
    (directory / f"terraform-provider-aws_{VERSION}_{terraform_platform()}.zip").touch()
    assert found(tmp_path, TF_PLUGIN_CACHE_DIR=str(tmp_path / "mirror")) == tmp_path / "mirror"


@pytest.mark.parametrize("setting", ["path", "plugin_cache_dir"])
def test_a_mirror_that_the_users_configuration_names_is_found(tmp_path: Path, setting: str) -> None:
    mirror = unpacked(tmp_path / "named \u00e9")
    cli_config = tmp_path / "terraform.rc"
    cli_config.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    {setting} = "{mirror}"\n  }}\n}}\n')
    assert found(tmp_path / "home", TF_CLI_CONFIG_FILE=str(cli_config)) == mirror


def test_a_configuration_variable_that_names_a_missing_file_is_ignored(tmp_path: Path) -> None:
    mirror = unpacked(tmp_path / ".terraform.d" / "plugins")
    assert found(tmp_path, TF_CLI_CONFIG_FILE=str(tmp_path / "missing")) == mirror


def test_another_version_does_not_count(tmp_path: Path) -> None:
    unpacked(tmp_path / ".terraform.d" / "plugins", version="5.99.0")
    assert found(tmp_path) is None


def test_another_platform_does_not_count(tmp_path: Path) -> None:
    unpacked(tmp_path / ".terraform.d" / "plugins", platform="plan9_mips")
    assert found(tmp_path) is None


def test_opentofu_takes_only_a_provider_of_its_own_registry(tmp_path: Path) -> None:
    terraforms = unpacked(tmp_path / ".terraform.d" / "plugins")
    tofus = unpacked(tmp_path / ".local" / "share" / "terraform" / "plugins", distribution=OPENTOFU)
    environment = {"HOME": str(tmp_path), "XDG_DATA_DIRS": ""}
    for distribution, mirror in ((HASHICORP, terraforms), (OPENTOFU, tofus)):
        assert find_mirror(version=VERSION, distribution=distribution, environment=environment, roots=()) == mirror
    assert cli_config_text(tofus, OPENTOFU).count('"registry.opentofu.org/hashicorp/aws"') == 2


def test_opentofu_reads_its_own_configuration_before_that_of_terraform(tmp_path: Path) -> None:
    mirrors = {name: unpacked(tmp_path / name, distribution=OPENTOFU) for name in ("first", "second")}
    for mirror, name in (("second", ".terraformrc"), ("first", ".tofurc")):
        (tmp_path / name).write_text(f'plugin_cache_dir = "{mirrors[mirror]}"\n')
        environment = {"HOME": str(tmp_path), "XDG_DATA_DIRS": ""}
        found = find_mirror(version=VERSION, distribution=OPENTOFU, environment=environment, roots=())
        assert found == mirrors[mirror]


def test_the_cli_configuration_takes_only_the_aws_provider_from_the_mirror() -> None:
    mirror = Path("/a mirror")
    assert cli_config_text(mirror) == (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f"    path    = {json.dumps(str(mirror))}\n"
        '    include = ["registry.terraform.io/hashicorp/aws"]\n'
        "  }\n"
        "  direct {\n"
        '    exclude = ["registry.terraform.io/hashicorp/aws"]\n'
        "  }\n"
        "}\n"
    )
