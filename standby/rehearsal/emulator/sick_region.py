"""The answers of a sick region: nonsense, in the way that a header of the request names.

The emulator's process gives them, because Caddy cannot send one byte a second, and because MiniStack knows the IAM
action of a request. A call that gets nonsense has no effect.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from hypercorn.typing import (
    ASGIFramework,
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    ASGISendEvent,
    Scope,
)

from standby.rehearsal.emulator.sickness import API, PAGE_READS, SICK_HEADER, SickMode, Sickness

DRIP_SECONDS: Final = 1.0
DECLARED_BYTES: Final = 4000
"""The Content-Length of an answer that is cut. Its body is shorter."""

PAGE: Final = (
    b"<!doctype html><html><head><title>We are sorry</title></head><body>We are sorry. Try again later.</body></html>"
)
_FOREIGN_JSON: Final = json.dumps({"message": "We are sorry. Try again later."}).encode()
_WRONG_JSON: Final = json.dumps({"message": ["We are sorry. Try again later."]}).encode()
_LOGIN: Final = b"https://login.example.com/"
_XML_TEXT: Final = re.compile(rb">\s*[^<>\s][^<>]*<")
_READS: Final = ("Get", "List", "Describe")
_ABOUT_BODY: Final = (b"content-length", b"cache-control", b"x-amz-checksum-")
"""The start of each header that a changed body makes wrong. A wrong checksum would hide the wrong types."""


Headers = list[tuple[bytes, bytes]]
Identify = Callable[[Scope, bytes], str]
"""Returns the name of a request's call, as in `sickness.CALLS`; "" for a request that is no call of AWS."""


class SickMiddleware:
    """An ASGI application that answers nonsense to the requests whose header asks for it."""

    def __init__(self, application: ASGIFramework, identify: Identify) -> None:
        self._application = application
        self._identify = identify

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer one request, or pass it on."""
        sickness = _requested(scope)
        if sickness is None:
            await self._application(scope, receive, send)
            return
        body = await read_body(receive)
        call = self._identify(scope, body)
        if not sickness.affects(call):
            await self._application(scope, _replayed(body, receive), send)
        elif sickness.mode == "wrong-type" and _only_reads(call):
            await self._answer_with_wrong_types(scope, _replayed(body, receive), send)
        else:
            await _answer(sickness.mode, receive, send)

    async def _answer_with_wrong_types(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        messages: list[ASGISendEvent] = []

        async def record(message: ASGISendEvent) -> None:
            messages.append(message)

        await self._application(scope, receive, record)
        body = with_wrong_types(b"".join(part["body"] for part in messages if part["type"] == "http.response.body"))
        for message in messages:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message["headers"] if not pair[0].lower().startswith(_ABOUT_BODY)]
                await _send_whole(send, message["status"], kept, body)


def with_wrong_types(body: bytes) -> bytes:
    """Return a document of the same shape with values of other types. A text that is no document becomes JSON."""
    try:
        return json.dumps(_of_other_type(json.loads(body))).encode()
    except (ValueError, RecursionError):
        return _XML_TEXT.sub(b">many<", body) if body.lstrip().startswith(b"<") else _WRONG_JSON


async def read_body(receive: ASGIReceiveCallable) -> bytes:
    """Return the whole body of a request."""
    body, more = b"", True
    while more:
        message = await receive()
        more = message["type"] == "http.request" and message["more_body"]
        body += message["body"] if message["type"] == "http.request" else b""
    return body


def _requested(scope: Scope) -> Sickness | None:
    if scope["type"] != "http" or scope["path"].startswith("/_ministack/"):  # the emulator's own, not a call of AWS
        return None
    headers = {name.lower(): value for name, value in scope["headers"]}
    return Sickness.from_header(headers.get(SICK_HEADER.lower().encode(), b"").decode("latin-1"))


def _only_reads(call: str) -> bool:
    service, _, action = call.partition(":")
    return service in {API, PAGE_READS} or action.startswith(_READS)


def _of_other_type(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _of_other_type(member) for name, member in value.items()} or "many"
    if isinstance(value, list):
        return [_of_other_type(entry) for entry in value] or "many"
    # Not a number: some services send numbers as text, and a reader may accept both.
    return [value] if isinstance(value, str) else "many"


def _replayed(body: bytes, receive: ASGIReceiveCallable) -> ASGIReceiveCallable:
    """Return a function that receives the body that was read, and then what else there is."""
    bodies = [body]

    async def receive_again() -> ASGIReceiveEvent:
        if bodies:
            return {"type": "http.request", "body": bodies.pop(), "more_body": False}
        return await receive()

    return receive_again


async def _answer(mode: SickMode, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    html, document = [(b"content-type", b"text/html")], [(b"content-type", b"application/json")]
    match mode:
        case "html":
            await _send_whole(send, 200, html, PAGE)
        case "empty":
            await _send_whole(send, 200, [], b"")
        case "redirect":
            await _send_whole(send, 302, [(b"location", _LOGIN)], b"")
        case "json":
            await _send_whole(send, 200, document, _FOREIGN_JSON)
        case "wrong-type":
            await _send_whole(send, 200, document, _WRONG_JSON)
        case "cut":
            await _start(send, 200, html, length=DECLARED_BYTES)
            await _send_part(send, PAGE)  # the server closes the connection, because the answer is not complete
        case "drip":
            await _start(send, 200, html, length=len(PAGE))
            await _drip(receive, send)


async def _drip(receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Send the page one byte a second, until the client has gone."""
    disconnected = asyncio.ensure_future(receive())
    for byte in PAGE:
        await _send_part(send, bytes([byte]))
        await asyncio.wait({disconnected}, timeout=DRIP_SECONDS)
        if disconnected.done():
            return
    disconnected.cancel()
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_whole(send: ASGISendCallable, status: int, headers: Headers, body: bytes) -> None:
    await _start(send, status, headers, length=len(body))
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _start(send: ASGISendCallable, status: int, headers: Headers, *, length: int) -> None:
    # Neither a browser nor the edge keeps the nonsense, so that a healed region is well at once.
    own = [(b"content-length", str(length).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *own]})


async def _send_part(send: ASGISendCallable, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})
