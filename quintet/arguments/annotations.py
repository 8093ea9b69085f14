"""Conversion of type annotations to argument rules."""

from __future__ import annotations

import types
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from quintet.arguments.composite_rules import Either, Function, Instance, Several
from quintet.arguments.rules import Flag, Nothing, Number, OneOf, Rule, Text, Whole

PLAIN: dict[Any, Rule] = {
    bool: Flag(),
    int: Whole(),
    float: Number(),
    str: Text(),
    None: Nothing(),
    type(None): Nothing(),
}
SEQUENCES = (list, tuple, Sequence, Collection, Iterable)


def rule_of(hint: Any) -> Rule | None:
    """The rule of an annotation; None if it has none, such as ``Any``."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Annotated:
        stated = [part for part in inside[1:] if isinstance(part, Rule)]
        return stated[0] if stated else rule_of(inside[0])
    if hint is None or (isinstance(hint, type) and hint in PLAIN):
        return PLAIN[hint]
    if origin in (Union, types.UnionType):
        rules = [rule_of(part) for part in inside]
        return Either(tuple(rule for rule in rules if rule is not None)) if None not in rules else None
    if origin is Literal:
        return OneOf(inside)
    if origin is Callable:
        return Function()
    if origin in SEQUENCES:
        item = rule_of(inside[0])
        return None if item is None else Several(item)
    kind = origin or hint
    if getattr(kind, "_is_protocol", False):
        return Function() if "__call__" in vars(kind) else None
    return Instance(kind) if isinstance(kind, type) else None
