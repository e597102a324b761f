"""Where the load finds the deployment: in a rehearsal on this machine, or on AWS."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

import urllib3

from standby.drill.load.users import API_SECONDS, SiteClient
from standby.rehearsal.checks.sign_in import SignedInClient, SignIn
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.identity.access import read_access
from standby.rehearsal.network.network import Client, RequestOptions, require_network
from standby.rehearsal.processes.process import mark_environment


@dataclass(frozen=True, kw_only=True)
class LoadTarget:
    """A rehearsal, by its project, directory and settings file ("": the project's). Without a directory: AWS."""

    project: str = ""
    directory: str = ""
    settings: str = ""

    @classmethod
    def of_directory(cls, directory: Path | None) -> "LoadTarget":
        """Return the rehearsal in this directory; AWS without one."""
        if directory is None:
            return cls()
        return cls(project=str(directory.resolve().parent), directory=str(directory.resolve()))

    def environment(self) -> dict[str, str]:
        """Return the environment for the load process, with the mark of the rehearsal if it is one."""
        return mark_environment(os.environ, directory=Path(self.directory)) if self.directory else dict(os.environ)

    def client(self, *, site_url: str) -> SiteClient:
        """Return a client, of a user who is signed in if users sign in. Raises `RefusedError` when it is not up."""
        if not self.directory:
            return PublicClient()
        paths = RehearsalPaths(project=Path(self.project), directory=Path(self.directory))
        client = Client(require_network(paths))
        access = read_access(paths, Path(self.settings) if self.settings else None)
        if access is None:
            return client
        return SignedInClient(client=client, sign_in=SignIn(client=client, access=access, site=site_url))


class PublicClient:
    """A client for host names in public DNS."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(maxsize=16)

    def request(
        self, method: str, url: str, *, timeout: float = API_SECONDS, **options: Unpack[RequestOptions]
    ) -> urllib3.BaseHTTPResponse:
        """Send one request, without retries. Raises urllib3's `HTTPError`."""
        options.pop("cold", None)  # a client cannot bypass the cache of a real edge location
        return self._pool.request(method, url, timeout=timeout, retries=False, **options)
