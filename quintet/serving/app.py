"""The application: models, limits, keys and routes put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import quintet
from quintet.arguments import Positive
from quintet.arguments.checking import checked
from quintet.arguments.composite_rules import Instance
from quintet.extras import extra
from quintet.serving.gate import OPEN, Gate, framework_refusal
from quintet.serving.keys import Keys
from quintet.serving.limits import Limits
from quintet.serving.metrics import Metrics
from quintet.serving.models import Models
from quintet.serving.notes import heard_by_thread
from quintet.serving.openapi import with_keys
from quintet.serving.refusals import WORDS, Refusal

TITLE = "quintet"
ABOUT = (
    "Questions to fitted models: what is strange, missing or noisy in rows, new rows, and few bits for them. Rows come "
    "as JSON, as a stream of Arrow or as PNG; the Accept header chooses the answer's form. Errors have one form: "
    '{"error": {"status", "code", "message"}}.'
)
ModelFiles = Annotated[Mapping[str, str | Path], Instance(Mapping, "a mapping of names to model files")]
LimitsLike = Annotated[Limits, Instance(Limits, "Limits(...)")]
KeysLike = Annotated[Keys, Instance(Keys, "Keys([...])")]


@checked
def create_app(
    models: ModelFiles,
    *,
    limits: LimitsLike | None = None,
    keys: KeysLike | None = None,
    reload_seconds: Positive = 2.0,
) -> Any:
    """The service as an ASGI application.

    Parameters
    ----------
    models : name -> file that ``save`` wrote; the name stands in the paths of its routes.
    limits : None: ``Limits()``.
    keys : None: every client is let in.
    reload_seconds : between two looks at the files, whose changes are loaded.

    Raises
    ------
    FileRefused
        A model's file cannot be loaded.
    """
    with extra("serve", "The service"):
        from fastapi import FastAPI
    from quintet.serving.exchange import Exchange
    from quintet.serving.routes import routes_of

    limits, metrics = limits or Limits(), Metrics()
    exchange = Exchange(Models(models, limits, metrics, reload_seconds), limits, metrics)

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[None]:
        with heard_by_thread():
            watching = asyncio.create_task(exchange.models.watch())
            yield
            exchange.closing = True
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            exchange.models.close()

    app: Any = FastAPI(
        title=TITLE,
        description=ABOUT,
        version=quintet.__version__,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.include_router(routes_of(exchange))
    _shape_errors(app)
    if keys is not None:
        plain = app.openapi
        app.openapi = lambda: with_keys(plain(), OPEN)
    app.state.exchange = exchange
    app.add_middleware(Gate, limits=limits, metrics=metrics, keys=keys)
    return app


def _shape_errors(app: Any) -> None:
    """The framework's own errors in the one form."""
    with extra("serve", "The service"):
        from fastapi.exceptions import RequestValidationError
        from fastapi.responses import JSONResponse

    def respond(refusal: Refusal) -> Any:
        return JSONResponse(refusal.shape(), refusal.status, refusal.headers)

    async def known(request: Any, error: Any) -> Any:
        refusal = framework_refusal(error.status_code)
        refusal.headers.update(error.headers or {})
        return respond(refusal)

    async def invalid(request: Any, error: Any) -> Any:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            return respond(framework_refusal(400))
        name = ".".join(map(str, first["loc"][1:])) or "The body"
        return respond(Refusal(422, "invalid_option", f"{name[:60]}: {first['msg']}."))

    for status in WORDS:
        app.add_exception_handler(status, known)
    app.add_exception_handler(RequestValidationError, invalid)
