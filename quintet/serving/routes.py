"""The routes: health, metrics, models, and the questions."""

from typing import Annotated, Any

from quintet.extras import extra
from quintet.serving.describing import description, summary
from quintet.serving.exchange import Exchange
from quintet.serving.openapi import answers_of, rows_of
from quintet.serving.options import Compress, Decompress, Denoise, Detect, Forecast, Generate, Impute
from quintet.serving.page import page_of

with extra("serve", "The service"):
    from fastapi import APIRouter, Body, Path, Query, Request
    from fastapi.responses import HTMLResponse, JSONResponse, Response

Model = Annotated[str, Path(description="Name of a served model.", max_length=64)]


def routes_of(exchange: Exchange) -> APIRouter:
    """All routes, on one exchange."""
    router = APIRouter()
    _add_state(router, exchange)
    _add_models(router, exchange)
    _add_questions(router, exchange)
    return router


def _add_state(router: APIRouter, exchange: Exchange) -> None:
    @router.get("/health", tags=["state"], summary="The process answers.")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @router.get(
        "/ready", tags=["state"], summary="Models are loaded, and requests are taken.", responses=answers_of(503)
    )
    async def ready(request: Request) -> Response:
        return exchange.ready()

    @router.get(
        "/metrics",
        tags=["state"],
        summary="Figures for Prometheus.",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **answers_of(401)},
    )
    async def metrics() -> Response:
        content, kind = exchange.metrics.text()
        return Response(content, headers={"content-type": kind})

    @router.get("/docs", tags=["state"], summary="This description as a page.", response_class=HTMLResponse)
    async def docs(request: Request) -> Response:
        return HTMLResponse(
            page_of(request.app.openapi()),
            headers={"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"},
        )


def _add_models(router: APIRouter, exchange: Exchange) -> None:
    models = exchange.models

    @router.get("/models", tags=["models"], summary="All models.", responses=answers_of(401))
    async def every_model() -> dict[str, Any]:
        return {"models": [summary(served, models.is_stale(served.name)) for served in models.all]}

    @router.get(
        "/models/{model}",
        tags=["models"],
        summary="Rows, questions, thresholds and schema of a model.",
        response_model=dict[str, Any],
        responses=answers_of(401, 404, 422),
    )
    async def one_model(request: Request, model: Model) -> Response:
        async def found() -> Response:
            served = models.get(model)
            return JSONResponse(await exchange.in_pool(description, served, models.is_stale(model)))

        return await exchange.guarded(request, found)


def _add_questions(router: APIRouter, exchange: Exchange) -> None:
    def question(options: type[Any], body: dict[str, Any]) -> Any:
        return router.post(
            f"/models/{{model}}/{options.question}",
            tags=["questions"],
            summary=options.__doc__,
            response_class=Response,
            responses=answers_of(200, 400, 401, 404, 406, 408, 409, 413, 415, 422, 503, question=options.question),
            openapi_extra=body,
        )

    @question(Detect, rows_of("rows"))
    async def detect(request: Request, model: Model, options: Annotated[Detect, Query()]) -> Response:
        return await exchange.answer(request, model, options)

    @question(Impute, rows_of("rows"))
    async def impute(request: Request, model: Model, options: Annotated[Impute, Query()]) -> Response:
        return await exchange.answer(request, model, options)

    @question(Denoise, rows_of("rows"))
    async def denoise(request: Request, model: Model, options: Annotated[Denoise, Query()]) -> Response:
        return await exchange.answer(request, model, options)

    @question(Compress, rows_of("rows"))
    async def compress(request: Request, model: Model, options: Annotated[Compress, Query()]) -> Response:
        return await exchange.answer(request, model, options)

    @question(Decompress, rows_of("bytes"))
    async def decompress(request: Request, model: Model, options: Annotated[Decompress, Query()]) -> Response:
        return await exchange.answer(request, model, options)

    @question(Forecast, rows_of("rows"))
    async def forecast(request: Request, model: Model, options: Annotated[Forecast, Query()]) -> Response:
        return await exchange.answer(request, model, options)

    @question(Generate, {})
    async def generate(request: Request, model: Model, options: Annotated[Generate, Body()]) -> Response:
        return await exchange.answer(request, model, options)
