"""Uvicorn's protocol with limits on slow clients, and the one form of errors for what is no HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

from quintet.extras import extra
from quintet.serving.limits import Limits
from quintet.serving.refusals import Refusal

with extra("serve", "The service"):
    # Uvicorn's own h11, which it always installs.
    from uvicorn.protocols.http.h11_impl import H11Protocol, h11  # type: ignore[attr-defined, unused-ignore]


def protocol_for(limits: Limits) -> type[H11Protocol]:
    """The protocol class of a service with these limits."""
    return type("LimitedProtocol", (_Limited,), {"limits": limits})


class _Limited(H11Protocol):  # type: ignore[misc, unused-ignore]
    """The head of a request has a time to arrive; a body that nobody reads has one to end."""

    limits: Limits
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override, unused-ignore]
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            transport.close()
            return
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()
        self._watch_writing(self.transport.get_write_buffer_size())

    def _watch_writing(self, left: int) -> None:
        """Cut the connection of a client that takes no byte of its answer in time, so that answers pile up nowhere."""
        if left:
            self.loop.call_later(self.limits.send_seconds, self._check_writing, left)

    def _check_writing(self, before: int) -> None:
        left = self.transport.get_write_buffer_size()
        if left >= before:
            self.transport.abort()
        else:
            self._watch_writing(left)

    def _watch(self) -> None:
        """Time what the client owes: a head that has begun, or the rest of a body after its answer."""
        owes_head = self.conn.their_state is h11.IDLE and (self.cycle is None or bool(self.conn.trailing_data[0]))
        owes_rest = self.conn.their_state is h11.SEND_BODY and self.conn.our_state in (h11.DONE, h11.MUST_CLOSE)
        if not (owes_head or owes_rest):
            self._rest()
        elif self._timer is None:
            self._timer = self.loop.call_later(self.limits.head_seconds, self._end)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:
            seconds = self.limits.head_seconds
            self._answer(Refusal(408, "too_slow", f"The head of a request must arrive within {seconds:g} s."))
        else:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Answer to what is no HTTP; where an answer has begun, the connection is closed."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._answer(Refusal(400, "not_http", "The request must be HTTP/1.1, got something else."))
        else:
            self.transport.close()

    def _answer(self, refusal: Refusal) -> None:
        content = refusal.content()
        headers: list[tuple[str, Any]] = [
            ("content-type", "application/json"),
            ("content-length", str(len(content))),
            ("connection", "close"),
        ]
        for event in (
            h11.Response(status_code=refusal.status, headers=headers),
            h11.Data(data=content),
            h11.EndOfMessage(),
        ):
            output = self.conn.send(event)
            if output is not None:
                self.transport.write(output)
        self.transport.close()
