"""An S3 that lists a bucket of N documents, whose ids are evenly distributed. Each answer comes after a fixed time.

Usage: python -m bench.ingest.server KEYS SECONDS. It prints its port.
"""

import sys
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

PAGE = 1000
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<Name>b</Name><Prefix></Prefix><MaxKeys>1000</MaxKeys><EncodingType>url</EncodingType>"
)


class Bucket:
    """The documents, by number. No key is kept: each is computed from its number."""

    def __init__(self, keys: int) -> None:
        self.keys = keys
        self._step = (1 << 128) // max(keys, 1)

    def page(self, after: str) -> bytes:
        """Return the page after this key."""
        first = self._first(after)
        last = min(first + PAGE, self.keys)
        more = last < self.keys
        token = f"<NextContinuationToken>{self._key(last - 1)}</NextContinuationToken>" if more else ""
        found = "".join(map(self._object, range(first, last)))
        truncated = str(more).lower()
        return f"{_HEAD}<IsTruncated>{truncated}</IsTruncated>{token}{found}</ListBucketResult>".encode()

    def _key(self, number: int) -> str:
        return f"uploads/{uuid.UUID(int=number * self._step)}/report.pdf"

    def _object(self, number: int) -> str:
        return (
            f"<Contents><Key>{self._key(number)}</Key><LastModified>2026-11-28T06:00:00.000Z</LastModified>"
            f"<ETag>&quot;{number:032x}&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>"
            "<ChecksumType>FULL_OBJECT</ChecksumType><Size>12345</Size><StorageClass>STANDARD</StorageClass></Contents>"
        )

    def _first(self, after: str) -> int:
        digits = after.removeprefix("uploads/")
        if not after.startswith("uploads/"):
            return 0 if after < "uploads/" else self.keys
        if digits >= "g":
            return self.keys
        number = int(digits[:36].replace("-", "").ljust(32, "0"), 16)
        return number // self._step + 1 if len(digits) > 36 else -(-number // self._step)  # noqa: PLR2004 - a UUID's


def serve(keys: int, seconds: float) -> None:
    """Serve until the process ends."""
    bucket = Bucket(keys)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            time.sleep(seconds)
            query = parse_qs(urlsplit(self.path).query)
            (after,) = query.get("start-after") or query.get("continuation-token") or [""]
            body = bucket.page(unquote(after))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), float(sys.argv[2]))
