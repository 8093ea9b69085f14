"""What the reference shows of the source: methods that a class lists by assignment, and parameters with their words.

``detect = detection.detect`` in a class appears as a method, with its docstring. An entry ``name : words`` of a
function's Parameters has no type: its words go where numpydoc expects them, below the name.
"""

from __future__ import annotations

import copy
import re
from typing import Any

import griffe

ENTRY = re.compile(r"^(?P<names>\w+(?:, \w+)*) : (?P<words>.*)$")
TYPE = re.compile(r"default=|^[A-Z]\w+$")
"""Words that are a type: of an estimator's parameter, or the name of a class."""


class Listed(griffe.Extension):
    """Both changes, to a package that was read."""

    def on_package(self, *, pkg: griffe.Module, loader: griffe.GriffeLoader, **_: Any) -> None:
        """All classes and functions of the package."""
        _within(pkg, loader.modules_collection)


def _within(parent: griffe.Module | griffe.Class, known: griffe.ModulesCollection) -> None:
    for name, member in list(parent.members.items()):
        if member.is_alias:
            continue
        if member.docstring and (member.is_class or member.is_function):
            member.docstring.value = described(member.docstring.value)
        if member.is_module or member.is_class:
            _within(member, known)
        elif member.is_function:
            for parameter in member.parameters:
                parameter.annotation = None  # names of the checks of quintet.arguments
        elif parent.is_class and (function := _listed(member, known)):
            method = copy.copy(function)
            method.name, method.parent = name, parent
            parent.members[name] = method


def described(text: str) -> str:
    """A docstring whose Parameters have a line for the name, and the words below it."""
    head, mark, rest = text.partition("Parameters\n----------\n")
    section, gap, after = rest.partition("\n\n")
    lines = []
    for line in section.split("\n"):
        entry = ENTRY.match(line)
        if entry and not TYPE.search(entry["words"]):
            lines += [entry["names"], f"    {entry['words']}"]
        else:
            lines.append(line)
    return head + mark + "\n".join(lines) + gap + after


def _listed(member: griffe.Object, known: griffe.ModulesCollection) -> griffe.Function | None:
    """The function that an attribute of a class names."""
    if not member.is_attribute or not isinstance(member.value, griffe.Expr):
        return None
    try:
        found = known[member.value.canonical_path]
    except (KeyError, griffe.AliasResolutionError):
        return None
    return found if not found.is_alias and found.is_function else None
