"""Find a tree of Terraform providers on this machine, so that a rehearsal needs no download.

Terraform looks into the implied mirror directories and into those of the user's CLI configuration; this module looks
there too, and into `/opt/*`, `/usr/share/*` and `/usr/local/share/*`, where images and packages put such trees.
Source: developer.hashicorp.com, Terraform, "CLI Configuration File", section "Provider Installation".
"""

import json
import os
import platform
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

PROVIDER: Final = "registry.terraform.io/hashicorp/aws"
SHARED_ROOTS: Final = ("/opt", "/usr/share", "/usr/local/share")
PLUGIN_CACHE_VARIABLE: Final = "TF_PLUGIN_CACHE_DIR"
CLI_CONFIG_VARIABLE: Final = "TF_CLI_CONFIG_FILE"
_MACHINES: Final[Mapping[str, str]] = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_PATH_SETTING: Final = re.compile(r'^\s*(?:path|plugin_cache_dir)\s*=\s*"((?:[^"\\]|\\.)+)"', re.MULTILINE)


def terraform_platform() -> str:
    """Return this machine as Terraform names it, such as `linux_amd64`."""
    machine = platform.machine().lower()
    return f"{sys.platform}_{_MACHINES.get(machine, machine)}"


def holds_provider(mirror: Path, *, version: str) -> bool:
    """Tell whether `mirror` has the AWS provider in `version` for this machine, unpacked or packed.

    Both layouts are those of developer.hashicorp.com, Terraform, "CLI Configuration File": VERSION/TARGET and
    terraform-provider-TYPE_VERSION_TARGET.zip.
    """
    base = mirror / PROVIDER
    packed = base / f"terraform-provider-aws_{version}_{terraform_platform()}.zip"
    with suppress(OSError):  # a directory that this user may not read
        return packed.is_file() or any((base / version / terraform_platform()).glob("terraform-provider-aws_*"))
    return False


def implied_mirrors(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield the directories in which Terraform itself looks for providers, the most specific first."""
    cli_config = user_cli_config(environment)
    if cli_config is not None:
        yield from _configured_paths(cli_config)
    home = Path(environment.get("HOME") or Path.home())
    yield home / ".terraform.d" / "plugins"
    yield home / "Library" / "Application Support" / "io.terraform" / "plugins"
    yield Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share") / "terraform" / "plugins"
    for directory in (environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(os.pathsep):
        yield Path(directory) / "terraform" / "plugins"


def plugin_caches(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yield where Terraform, and cdktf for it, keep what was downloaded before.

    A mirror comes before them: Terraform cannot install a provider from its own cache into that cache.
    """
    if cache := environment.get(PLUGIN_CACHE_VARIABLE):
        yield Path(cache).expanduser()
    yield Path(environment.get("HOME") or Path.home()) / ".terraform.d" / "plugin-cache"


def shared_mirrors(roots: Iterable[str] = SHARED_ROOTS) -> Iterator[Path]:
    """Yield what may be a provider tree under the directories where a machine's images and packages put one."""
    for root in map(Path, roots):
        with suppress(OSError):
            for directory in sorted(path for path in root.iterdir() if path.is_dir()):
                yield directory
                yield directory / "plugins"
                yield directory / "providers"


def find_mirror(
    *, version: str, environment: Mapping[str, str] = os.environ, roots: Iterable[str] = SHARED_ROOTS
) -> Path | None:
    """Return a directory that has the AWS provider in `version` for this machine, or None: Terraform then downloads."""
    for mirror in (*implied_mirrors(environment), *shared_mirrors(roots), *plugin_caches(environment)):
        if holds_provider(mirror, version=version):
            return mirror.resolve()
    return None


def user_cli_config(environment: Mapping[str, str]) -> Path | None:
    """Return the user's own CLI configuration file, or None: a variable may name a file that does not exist."""
    named = environment.get(CLI_CONFIG_VARIABLE) or environment.get("TERRAFORM_CONFIG")
    home = Path(environment.get("HOME") or Path.home())
    path = Path(named).expanduser() if named else home / ".terraformrc"
    return path if path.is_file() else None


def cli_config_text(mirror: Path) -> str:
    """Return a CLI configuration that takes the AWS provider from `mirror` and everything else from its registry."""
    return (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f"    path    = {json.dumps(str(mirror))}\n"
        f"    include = [{json.dumps(PROVIDER)}]\n"
        "  }\n"
        f"  direct {{\n    exclude = [{json.dumps(PROVIDER)}]\n  }}\n"
        "}\n"
    )


def _configured_paths(cli_config: Path) -> Iterator[Path]:
    with suppress(OSError, UnicodeDecodeError):
        for match in _PATH_SETTING.finditer(cli_config.read_text(encoding="utf-8")):
            yield Path(json.loads(f'"{match[1]}"')).expanduser()
