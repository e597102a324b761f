"""`python -m bench.scale.server KEYS DIFFERENCES MILLISECONDS`: an S3 stand-in with two canned buckets.

It answers ListObjectsV2 only. The bucket `failover` lacks every n-th key of the bucket `primary`. Each answer takes the
given milliseconds. It prints its port, and ends with its input.
"""

import asyncio
import sys
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qs, quote_plus, unquote, urlsplit

PAGE: Final = 1000
_SPACE: Final = 16**32
_HEAD: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<Name>b</Name><Prefix></Prefix>"
)
_REST: Final = (
    "/a%20report.pdf</Key><LastModified>2026-11-24T12:00:00.000Z</LastModified><ETag>&quot;{0:032x}&quot;</ETag>"
    "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>123456</Size>"
    "<StorageClass>STANDARD</StorageClass></Contents>"
)


class Buckets:
    """Two buckets of documents whose ids are spread evenly."""

    def __init__(self, keys: int, differences: int) -> None:
        self._keys = keys
        self._every = keys // differences if differences else 0
        self._page = lru_cache(maxsize=50)(self._make_page)

    def page(self, bucket: str, after: str) -> bytes:
        """Return the page that begins after a key."""
        return self._page(bucket, self._first_after(after))

    def _id(self, number: int) -> str:
        text = f"{_SPACE * number // self._keys:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def _key(self, number: int) -> str:
        return f"uploads/{self._id(number)}/a report.pdf"

    def _first_after(self, after: str) -> int:
        return bisect_right(range(self._keys), after, key=self._key)

    def _make_page(self, bucket: str, number: int) -> bytes:
        rows: list[str] = []
        last = ""
        while len(rows) < PAGE and number < self._keys:
            if bucket == "primary" or not self._every or number % self._every:
                last = f"uploads/{self._id(number)}"
                rows.append(f"<Contents><Key>{last}{_REST.format(number)}")
            number += 1
        more = number < self._keys
        token = f"<NextContinuationToken>{quote_plus(last + '/a report.pdf')}</NextContinuationToken>" if more else ""
        about = (
            f"{token}<KeyCount>{len(rows)}</KeyCount><MaxKeys>{PAGE}</MaxKeys><EncodingType>url</EncodingType>"
            f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>"
        )
        return f"{_HEAD}{about}{''.join(rows)}</ListBucketResult>".encode()


Answer = Callable[[str, dict[str, str]], bytes]
"""Returns the body for a path and a query."""


async def serve(answer: Answer, seconds: float) -> None:
    """Serve until the input ends. `GET /requests` returns the number of the other requests."""
    number = 0

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal number
        while head := await reader.readuntil(b"\r\n\r\n"):
            target = urlsplit(head.split(b" ", 2)[1].decode())
            if target.path == "/requests":
                body = str(number).encode()
            else:
                number += 1
                body = answer(unquote(target.path), {name: of[0] for name, of in parse_qs(target.query).items()})
                await asyncio.sleep(seconds)
            writer.write(b'HTTP/1.1 200 OK\r\nx-amz-request-id: 1\r\netag: "1"\r\ncontent-type: application/xml\r\n')
            writer.write(f"content-length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await converse(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):  # the client has closed the connection
            writer.close()

    server = await asyncio.start_server(guarded, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


def main() -> None:
    """Serve two buckets."""
    keys, differences, milliseconds = (int(argument) for argument in sys.argv[1:4])
    buckets = Buckets(keys, differences)

    def answer(path: str, query: dict[str, str]) -> bytes:
        after = unquote(query["continuation-token"].replace("+", " ")) if "continuation-token" in query else ""
        return buckets.page(path.strip("/"), after or query.get("start-after", ""))

    asyncio.run(serve(answer, milliseconds / 1000))


if __name__ == "__main__":
    main()
