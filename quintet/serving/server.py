"""The application on a socket, by Uvicorn."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any

from quintet.arguments import Positive
from quintet.arguments.checking import checked
from quintet.arguments.rules import Text, Whole
from quintet.errors import InputError
from quintet.extras import extra
from quintet.serving.app import KeysLike, LimitsLike, ModelFiles, create_app
from quintet.serving.limits import Limits

LOCAL = ("127.0.0.1", "::1", "localhost")
LOGGING: Mapping[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"line": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
    "loggers": {
        name: {"handlers": ["line"], "level": "INFO", "propagate": False} for name in ("uvicorn", "quintet.serving")
    },
}


@checked
def serve(
    models: ModelFiles,
    *,
    host: Annotated[str, Text("a host name or address")] = "127.0.0.1",
    port: Annotated[int, Whole(0, 65_535)] = 8000,
    limits: LimitsLike | None = None,
    keys: KeysLike | None = None,
    open_to_all: bool = False,
    reload_seconds: Positive = 2.0,
    quiet: bool = False,
) -> None:
    """Answer over HTTP until the process is told to stop; then finish the requests that run.

    Parameters
    ----------
    models, limits, keys, reload_seconds : as of ``create_app``.
    host, port : where to listen; port 0: any that is free.
    open_to_all : serve without keys on an address that other machines reach.
    quiet : no line for each request.

    Raises
    ------
    InputError
        ``host`` is an address that other machines reach, and there are no keys.
    """
    if keys is None and host not in LOCAL and not open_to_all:
        raise InputError(
            f"A service on {host}, which other machines reach, needs keys: give --keys FILE (keys=), or --open-to-all "
            "(open_to_all=True) behind a gateway that checks them."
        )
    app = create_app(models, limits=limits, keys=keys, reload_seconds=reload_seconds)
    with suppress(KeyboardInterrupt):  # Ctrl-C is how a service ends; Uvicorn raises it again after its requests
        server_of(app, host, port, limits or Limits(), quiet).run()


def server_of(app: Any, host: str, port: int, limits: Limits, quiet: bool = False) -> Any:
    """A Uvicorn server with the limits."""
    with extra("serve", "The service"):
        import uvicorn
    from quintet.serving.protocol import protocol_for

    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=protocol_for(limits),
        ws="none",
        lifespan="on",
        access_log=not quiet,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=max(1, round(limits.shutdown_seconds)),
        log_config=dict(LOGGING),
    )
    return uvicorn.Server(config)
