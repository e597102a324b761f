"""Find a directory with the AWS provider on this machine (a filesystem mirror), so that a rehearsal needs no download.

Terraform searches its implied mirror directories and those of the user's CLI configuration. This module searches them
too, and also `/opt/*`, `/usr/share/*` and `/usr/local/share/*`, where images and packages put such directories.
Source: developer.hashicorp.com, Terraform, "CLI Configuration File", section "Provider Installation".

OpenTofu searches the same directories, for its own registry. Source: opentofu/opentofu, cmd/tofu/provider_source.go.
"""

import json
import os
import platform
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from standby.rehearsal.processes.programs import InstalledProgram

SHARED_ROOTS: Final = ("/opt", "/usr/share", "/usr/local/share")
PLUGIN_CACHE_VARIABLE: Final = "TF_PLUGIN_CACHE_DIR"
CLI_CONFIG_VARIABLE: Final = "TF_CLI_CONFIG_FILE"
_MACHINES: Final[Mapping[str, str]] = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_PATH_SETTING: Final = re.compile(r'^\s*(?:path|plugin_cache_dir)\s*=\s*"((?:[^"\\]|\\.)+)"', re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """Terraform or OpenTofu: its address of the AWS provider, and the user's CLI configurations, the first that exists.

    Source: opentofu.org/docs/cli/config/config-file; opentofu/opentofu, internal/command/cliconfig/config_unix.go.
    """

    provider: str
    cli_configs: tuple[str, ...]


HASHICORP: Final = Distribution(provider="registry.terraform.io/hashicorp/aws", cli_configs=(".terraformrc",))
OPENTOFU: Final = Distribution(provider="registry.opentofu.org/hashicorp/aws", cli_configs=(".tofurc", ".terraformrc"))


def distribution_of(program: InstalledProgram) -> Distribution:
    """Return which of the two an installed program is."""
    return OPENTOFU if program.is_opentofu else HASHICORP


def terraform_platform() -> str:
    """Return Terraform's name of this platform, such as `linux_amd64`."""
    machine = platform.machine().lower()
    return f"{sys.platform}_{_MACHINES.get(machine, machine)}"


def has_provider(mirror: Path, *, version: str, distribution: Distribution = HASHICORP) -> bool:
    """Return whether the mirror has this version of the AWS provider for this platform, unpacked or packed.

    Source of both layouts: developer.hashicorp.com, Terraform, "CLI Configuration File": VERSION/TARGET and
    terraform-provider-TYPE_VERSION_TARGET.zip.
    """
    base = mirror / distribution.provider
    packed = base / f"terraform-provider-aws_{version}_{terraform_platform()}.zip"
    with suppress(OSError):  # the user may not read the directory
        return packed.is_file() or any((base / version / terraform_platform()).glob("terraform-provider-aws_*"))
    return False


def implied_mirrors(environment: Mapping[str, str], distribution: Distribution) -> Iterator[Path]:
    """Yield the directories that Terraform itself searches for providers, the most specific first."""
    cli_config = user_cli_config(environment, distribution)
    if cli_config is not None:
        yield from _configured_paths(cli_config)
    home = Path(environment.get("HOME") or Path.home())
    yield home / ".terraform.d" / "plugins"
    yield home / "Library" / "Application Support" / "io.terraform" / "plugins"
    yield Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share") / "terraform" / "plugins"
    for directory in (environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(os.pathsep):
        yield Path(directory) / "terraform" / "plugins"


def plugin_caches(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the plugin caches, where Terraform and cdktf keep the providers that they downloaded.

    Mirrors are searched first, because Terraform cannot install a provider from its cache into the same cache.
    """
    if cache := environment.get(PLUGIN_CACHE_VARIABLE):
        yield Path(cache).expanduser()
    yield Path(environment.get("HOME") or Path.home()) / ".terraform.d" / "plugin-cache"


def shared_mirrors(roots: Iterable[str] = SHARED_ROOTS) -> Iterator[Path]:
    """Yield the directories below the shared roots that may be mirrors."""
    for root in map(Path, roots):
        with suppress(OSError):
            for directory in sorted(path for path in root.iterdir() if path.is_dir()):
                yield directory
                yield directory / "plugins"
                yield directory / "providers"


def find_mirror(
    *,
    version: str,
    distribution: Distribution = HASHICORP,
    environment: Mapping[str, str] = os.environ,
    roots: Iterable[str] = SHARED_ROOTS,
) -> Path | None:
    """Return a mirror with this version of the AWS provider, None if there is none: Terraform then downloads it."""
    for mirror in (*implied_mirrors(environment, distribution), *shared_mirrors(roots), *plugin_caches(environment)):
        if has_provider(mirror, version=version, distribution=distribution):
            return mirror.resolve()
    return None


def user_cli_config(environment: Mapping[str, str], distribution: Distribution) -> Path | None:
    """Return the user's CLI configuration file, None if there is none or if the variable names a missing file."""
    named = environment.get(CLI_CONFIG_VARIABLE) or environment.get("TERRAFORM_CONFIG")
    home = Path(environment.get("HOME") or Path.home())
    paths = [Path(named).expanduser()] if named else [home / name for name in distribution.cli_configs]
    return next(filter(Path.is_file, paths), None)


def cli_config_text(mirror: Path, distribution: Distribution = HASHICORP) -> str:
    """Return a CLI configuration that installs the AWS provider from `mirror`, and others from their registry."""
    provider = json.dumps(distribution.provider)
    return (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f"    path    = {json.dumps(str(mirror))}\n"
        f"    include = [{provider}]\n"
        "  }\n"
        f"  direct {{\n    exclude = [{provider}]\n  }}\n"
        "}\n"
    )


def _configured_paths(cli_config: Path) -> Iterator[Path]:
    with suppress(OSError, UnicodeDecodeError):
        for match in _PATH_SETTING.finditer(cli_config.read_text(encoding="utf-8")):
            yield Path(json.loads(f'"{match[1]}"')).expanduser()
