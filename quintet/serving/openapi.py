"""The parts of the OpenAPI description that the framework cannot know: bodies, answers, errors and keys."""

from __future__ import annotations

from typing import Any

from quintet.serving.bodies.shape import ARROW, BYTES, JSON, PNG

BINARY = {"schema": {"type": "string", "format": "binary"}}
ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["status", "code", "message"],
            "additionalProperties": False,
            "properties": {
                "status": {"type": "integer"},
                "code": {"type": "string"},
                "message": {"type": "string"},
            },
        }
    },
}
ROWS: dict[str, Any] = {
    "type": "object",
    "required": ["rows"],
    "additionalProperties": False,
    "properties": {
        "rows": {
            "type": "array",
            "minItems": 1,
            "description": "Objects of columns for tables, nested lists of numbers for images, strings for text; null "
            "is a missing cell.",
            "items": {},
        },
        "condition": {"description": "Of a conditional model: one value for all rows, or a list of one for each."},
    },
}
ANSWER = {
    "type": "object",
    "required": ["model"],
    "properties": {
        "model": {
            "type": "object",
            "required": ["name", "version"],
            "properties": {"name": {"type": "string"}, "version": {"type": "string"}},
        },
        "rows": {"type": "array"},
        "draws": {"type": "array"},
        "notes": {"type": "array", "items": {"type": "string"}},
    },
}
WORDS = {
    400: "The body is damaged or cut off.",
    401: "The key is wrong or missing.",
    404: "There is no such model.",
    406: "The answer has no form that is accepted.",
    408: "The body came too slowly.",
    409: "This model does not answer this question.",
    413: "A limit on bytes, rows or cells is exceeded.",
    415: "The body has a type that is not taken.",
    422: "Rows or options are not valid.",
    503: "Too many requests wait, or the service is being stopped.",
}


def rows_of(kind: str) -> dict[str, Any]:
    """The body of a question: "rows" in any form, or the "bytes" of a compressed file."""
    content = {BYTES: BINARY} if kind == "bytes" else {JSON: {"schema": ROWS}, ARROW: BINARY, PNG: BINARY}
    return {"requestBody": {"required": True, "content": content}}


def answers_of(*statuses: int, question: str = "") -> dict[int | str, dict[str, Any]]:
    """Responses by status."""
    found: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        if status != 200:
            found[status] = {"description": WORDS[status], "content": {JSON: {"schema": ERROR}}}
            continue
        content = {BYTES: BINARY} if question == "compress" else {JSON: {"schema": ANSWER}, ARROW: BINARY}
        if question in ("impute", "denoise", "generate", "decompress"):
            content[PNG] = BINARY
        found[200] = {"description": "The answer.", "content": content}
    return found


def with_keys(description: dict[str, Any], open_paths: tuple[str, ...]) -> dict[str, Any]:
    """The description of a service whose routes need a key."""
    schemes = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    description.setdefault("components", {})["securitySchemes"] = schemes
    for path, methods in description["paths"].items():
        for method in methods.values():
            method["security"] = [] if path in open_paths else [{"bearer": []}, {"header": []}]
    return description
