"""The description of the routes as a page, without a script and without anything from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 0 auto; padding: 1rem }
h2 { margin: 2rem 0 .3rem; font-size: 1.1rem; overflow-wrap: anywhere }
code { font-family: ui-monospace, monospace; font-size: .95em }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0 }
td { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); overflow-wrap: anywhere }
"""
LEFT_OUT = {"/openapi.json"}


def page_of(description: dict[str, Any]) -> str:
    """The page of an OpenAPI description."""
    parts = [
        _route(path, method, about, description)
        for path, methods in description["paths"].items()
        for method, about in methods.items()
    ]
    title = escape(description["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style><h1>{title}</h1><p>{escape(description['info']['description'])}</p>"
        f'<p>For programs: <a href="openapi.json">openapi.json</a>.</p>{"".join(parts)}</html>'
    )


def _route(path: str, method: str, about: dict[str, Any], description: dict[str, Any]) -> str:
    fields = [*about.get("parameters", ()), *_body_fields(about, description)]
    rows = "".join(
        f"<tr><td><code>{escape(field['name'])}</code><td>{escape(_range(field.get('schema', {})))}"
        f"<td>{escape(str(field.get('description') or field.get('schema', {}).get('description', '')))}"
        for field in fields
    )
    bodies = about.get("requestBody", {}).get("content", {})
    answers = about.get("responses", {}).get("200", {}).get("content", {})
    forms = [f"Body: {', '.join(bodies)}." if bodies else "", f"Answer: {', '.join(answers)}." if answers else ""]
    table = f"<table><tr><th>option<th>values<th></tr>{rows}</table>" if rows else ""
    return (
        f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{escape(about.get('summary', ''))} "
        f"{escape(' '.join(forms))}</p>{table}"
    )


def _body_fields(about: dict[str, Any], description: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of a body that a component of the description defines."""
    schema = about.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    found = description.get("components", {}).get("schemas", {}).get(name, schema)
    return [{"name": key, "schema": value} for key, value in found.get("properties", {}).items()]


def _range(schema: dict[str, Any]) -> str:
    """What a value may be."""
    if "enum" in schema:
        words = ", ".join(map(str, schema["enum"]))
    else:
        ends = [
            f"{sign} {schema[name]:g}"
            for name, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
            if name in schema
        ]
        words = " ".join([str(schema.get("type", "any")), *ends])
    return words + (f"; {schema['default']} unless given" if schema.get("default") not in (None, "") else "")
