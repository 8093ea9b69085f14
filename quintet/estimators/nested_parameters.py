"""Nested parameters: ``variant__beta`` and ``training__learning_rate``, also where the variant is given by name."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from sklearn.base import BaseEstimator

from quintet.arguments import A_VARIANT
from quintet.errors import InputError, nearest

AUTO = "auto"
"""The variant that a preset chooses; where it chooses none it is ``vae``."""


Estimator = TypeVar("Estimator", bound=BaseEstimator)


def get_params(self: BaseEstimator, deep: bool = True) -> dict[str, Any]:
    """Parameters by name; with ``deep``, the options of the variant and of the training plan too."""
    out: dict[str, Any] = BaseEstimator.get_params(self, deep=False)
    if deep:
        for name in ("variant", "training"):
            if name in out:
                out |= {f"{name}__{key}": value for key, value in _options(out[name]).items()}
    return out


def set_params(self: Estimator, **params: Any) -> Estimator:
    """Set parameters by name; ``variant__beta=4.0`` reaches an option of the variant.

    Options are frozen dataclasses, so a changed copy takes the place of one; a variant given by name becomes that
    variant's dataclass, and ``training=None`` a dict of what was set.
    """
    plain = {name: value for name, value in params.items() if "__" not in name}
    known = self.get_params(deep=False)
    for name, value in plain.items():
        if name not in known:
            raise InputError(f"parameter {name!r} is not known: {nearest(name, known)}.")
        setattr(self, name, value)
    nested: dict[str, dict[str, Any]] = {}
    for name in params.keys() - plain.keys():
        owner, _, option = name.partition("__")
        if owner not in ("variant", "training") or owner not in known:
            raise InputError(f"parameter {name!r} is not known: {nearest(name, self.get_params())}.")
        nested.setdefault(owner, {})[option] = params[name]
    for owner, options in nested.items():
        setattr(self, owner, _changed(owner, getattr(self, owner), options))
    return self


def variant_instance(variant: Any) -> Any:
    """A variant's dataclass from its name, its class or itself; of "auto" that of ``vae``."""
    from quintet import variants

    if isinstance(variant, str):
        return variants.get("vae" if variant == AUTO else variant)()
    A_VARIANT.validate("variant", variant)
    return variant() if isinstance(variant, type) else variant


def changed(options: Any, changes: dict[str, Any]) -> Any:
    """A copy of a dataclass of options with some fields changed; an unknown one is refused, naming who has it."""
    from quintet import variants

    known = [f.name for f in fields(options) if f.init]
    for name in changes:
        if name not in known:
            raise InputError(variants.no_option(type(options).__name__, name, known))
    return replace(options, **changes)


def _changed(owner: str, value: Any, changes: dict[str, Any]) -> Any:
    if owner == "variant":
        return changed(variant_instance(value), changes)
    if value is None or isinstance(value, dict):
        return {**(value or {}), **changes}
    return changed(value, changes)


def _options(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {str(key): option for key, option in value.items()}
    if isinstance(value, str):
        try:
            value = variant_instance(value)
        except InputError:  # an unknown name is refused by fit, not here
            return {}
    if isinstance(value, type) or not is_dataclass(value):
        return {}
    return {f.name: getattr(value, f.name) for f in fields(value) if f.init}
