"""What is written down of the fronts and the edge: which processes they are, and where they listen."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from standby.rehearsal.files.json_files import made_here, moved_from, read_json, write_json
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.processes.process import ProcessIdentity


@dataclass(frozen=True, kw_only=True)
class NetworkRecord:
    """Ports as "process.purpose", processes by name, and what a `Network` is made of.

    `emulator` tells for which emulator they were started.
    """

    emulator: Mapping[str, object] = field(default_factory=dict)
    ports: Mapping[str, int] = field(default_factory=dict)
    processes: Mapping[str, ProcessIdentity] = field(default_factory=dict)
    router: str = ""
    region_proxies: Mapping[str, str] = field(default_factory=dict)
    hosts: Mapping[str, int] = field(default_factory=dict)

    def write(self, paths: RehearsalPaths) -> None:
        """Write it down, whole or not at all."""
        processes = {
            name: {"pid": identity.pid, "created": identity.created} for name, identity in self.processes.items()
        }
        directory = str(paths.directory)
        write_json(paths.network_record, {**vars(self), "processes": processes, "directory": directory})

    def with_process(self, name: str, identity: ProcessIdentity) -> "NetworkRecord":
        """Return the record with another process under that name."""
        return replace(self, processes={**self.processes, name: identity})


def read_record(paths: RehearsalPaths) -> NetworkRecord:
    """Return what is written down, an empty record where nothing is or where it is not as it should be.

    What a copied directory holds is the original's: nothing of it is this rehearsal's.
    """
    found = read_json(paths.network_record)
    if not made_here(found, paths.directory) and moved_from(found, paths.directory) is None:
        return NetworkRecord()
    emulator, processes = found.get("emulator"), _mapping(found.get("processes"))
    return NetworkRecord(
        emulator=emulator if isinstance(emulator, dict) else {},
        ports=_ports(found.get("ports")),
        processes={name: identity for name, part in processes.items() if (identity := _identity(part))},
        router=str(found.get("router") or ""),
        region_proxies={region: str(url) for region, url in _mapping(found.get("region_proxies")).items()},
        hosts=_ports(found.get("hosts")),
    )


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _ports(value: object) -> Mapping[str, int]:
    return {name: port for name, port in _mapping(value).items() if isinstance(port, int)}


def _identity(value: object) -> ProcessIdentity | None:
    pid, created = _mapping(value).get("pid"), _mapping(value).get("created")
    return ProcessIdentity(pid=pid, created=created) if isinstance(pid, int) and isinstance(created, float) else None
