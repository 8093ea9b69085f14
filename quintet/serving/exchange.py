"""From a request to its response: read in a thread, wait for the model, write in a thread.

The event loop itself only waits, so health is answered while models compute.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from quintet.extras import extra
from quintet.serving.answer import Answer
from quintet.serving.bodies import arrow_body, json_body, png_body
from quintet.serving.bodies.shape import ARROW, BYTES, JSON, PNG, Body, Shape
from quintet.serving.gate import ClientLeft
from quintet.serving.lane import Job
from quintet.serving.limits import Limits
from quintet.serving.metrics import Metrics
from quintet.serving.models import Models
from quintet.serving.negotiation import accepted, content_type
from quintet.serving.options import Generate, Impute, Options
from quintet.serving.refusals import Refusal, refusal_of
from quintet.serving.rendering import forms_of, rendered
from quintet.serving.served import Served
from quintet.serving.sharing import Asked, key_of

if TYPE_CHECKING:
    from fastapi import Request, Response

Reader = Callable[[bytes, Shape, Limits], Body]
READERS: dict[str, Reader] = {JSON: json_body.read, ARROW: arrow_body.read, PNG: png_body.read}
THREADS = 2
"""Threads that read and write bodies."""


class Exchange:
    """What all routes share."""

    def __init__(self, models: Models, limits: Limits, metrics: Metrics) -> None:
        self.models, self.limits, self.metrics = models, limits, metrics
        self.closing = False
        self._pool = ThreadPoolExecutor(THREADS, "quintet-bodies")

    def ready(self) -> Response:
        """200 while requests are taken, else 503."""
        if self.closing:
            return _refused(Refusal(503, "busy", "The service is being stopped."))
        return _json({"status": "ready", "models": len(self.models.names)}, 200)

    async def in_pool(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """The result of some work in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)

    async def guarded(self, request: Request, respond: Callable[[], Awaitable[Response]]) -> Response:
        """A response, or the one form of errors."""
        try:
            return await respond()
        except ClientLeft:
            self.metrics.disconnects.inc()
            return _refused(Refusal(499, "client_left", "The client closed the connection."))
        except Exception as error:
            return _refused(refusal_of(error, request.state.number))

    async def answer(self, request: Request, model: str, options: Options) -> Response:
        """The answer to a question."""
        return await self.guarded(request, lambda: self._answer(request, model, options))

    async def _answer(self, request: Request, model: str, options: Options) -> Response:
        with extra("serve", "The service"):
            from fastapi.responses import Response

        served = self.models.get(model)
        request.state.labels = (model, options.question)
        form = accepted(request.headers.get("accept", "*/*"), forms_of(options.question, served.shape))
        body = await self._body(request, served, options)
        self._check_answer(served.shape, options, body, form)
        job = Job(Asked(options, body), body.count, key_of(options, body, served.shape))
        found: Answer = await self._while_connected(request, served.lane.ask(job))
        content = await self.in_pool(rendered, found, form, served.shape, served.about)
        return Response(content, media_type=form, headers={"x-model-version": served.version})

    async def _body(self, request: Request, served: Served, options: Options) -> Body:
        if isinstance(options, Generate):
            return Body(None, options.n)
        content = await request.body()
        if options.question == "decompress":
            content_type(request.headers.get("content-type", ""), (BYTES,))
            return Body(content, 1)
        kind = content_type(request.headers.get("content-type", ""), tuple(READERS))
        body: Body = await self.in_pool(READERS[kind], content, served.shape, self.limits)
        return body

    def _check_answer(self, shape: Shape, options: Options, body: Body, form: str) -> None:
        """Refuse what would be too large, or no single picture, before it is computed."""
        draws = max(1, options.draws) if isinstance(options, Impute) else 1
        steps = options.steps or 1 if isinstance(options, Generate) else 1
        self.limits.check_answer(body.count * draws * (steps if shape.kind == "series" else 1), shape.cells)
        if form == PNG and body.count * draws != 1:
            raise Refusal(406, "not_acceptable", f"{PNG} holds one picture: ask for one, or accept JSON or Arrow.")

    async def _while_connected(self, request: Request, answer: Awaitable[Any]) -> Any:
        """The answer; a client that leaves before gives its place in the queue up."""
        asked = asyncio.ensure_future(answer)
        left = asyncio.ensure_future(request.receive())  # after the body it returns when the client has left
        try:
            await asyncio.wait({asked, left}, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                raise ClientLeft
            return asked.result()
        finally:
            asked.cancel()
            left.cancel()


def _refused(refusal: Refusal) -> Response:
    return _json(refusal.shape(), refusal.status, refusal.headers)


def _json(content: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> Response:
    with extra("serve", "The service"):
        from fastapi.responses import JSONResponse

    return JSONResponse(content, status, headers)
