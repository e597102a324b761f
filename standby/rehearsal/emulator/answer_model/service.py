"""The stand-in as a service in the emulator's process: OpenAI's chat completions, to which MiniStack can send calls.

MiniStack checks permissions and guardrails before and after, and makes the answer of Converse from the reply. If the
service fails, MiniStack answers with its own canned text.
"""

import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, Scope

from standby.rehearsal.emulator.answer_model.prompt import read_prompt
from standby.rehearsal.emulator.answer_model.reply import reply_to
from standby.rehearsal.emulator.sick_region import read_body

LOG: Final = logging.getLogger("answer-model")
URL_VARIABLE: Final = "MINISTACK_BEDROCK_PROXY_URL"
PREFIX: Final = "/_rehearsal/answer-model"
PATH: Final = f"{PREFIX}/v1/chat/completions"
OK: Final = 200
FAILED: Final = 500


class AnswerModelMiddleware:
    """An ASGI application that answers chat completions, and passes every other request on.

    It has a thread of its own: the call of Converse that waits for it keeps one of the event loop's.
    """

    def __init__(self, application: ASGIFramework) -> None:
        self._application = application
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="answer-model")

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._application(scope, receive, send)
            return
        body = await read_body(receive)
        status, answer = await asyncio.get_running_loop().run_in_executor(self._thread, complete, body)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": answer, "more_body": False})


def complete(body: bytes) -> tuple[int, bytes]:
    """Return the status and the body of the answer to a chat completion."""
    try:
        request = json.loads(body)
        reply = reply_to(read_prompt(request["messages"]))
    except Exception:
        LOG.exception("the stand-in for the answer model failed")
        return FAILED, b"{}"
    message = {"role": "assistant", "content": reply}
    completion = {"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    return OK, json.dumps(completion).encode()
