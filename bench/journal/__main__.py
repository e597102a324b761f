"""`python -m bench.journal`: read journals of 100 and of 100,000 events as each command does, and print a table.

The time is that of the journal alone, in one region: the other one is read at the same time. `before` is the way that
`reconcile` and `journal` read all keys until record 123: one page after the other.
"""

import argparse
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from standby.deployment.clients import Clients
from standby.deployment.concurrency import Unavailable
from standby.deployment.sessions import EmulatorSession
from standby.operations.facts import journal
from standby.operations.facts.collect import read_journal_end
from standby.operations.facts.long_journal.journal_keys import list_all_objects
from standby.operations.facts.reconcile_facts import read_journals

ROOT: Final = Path(__file__).parents[2]
EVENTS: Final = (100, 100_000)
REGION: Final = "us-west-2"


def _readers(connection: Any) -> dict[str, Callable[[], object]]:  # noqa: ANN401 - the parts of a connection
    clients = connection.clients
    region: Any = SimpleNamespace(role="primary", region=REGION, frontend_bucket="frontend")
    manifest: Any = SimpleNamespace(regions={"primary": region})
    listing = clients.listing_s3(REGION)
    return {
        "status": partial(read_journal_end, connection, region),
        "failover": partial(journal.list_recent_keys, clients.s3(REGION), region, generations=0),
        "reconcile": partial(read_journals, connection, manifest, "primary"),
        "journal": partial(list_all_objects, listing, region),
        "before": partial(journal.list_objects, listing, region),
    }


def _measure(name: str, events: int, milliseconds: int) -> tuple[float, int]:
    """Return the seconds and the requests of one command's reading. Its clients exist and have connected before."""
    with _server(events, milliseconds) as url:
        clients = Clients(lambda region: EmulatorSession(region=region, endpoint=url), endpoints={REGION: url})
        read = _readers(SimpleNamespace(clients=clients))[name]
        for make in (clients.s3, clients.listing_s3, clients.retrying_s3):
            make(REGION).get_object(Bucket="frontend", Key="config.json")["Body"].read()
        before, began = _requests(url), time.perf_counter()
        found = read()
        seconds = time.perf_counter() - began
        if isinstance(found, Unavailable):
            raise SystemExit(f"{name}, {events}: {found}")
        return seconds, _requests(url) - before


def _requests(url: str) -> int:
    with urllib.request.urlopen(f"{url}/requests") as found:  # noqa: S310 - the stand-in on this machine
        return int(found.read())


@contextmanager
def _server(events: int, milliseconds: int) -> Iterator[str]:
    command = [sys.executable, "-m", "bench.journal.server", str(events), str(milliseconds)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"http://127.0.0.1:{(process.stdout or sys.stdin).readline().strip()}"
        finally:
            process.terminate()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.journal", description=__doc__)
    parser.add_argument("--milliseconds", type=int, nargs="+", default=[20, 100], help="time of a request")
    few, many = EVENTS
    print(f"| command | ms | s, {few:,} events | s, {many:,} events | ratio | requests | requests | load |")
    print("| --- |" + " --: |" * 7)
    for milliseconds in parser.parse_args().milliseconds:
        for name in ("status", "failover", "reconcile", "journal", "before"):
            (least, asked), (most, asked_more) = (_measure(name, events, milliseconds) for events in EVENTS)
            print(
                f"| {name} | {milliseconds} | {least:.2f} | {most:.2f} | {most / least:.1f} | {asked} | {asked_more} "
                f"| {os.getloadavg()[0]:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
