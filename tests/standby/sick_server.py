"""A region that is half-dead: a server that accepts every request and answers nonsense."""

import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

PAGE: Final = b"<html><body>We are sorry</body></html>"
DRIP_SECONDS: Final = 0.5
"""The pause between two bytes: shorter than every read time-out, so that only a deadline as a whole ends the call."""


def _response(status: str, body: bytes, *headers: str) -> bytes:
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "Connection: close"))
    return f"{head}\r\n\r\n".encode() + body


_AWS: Final = ("x-amzn-RequestId: 1", "x-amz-request-id: 1")
_NESTED: Final = b"[" * 200_000

WHOLE: Final[dict[str, bytes]] = {
    "html": _response("200 OK", PAGE, "Content-Type: text/html"),
    "html with a 403": _response("403 Forbidden", PAGE, "Content-Type: text/html"),
    "html with a 404": _response("404 Not Found", PAGE, "Content-Type: text/html"),
    "empty": _response("200 OK", b""),
    "redirect": _response("302 Found", b"", "Location: https://login.example.com/"),
    "moved": _response("301 Moved Permanently", b"", "Location: https://login.example.com/"),
    "foreign JSON": _response("200 OK", b'{"message": "hello"}', "Content-Type: application/json"),
    "foreign XML": _response("200 OK", b"<hello/>", "Content-Type: application/xml"),
    "JSON with a request id": _response("200 OK", b'{"message": ["hello"]}', *_AWS),
    "a number with a request id": _response("200 OK", b"7", *_AWS),
    "null with a request id": _response("200 OK", b"null", *_AWS),
    "a list with a request id": _response("200 OK", b"[[]]", *_AWS),
    "nested with a request id": _response("200 OK", _NESTED, *_AWS),
    "surrogates with a request id": _response("200 OK", b'{"\\ud800": "\\udc00\\u001b[2J"}', *_AWS),
    "not UTF-8 with a request id": _response("200 OK", b"\xff\xfe{", *_AWS),
    "empty with a request id": _response("200 OK", b"", *_AWS),
    "wrong types with a request id": _response(
        "200 OK",
        b'{"Parameter": 7, "Attributes": [], "ingestionJobSummaries": {"status": 1}, "documentDetails": 7, '
        b'"MetricAlarms": [7], "Arn": {}, "decision": 7}',
        *_AWS,
    ),
    "wrong types in XML with a request id": _response(
        "200 OK",
        b"<R><Contents><Key/><Size>many</Size><LastModified>yesterday</LastModified></Contents>"
        b"<Contents>7</Contents><KeyCount>x</KeyCount></R>",
        *_AWS,
    ),
    "an error that is none, with a request id": _response("400 Bad Request", b'{"__type": 7, "message": []}', *_AWS),
    "a wrong checksum with a request id": _response(
        "200 OK", b"{}", *_AWS, 'ETag: "1"', "x-amz-checksum-crc32: AAAAAA=="
    ),
    "gzip that is none": _response("200 OK", PAGE, "Content-Encoding: gzip"),
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n" + PAGE,
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n" * 3,
    "a header without end": b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 100_000,
    "cut": b'HTTP/1.1 200 OK\r\nContent-Length: 4000\r\nETag: "1"\r\nx-amz-request-id: 1\r\n\r\n' + PAGE,
    "nothing": b"",
}
"""Each answer that the server sends at once, by name."""

_HEAD: Final = b'HTTP/1.1 200 OK\r\nContent-Length: 4000\r\nETag: "1"\r\nx-amz-request-id: 1\r\n\r\n'
DRIPPED: Final[dict[str, tuple[bytes, ...]]] = {
    "header by header": (b"HTTP/1.1 200 OK\r\n", *(b"X-%d: 1\r\n" % number for number in range(90))),
    "byte by byte": (_HEAD, *(b"a" for _ in range(90))),
}
"""Each answer that the server sends slowly, by name."""

ANSWERS: Final = (*WHOLE, *DRIPPED)


class SickServer:
    """A server that gives the same `answer` to every request."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Refuse connections from now on."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(connection, self.answer), daemon=True).start()

    def _answer(self, connection: socket.socket, answer: str) -> None:
        with connection, suppress(OSError):  # the client has gone
            connection.recv(65_536)
            if answer in WHOLE:
                connection.sendall(WHOLE[answer])
            else:
                self._drip(connection, DRIPPED[answer])
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(0.2)
            while connection.recv(65_536):  # otherwise the kernel resets the connection and drops the answer
                pass

    def _drip(self, connection: socket.socket, parts: Iterable[bytes]) -> None:
        for part in parts:
            connection.sendall(part)
            time.sleep(DRIP_SECONDS)
