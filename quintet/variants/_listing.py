"""Descriptions of variants for a list of all of them, read from their files without running these.

Running the file of a variant imports PyTorch and the variant's model, which takes seconds for all of them. What a list
shows is literal text and numbers in the body of the class; a variant whose description is computed is imported.
"""

from __future__ import annotations

import ast
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from quintet import variants

BASE = Path(__file__).parents[1] / "models" / "variant.py"


@dataclass(frozen=True)
class Description:
    """What a list shows of a variant.

    ``options`` {name: default}, None for options without one; ``own`` are those that not all variants share; ``cannot``
    {task: reason}.
    """

    name: str
    summary: str
    options: dict[str, Any]
    own: tuple[str, ...]
    cannot: dict[str, str]


def describe(name: str) -> Description:
    """The description of a variant by its name."""
    shared, _ = _literals(BASE, "Variant")
    file = Path(__file__).with_name(f"{name}.py")
    try:
        if name in variants.added():
            raise ValueError("a variant of another package")
        options, about = _literals(file)
    except ValueError:
        found = variants.get(name)
        options = {f.name: None if f.default is MISSING else f.default for f in fields(found) if f.init}
        about = {"summary": found.summary, "answers": dict(found.answers)}
    own = tuple(option for option in options if option not in shared)
    return Description(name, about.get("summary", ""), shared | options, own, about.get("answers", {}))


def _literals(file: Path, named: str | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """The defaults of a class's fields, and its class variables.

    Parameters
    ----------
    file : of Python.
    named : the class; None: the only one in the file that is derived from ``Variant`` and from nothing else.

    Raises
    ------
    ValueError
        A default or the description is no literal, or there is no such class.
    """
    classes = [node for node in ast.parse(file.read_text(encoding="utf-8")).body if isinstance(node, ast.ClassDef)]
    chosen = [node for node in classes if (node.name == named if named else _derived(node))]
    if len(chosen) != 1:
        raise ValueError(f"{file} has {len(chosen)} such classes")
    options: dict[str, Any] = {}
    about: dict[str, Any] = {}
    for node in chosen[0].body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            is_option = not ast.unparse(node.annotation).startswith("ClassVar")
            if is_option or node.target.id in ("summary", "answers"):
                value = None if node.value is None else ast.literal_eval(node.value)
                (options if is_option else about)[node.target.id] = value
    return options, about


def _derived(node: ast.ClassDef) -> bool:
    return [ast.unparse(base) for base in node.bases] == ["Variant"]
