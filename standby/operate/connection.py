"""Where the deployment is: in an AWS account, or in the rehearsal on this machine. Nothing else knows which."""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from standby.errors import BadUsageError, RefusedError
from standby.operate.clients import Clients
from standby.operate.place import Place
from standby.operate.together import NoAnswerError

SETTINGS_VARIABLE: Final = "STANDBY_SETTINGS"
SETTINGS_FILE: Final = "standby.toml"
DEFAULT_NAME: Final = "chatbot"
DEFAULT_REGIONS: Final = {"primary": "us-west-2", "failover": "us-east-1"}
HTTP_SECONDS: Final = 2.0


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an HTTP request was answered with."""

    status: int
    body: bytes


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
        import boto3  # noqa: PLC0415 - a third of a second, and not needed for the help
        from botocore.exceptions import ProfileNotFound  # noqa: PLC0415 - the same

        self.name, self.regions = name, regions
        self.where = f"AWS, profile {profile}" if profile else "AWS, default credentials"
        try:
            self.clients = Clients(boto3.Session(profile_name=profile))
        except ProfileNotFound as error:
            raise BadUsageError(f"{error}.", hint="`aws configure list-profiles`") from error

    def request(self, method: str, url: str, *, body: bytes | None = None, seconds: float = HTTP_SECONDS) -> Answer:
        """Send one request. Raises `NoAnswerError` when there is no answer in time."""
        import urllib3  # noqa: PLC0415 - botocore has loaded it by now

        timeout = urllib3.Timeout(connect=min(1.0, seconds), read=seconds)
        try:
            answer = urllib3.request(method, url, body=body, timeout=timeout, retries=False, headers=_headers(body))
        except urllib3.exceptions.HTTPError as error:
            raise NoAnswerError(no_answer(error)) from error
        return Answer(status=answer.status, body=answer.data)


def _headers(body: bytes | None) -> Mapping[str, str]:
    return {"Content-Type": "application/json"} if body is not None else {}


def no_answer(error: Exception) -> str:
    """Return in a few words why an HTTP request was not answered."""
    kind = type(error).__name__
    if "Timeout" in kind:
        return "does not answer (time-out)"
    return f"does not answer ({'connection refused' if 'refused' in str(error) else kind})"


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
    settings = _settings()
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
