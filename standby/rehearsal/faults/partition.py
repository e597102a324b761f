"""The fault of a partition: functions of the other region do not reach a region's API. Users and operators do.

The functions read the record at each call (`emulator/function_hosts/sitecustomize.py`).
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from standby.deployment.manifest import Region
from standby.rehearsal.files.json_files import read_json, write_json
from standby.rehearsal.files.paths import RehearsalPaths


def cut_off(paths: RehearsalPaths, region: Region) -> None:
    """Let no function of another region reach the API of this one."""
    write_json(paths.partition_record, {**_hosts_cut_off(paths), _host(region): region.region})


def reconnect(paths: RehearsalPaths, region: Region) -> None:
    """Undo `cut_off`. Does nothing if the region was not cut off."""
    rest = {host: name for host, name in _hosts_cut_off(paths).items() if host != _host(region)}
    if rest:
        write_json(paths.partition_record, rest)
    else:
        paths.partition_record.unlink(missing_ok=True)


def _hosts_cut_off(paths: RehearsalPaths) -> Mapping[str, object]:
    return read_json(paths.partition_record)


def _host(region: Region) -> str:
    return urlsplit(region.api_url).hostname or ""
