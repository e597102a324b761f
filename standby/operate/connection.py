"""Where the deployment is: in an AWS account, or in the rehearsal on this machine. Nothing else knows which."""

import os
import tomllib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from botocore.exceptions import ProfileNotFound

from standby.errors import BadUsageError, RefusedError
from standby.operate.clients import FACTS, Clients
from standby.operate.place import Place
from standby.operate.web import HTTP_SECONDS, Answer, Web

SETTINGS_VARIABLE: Final = "STANDBY_SETTINGS"
SETTINGS_FILE: Final = "standby.toml"
DEFAULT_NAME: Final = "chatbot"
DEFAULT_REGIONS: Final = {"primary": "us-west-2", "failover": "us-east-1"}


class Connection(Protocol):
    """The way to one deployment: `where` is what the first line of every command says."""

    name: str
    regions: tuple[str, ...]
    where: str
    clients: Clients

    def request(self, method: str, url: str, *, body: bytes | None = None, seconds: float = HTTP_SECONDS) -> Answer:
        """Send one request to an API or to the site. Raises `NoAnswerError` when there is no answer in time."""


class AwsConnection:
    """A deployment in an AWS account."""

    def __init__(self, *, name: str, regions: tuple[str, ...], profile: str | None) -> None:
        from standby.awsclient import account_session, authorities  # noqa: PLC0415 - boto3; a rehearsal may be meant

        self.name, self.regions = name, regions
        self.where = f"AWS, profile {profile}" if profile else "AWS, default credentials"
        self.clients = Clients(partial(account_session, profile=profile, config=FACTS))
        try:
            self._web = Web(trusted=authorities(profile))
        except ProfileNotFound as error:
            raise BadUsageError(f"{error}.", hint="`aws configure list-profiles`") from error

    def request(self, method: str, url: str, *, body: bytes | None = None, seconds: float = HTTP_SECONDS) -> Answer:
        """Send one request. Raises `NoAnswerError` when there is no answer in time."""
        return self._web.request(method, url, body=body, seconds=seconds)


def connect(place: Place) -> Connection:
    """Find the deployment: the named account, else a rehearsal that is up, else AWS's default credentials.

    Raises `BadUsageError` for options that cannot be, `RefusedError` for a rehearsal that is named and not up.
    """
    if place.aws or place.profile:
        return _aws(place)
    directory = place.directory or _nearest_rehearsal()
    if directory is not None and (directory / "applied.json").is_file():
        rehearsed = _rehearsed(directory, place)
        if rehearsed is not None:
            return rehearsed
    if place.directory is not None:
        raise RefusedError(f"No rehearsal is up in {place.directory}.", hint="Run `standby rehearse up`.")
    return _aws(place)


def _rehearsed(directory: Path, place: Place) -> Connection | None:
    try:
        from standby.operate.rehearsed import rehearsed_connection  # noqa: PLC0415 - its packages are optional
    except ModuleNotFoundError:
        return None
    return rehearsed_connection(directory, name=place.name)


def _aws(place: Place) -> Connection:
    settings = {} if place.name and place.regions else _settings()
    regions = place.regions or tuple(_setting(settings, "regions", role) for role in DEFAULT_REGIONS)
    name = place.name or str(settings.get("name", DEFAULT_NAME))
    return AwsConnection(name=name, regions=regions, profile=place.profile)


def _setting(settings: Mapping[str, object], table: str, role: str) -> str:
    part = settings.get(table)
    return str(part.get(role, DEFAULT_REGIONS[role])) if isinstance(part, dict) else DEFAULT_REGIONS[role]


def _settings() -> Mapping[str, object]:
    named = os.environ.get(SETTINGS_VARIABLE)
    found = Path(named) if named else _upwards(SETTINGS_FILE)
    if found is None:
        return {}
    try:
        return tomllib.loads(found.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadUsageError(f"{found}: {error}", hint="--name and --region do without the file.") from error


def _upwards(name: str) -> Path | None:
    here = Path.cwd()
    return next((path / name for path in (here, *here.parents) if (path / name).exists()), None)


def _nearest_rehearsal() -> Path | None:
    project = _upwards("cdktf.json")
    return project.parent / ".rehearsal" if project else None
