"""The routes: health, metrics, models, and the questions."""

from functools import partial
from typing import Annotated, Any

from quintet.extras import extra
from quintet.serving.describing import description, summary
from quintet.serving.exchange import Exchange
from quintet.serving.openapi import answers_of, rows_of
from quintet.serving.options import Compress, Decompress, Denoise, Detect, Forecast, Generate, Impute, Options
from quintet.serving.page import page_of

with extra("serve", "The service"):
    from fastapi import APIRouter, Body, Path, Query, Request
    from fastapi.responses import HTMLResponse, JSONResponse, Response

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""The page loads nothing."""
STATUSES = (200, 400, 401, 404, 406, 408, 409, 413, 415, 422, 503)
Model = Annotated[str, Path(description="Name of a served model.", max_length=64)]


def routes_of(exchange: Exchange) -> APIRouter:
    """All routes, on one exchange."""
    router = APIRouter()
    _add_state(router, exchange)
    _add_models(router, exchange)
    _add_questions(router, exchange)
    return router


def _add_state(router: APIRouter, exchange: Exchange) -> None:
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    async def ready() -> Response:
        return exchange.ready()

    async def metrics() -> Response:
        content, kind = exchange.metrics.text()
        return Response(content, headers={"content-type": kind})

    async def docs(request: Request) -> Response:
        return HTMLResponse(page_of(request.app.openapi()), headers={"content-security-policy": POLICY})

    text = {"content": {"text/plain": {"schema": {"type": "string"}}}}
    add = partial(router.add_api_route, methods=["GET"], tags=["state"])
    add("/health", health, summary="The process answers.")
    add("/ready", ready, summary="Models are loaded, and requests are taken.", responses=answers_of(503))
    add(
        "/metrics",
        metrics,
        summary="Figures for Prometheus.",
        response_class=Response,
        responses={200: text, **answers_of(401)},
    )
    add("/docs", docs, summary="This description as a page.", response_class=HTMLResponse)


def _add_models(router: APIRouter, exchange: Exchange) -> None:
    models = exchange.models

    async def every_model() -> dict[str, Any]:
        return {"models": [summary(served, models.is_stale(served.name)) for served in models.all]}

    async def one_model(request: Request, model: Model) -> Response:
        async def found() -> Response:
            served = models.get(model)
            return JSONResponse(await exchange.in_pool(description, served, models.is_stale(model)))

        return await exchange.guarded(request, found)

    add = partial(router.add_api_route, methods=["GET"], tags=["models"])
    add("/models", every_model, summary="All models.", responses=answers_of(401))
    add(
        "/models/{model}",
        one_model,
        summary="Rows, questions, thresholds and schema of a model.",
        response_model=dict[str, Any],
        responses=answers_of(401, 404, 422),
    )


def _add_questions(router: APIRouter, exchange: Exchange) -> None:
    async def detect(request: Request, model: Model, options: Annotated[Detect, Query()]) -> Response:
        return await exchange.answer(request, model, options)

    async def impute(request: Request, model: Model, options: Annotated[Impute, Query()]) -> Response:
        return await exchange.answer(request, model, options)

    async def denoise(request: Request, model: Model, options: Annotated[Denoise, Query()]) -> Response:
        return await exchange.answer(request, model, options)

    async def compress(request: Request, model: Model, options: Annotated[Compress, Query()]) -> Response:
        return await exchange.answer(request, model, options)

    async def decompress(request: Request, model: Model, options: Annotated[Decompress, Query()]) -> Response:
        return await exchange.answer(request, model, options)

    async def forecast(request: Request, model: Model, options: Annotated[Forecast, Query()]) -> Response:
        return await exchange.answer(request, model, options)

    async def generate(request: Request, model: Model, options: Annotated[Generate, Body()]) -> Response:
        return await exchange.answer(request, model, options)

    questions: dict[type[Options], Any] = {Detect: detect, Impute: impute, Denoise: denoise, Compress: compress}
    questions |= {Decompress: decompress, Forecast: forecast, Generate: generate}
    for options, route in questions.items():
        body = {} if options is Generate else rows_of("bytes" if options is Decompress else "rows")
        router.add_api_route(
            f"/models/{{model}}/{options.question}",
            route,
            methods=["POST"],
            tags=["questions"],
            summary=options.__doc__,
            response_class=Response,
            responses=answers_of(*STATUSES, question=options.question),
            openapi_extra=body,
        )
