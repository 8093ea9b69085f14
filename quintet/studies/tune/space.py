"""The space of a search: which options, in which ranges, by their annotations and by the defaults of the first fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, get_args, get_type_hints

from quintet import variants
from quintet.arguments import LatentDim
from quintet.arguments.annotations import rule_of
from quintet.arguments.checking import rules_of
from quintet.arguments.rules import Flag, Number, OneOf, Rule, Whole
from quintet.errors import InputError, nearest
from quintet.studies.tune.defaults import Defaults
from quintet.studies.tune.dimension import Dimension, around, given
from quintet.training import Training

VARIANTS = ("vae", "ladder", "mixture")
"""Variants that are tried where the estimator leaves the choice."""
DEFAULT = ("variant", "latent_dim", "width", "depth", "learning_rate", "batch_size", "rate")
MOST_LATENTS, FEWEST_LATENTS = 128, 8
SHAPE = {"width": (16, 2_048), "depth": (1, 4)}
"""Options of a fully connected network that stand for its ``hidden`` widths, with their least and largest value."""
RATE = (0.5, 2.0)


def space_of(defaults: Defaults, wanted: Mapping[str, Any] | None, free_variant: bool) -> list[Dimension]:
    """The dimensions of a search, the variant first.

    Parameters
    ----------
    wanted : option -> (low, high), a list of values, their text, or None for a range around the default; None: the
        options of ``DEFAULT`` that the network has.
    free_variant : whether the estimator leaves the choice of the variant.
    """
    if wanted is None:
        names = [name for name in DEFAULT if _has(name, defaults) and (name != "variant" or free_variant)]
        wanted = dict.fromkeys(names)
    tried = _variants(wanted, defaults, free_variant)
    found = [_dimension(name, values, defaults, tried) for name, values in wanted.items()]
    if not found:
        raise InputError("search must name at least one option, got none.")
    return sorted(found, key=lambda dimension: dimension.name != "variant")


def has_option(variant: str, name: str) -> bool:
    """Whether an option, by its full name, has a meaning for a variant."""
    owner, _, option = name.partition("__")
    return owner != "variant" or not option or option in {f.name for f in fields(variants.get(variant))}


def _variants(wanted: Mapping[str, Any], defaults: Defaults, free: bool) -> list[str]:
    if "variant" not in wanted:
        return [defaults.variant]
    values = wanted["variant"]
    return list(_dimension("variant", values, defaults, []).choices) if values is not None or free else []


def _has(name: str, defaults: Defaults) -> bool:
    return name not in SHAPE or isinstance(defaults.network.get("hidden"), list | tuple)


def full_name(name: str, defaults: Defaults, tried: Sequence[str]) -> str:
    """The full name of an option: of a variant that is tried first, then of the training plan, then of the network."""
    if name in ("variant", "latent_dim") or "__" in name:
        return name
    plan = {f.name for f in fields(Training)}
    network = {option for option in defaults.network if option != "kind"} | (
        set(SHAPE) if _has("width", defaults) else set()
    )
    owners = {option: "network" for option in network} | {option: "training" for option in plan}
    owners |= {f.name: "variant" for variant in tried for f in fields(variants.get(variant))}
    if name not in owners:
        raise InputError(f"search: option {name!r} is not known: {nearest(name, ['variant', 'latent_dim', *owners])}.")
    return f"{owners[name]}__{name}"


def _dimension(name: str, values: Any, defaults: Defaults, tried: Sequence[str]) -> Dimension:
    name = full_name(name, defaults, tried)
    owner, _, option = name.rpartition("__")
    if name == "variant":
        return given(name, list(dict.fromkeys((defaults.variant, *VARIANTS))) if values is None else values, _variant)
    if name == "latent_dim":
        return given(name, _latents(defaults) if values is None else values, _checked(name, rule_of(LatentDim)))
    if owner == "training":
        return _of_training(name, option, values, defaults)
    if owner == "network":
        return _of_network(name, option, values, defaults)
    if owner == "variant":
        return _of_variant(name, option, values, defaults, tried)
    raise InputError(f"search: {name!r} is not known: {nearest(name, ['variant', 'latent_dim', 'training__OPTION'])}.")


def _variant(value: Any) -> str:
    if value not in variants.names():
        raise InputError(f"variant={value!r} is not known: {nearest(str(value), variants.names())}.")
    return str(value)


def _latents(defaults: Defaults) -> tuple[int, int]:
    """From 2 (1 of a single cell) to four times the default, no more than twice the cells."""
    most = max(min(max(4 * defaults.latent_dim, FEWEST_LATENTS), MOST_LATENTS, 2 * defaults.cells), defaults.latent_dim)
    return min(2, defaults.latent_dim), max(most, 3)


def _of_training(name: str, option: str, values: Any, defaults: Defaults) -> Dimension:
    rules = rules_of(Training)
    if option not in rules:
        raise InputError(f"search: {name!r} is not known: {nearest(option, rules)}.")
    rule = rules[option]
    if values is not None:
        return given(name, values, _checked(name, rule))
    if option == "rate":
        return given(name, RATE, float)
    if option not in defaults.training:
        raise InputError(f"search: {name} needs values, such as a range (low, high) or a list.")
    default = defaults.training[option]
    if option == "batch_size":
        return Dimension(
            name, choices=tuple(sorted({max(1, default // 4), max(1, default // 2), default, 2 * default}))
        )
    if isinstance(rule, OneOf):
        return Dimension(name, choices=rule.names)
    if isinstance(rule, Flag):
        return around(name, default, (None, None), bool)
    if isinstance(rule, Whole):
        return around(name, default, (rule.least, rule.most), int)
    if isinstance(rule, Number):
        least = rule.least if rule.least is not None else rule.above
        return around(name, default, (least, rule.most if rule.most is not None else rule.below), float)
    raise InputError(f"search: {name} needs values, such as a range (low, high) or a list.")


def _of_network(name: str, option: str, values: Any, defaults: Defaults) -> Dimension:
    default = defaults.value(name, defaults.variant)
    if default is None and option not in defaults.network:
        known = [*defaults.network, *(SHAPE if _has("width", defaults) else ())]
        raise InputError(f"search: the network has no option {option!r}: {nearest(option, known)}.")
    if option in SHAPE:
        least, most = SHAPE[option]
        if values is not None:
            return given(name, values, _checked(name, Whole(1)))
        if option == "depth":
            return Dimension(name, least, max(3, default), whole=True)
        return Dimension(name, max(least, default // 4), max(min(2 * default, most), default), whole=True)
    kind = type(default)
    if values is not None:
        return given(name, values, lambda value: value)
    if kind not in (bool, int, float):
        raise InputError(f"search: {name} needs values, such as a range (low, high) or a list.")
    return around(name, default, (0, 1) if option == "dropout" else (None, None), kind)


def _of_variant(name: str, option: str, values: Any, defaults: Defaults, tried: Sequence[str]) -> Dimension:
    owners = [variant for variant in tried if has_option(variant, name)]
    if not owners:
        raise InputError(f"search: {variants.no_option(' and '.join(tried), option, _options(tried))}")
    owner = variants.get(owners[0])
    build = {**owner.images_by, **({} if owners[0] != defaults.variant else defaults.variant_options)}

    def accepts(value: Any) -> Any:
        return getattr(owner(**{**build, option: value}), option)

    if values is not None:
        return given(name, values, accepts)
    hint = get_type_hints(owner)[option]
    kinds = [kind for kind in (get_args(hint) or (hint,)) if kind in (bool, int, float)]
    if not kinds:
        raise InputError(f"search: {name} needs values, such as a range (low, high) or a list.")
    found = around(name, defaults.value(name, owners[0]), (None, None), kinds[0])
    return (
        found
        if found.choices
        else Dimension(name, *_ends(found, accepts, defaults.value(name, owners[0])), whole=found.whole)
    )


def _ends(found: Dimension, accepts: Any, default: Any) -> tuple[float, float]:
    """The ends of a range; the default in the place of one that the option refuses."""
    ends = []
    for end in (found.low, found.high):
        try:
            ends.append(accepts(end))
        except InputError:
            ends.append(default)
    if not ends[0] < ends[1]:
        raise InputError(f"search: {found.name} needs values, such as a range (low, high) or a list.")
    return ends[0], ends[1]


def _options(tried: Sequence[str]) -> list[str]:
    return [f.name for variant in tried for f in fields(variants.get(variant))]


def _checked(name: str, rule: Rule | None) -> Any:
    return (lambda value: value) if rule is None else (lambda value: rule.validate(name, value))
