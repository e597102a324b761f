"""Read buckets of several sizes in both ways, one after the other, and print time, CPU, memory, requests and price.

Usage: python -m bench.ingest [KEYS ...]
"""

import json
import os
import subprocess
import sys
from typing import Any

SIZES = (1_000, 100_000, 1_000_000)
REQUEST_SECONDS = 0.02
# aws.amazon.com/s3/pricing, us-west-2 and us-east-1: LIST requests.
DOLLARS_FOR_1000_REQUESTS = 0.005


def measure(way: str, keys: int) -> dict[str, Any]:
    """Read a bucket of this size in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": "lambda_src"}
    command = [sys.executable, "-m", "bench.ingest.server", str(keys), str(REQUEST_SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            port = server.stdout.readline().strip() if server.stdout else ""
            command = [sys.executable, "-m", "bench.ingest.read", way, f"http://127.0.0.1:{port}"]
            result = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
        finally:
            server.terminate()
    measured: dict[str, Any] = json.loads(result.stdout)
    return measured


def main() -> None:
    """Print a row for each size and way."""
    sizes = [int(text) for text in sys.argv[1:]] or SIZES
    print("| keys | way | digest | invocations | time s | CPU s | CPU ms a page | memory MB | requests | price $ |")
    print("| --: | --- | --- | --: | --: | --: | --: | --: | --: | --: |")
    for keys in sizes:
        for way in ("before", "since"):
            found = measure(way, keys)
            cells = [
                f"{keys:,}",
                way,
                "yes" if found["complete"] else "no",
                str(found["invocations"]),
                f"{found['seconds']:.1f}",
                f"{found['cpu']:.1f}",
                f"{found['cpu'] / found['pages'] * 1000:.1f}",
                f"{found['megabytes']:.0f}",
                f"{found['pages']:,}",
                f"{found['pages'] / 1000 * DOLLARS_FOR_1000_REQUESTS:.4f}",
            ]
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
