"""Options of the flows of variants."""

from __future__ import annotations

from collections.abc import Collection

from quintet.errors import InputError, nearest


def refuse_flow_options(kinds: Collection[str], kind: str, transforms: int, hidden: int) -> None:
    """Refuse an unknown kind of flow, and fewer than one transform or hidden unit."""
    if kind not in kinds:
        raise InputError(f"kind={kind!r} is not known: {nearest(str(kind), kinds)}.")
    for name, value in {"transforms": transforms, "hidden": hidden}.items():
        if value < 1:
            raise InputError(f"{name} must be at least 1, got {value!r}.")
