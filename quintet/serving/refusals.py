"""The one form of all errors: a status, a code for programs and a sentence for people."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from quintet.errors import ExtraMissing, FileRefused, InputError, QuintetError, Unanswerable

log = logging.getLogger("quintet.serving")
WORDS = {
    400: ("not_json", "The body must be valid JSON."),
    404: ("unknown_path", "There is nothing at this path: /docs lists the routes."),
    405: ("wrong_method", "This path does not take this method: /docs lists the routes."),
}
"""Status of the framework's own errors -> code and sentence."""
LONGEST = 500
"""Characters of a sentence that may hold text of the request."""


class Refusal(Exception):
    """A request that gets no answer; its sentence holds nothing of the server.

    Parameters
    ----------
    status : HTTP status.
    code : for programs, such as "too_many_rows".
    message : one sentence: what is allowed, what was given, the cure.
    headers : further headers of the answer.
    """

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, dict(headers or {})

    def content(self) -> bytes:
        """The JSON body, ``{"error": {"status", "code", "message"}}``."""
        return json.dumps(self.shape()).encode()

    def shape(self) -> dict[str, Any]:
        """The same as a dict."""
        message = self.message if len(self.message) <= LONGEST else f"{self.message[: LONGEST - 1]}…"
        return {"error": {"status": self.status, "code": self.code, "message": message}}


def busy(why: str) -> Refusal:
    """503 with the time after which the client may try again."""
    return Refusal(503, "busy", f"{why}: try again in a moment.", {"retry-after": "1"})


def refusal_of(error: BaseException, request: str) -> Refusal:
    """What a client learns of an error; the details of an unexpected one stay in the log under the request's number."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, Unanswerable):
        return Refusal(409, "unanswerable", str(error))
    if isinstance(error, ExtraMissing):
        log.error("request %s needs a package that is missing: %s", request, error)
        return Refusal(501, "not_installed", str(error))
    if isinstance(error, InputError | FileRefused | QuintetError):
        return Refusal(422, "invalid_input", str(error))
    if _is_memory(error):
        log.error("request %s ran out of memory", request)
        return Refusal(503, "out_of_memory", "The service ran out of memory: send fewer rows at a time.")
    log.error("request %s failed", request, exc_info=error)
    return Refusal(500, "internal", f"An internal error, a bug of the service: its log names it as request {request}.")


def _is_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    if not isinstance(error, RuntimeError):
        return False
    from quintet.inference.chunks import out_of_memory

    return out_of_memory(error)
