"""What every request passes before a route: the key, the size and the time of its body, one form of errors, figures.

A middleware of ASGI itself, so that it sees bytes as they come, with or without a content-length.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from quintet.serving.keys import Keys
from quintet.serving.limits import Limits
from quintet.serving.metrics import Metrics
from quintet.serving.refusals import WORDS, Refusal, refusal_of

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
OPEN = ("/health", "/ready", "/docs", "/openapi.json")
"""Paths that need no key: they say nothing of the models."""


class ClientLeft(Exception):
    """The client closed the connection; nobody waits for an answer."""


class Gate:
    """The outermost part of the application.

    Parameters
    ----------
    app : the routes.
    keys : None: every client is let in.
    """

    def __init__(self, app: App, limits: Limits, metrics: Metrics, keys: Keys | None) -> None:
        self._app, self._limits, self._metrics, self._keys = app, limits, metrics, keys
        self._number = 0

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request; the lifespan's events pass."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._number += 1
        passage = _Passage(scope, receive, send, self._limits, f"{self._number:x}")
        scope.setdefault("state", {})["number"] = passage.number
        self._metrics.running.inc()
        try:
            self._check_key(scope)
            passage.check_stated_size()
            await self._app(scope, passage.receive, passage.send)
        except ClientLeft:
            self._metrics.disconnects.inc()
            passage.status = passage.status or 499
        except Exception as error:
            await passage.refuse(refusal_of(error, passage.number))
        finally:
            self._metrics.running.dec()
            labels = scope.get("state", {}).get("labels", ("", ""))
            self._metrics.requests.labels(*labels, str(passage.status)).inc()
            if labels[1]:
                self._metrics.seconds.labels(*labels).observe(time.monotonic() - passage.began)

    def _check_key(self, scope: MutableMapping[str, Any]) -> None:
        if self._keys is None or scope["path"] in OPEN:
            return
        headers = dict(scope["headers"])
        kind, _, bearer = headers.get(b"authorization", b"").partition(b" ")
        given = bearer.strip() if kind.lower() == b"bearer" else headers.get(b"x-api-key", b"")
        if not self._keys.accepts(given):
            what = "got a wrong one" if given else "got none"
            raise Refusal(
                401,
                "wrong_key",
                f"A key must be given as 'Authorization: Bearer KEY' or 'X-API-Key: KEY', {what}.",
                {"www-authenticate": "Bearer"},
            )


class _Passage:
    """One request's messages in and out, counted and timed."""

    def __init__(self, scope: Any, receive: Receive, send: Send, limits: Limits, number: str) -> None:
        self._scope, self._receive, self._send, self._limits = scope, receive, send, limits
        self.number, self.began, self.status = number, time.monotonic(), 0
        self._bytes, self._whole = 0, False

    def check_stated_size(self) -> None:
        """Refuse a body whose content-length is over the limit before a byte of it is read."""
        stated = dict(self._scope["headers"]).get(b"content-length", b"")
        if stated.isdigit() and int(stated[:20]) > self._limits.body_bytes:
            raise self._too_large()

    async def receive(self) -> Message:
        """The next message; the body within its limits."""
        if self._whole:
            return await self._receive()
        left = self.began + self._limits.body_seconds - time.monotonic()
        try:
            async with asyncio.timeout(max(left, 0.001)):
                message = await self._receive()
        except TimeoutError:
            seconds = self._limits.body_seconds
            raise Refusal(
                408,
                "too_slow",
                f"The body must arrive within {seconds:g} s: send less at a time.",
                {"connection": "close"},
            ) from None
        if message["type"] == "http.disconnect":
            raise ClientLeft
        self._bytes += len(message.get("body", b""))
        if self._bytes > self._limits.body_bytes:
            raise self._too_large()
        self._whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Hand on a message; the response gets the request's number, under which the log names it."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", []), (b"x-request-id", self.number.encode())]
        await self._send(message)

    async def refuse(self, refusal: Refusal) -> None:
        """Answer with an error, where no response has begun."""
        if self.status:
            return
        headers = {"content-type": "application/json", **refusal.headers}
        content = refusal.content()
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        start = {"type": "http.response.start", "status": refusal.status}
        await self.send({**start, "headers": [*raw, (b"content-length", str(len(content)).encode())]})
        await self.send({"type": "http.response.body", "body": content})

    def _too_large(self) -> Refusal:
        most = self._limits.body_bytes
        return Refusal(
            413, "too_many_bytes", f"A body must have at most {most:,} bytes, got more: send fewer rows at a time."
        )


def framework_refusal(status: int) -> Refusal:
    """An error of the framework, such as an unknown path, in the form of all errors."""
    return Refusal(status, *WORDS[status])
