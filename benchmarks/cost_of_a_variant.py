"""Maintenance cost of a variant: lines of code, own files, and other files that name it.

The counts use the installed packages and the same rules for both: comments and docstrings are no lines of code; a file
names a variant if an import, a name or a string in it is the class of the variant or of its configuration. Own files of
pythae are those of the variant's folder; ours are the file in ``variants/`` and the modules that only this variant
imports. Modules shared by related variants have their own column.

    python benchmarks/cost_of_a_variant.py --pythae PATH/TO/python --json docs/results/cost_of_a_variant.json
"""

from __future__ import annotations

import ast
import io
import re
import statistics
import subprocess
import tokenize
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from common import options, table, write_json
from family import PAIRS, Pair

import quintet
from quintet import variants

OURS = Path(quintet.__file__).parent
SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


@cache
def lines_of(file: Path) -> int:
    """Lines that hold code."""
    text = file.read_text(encoding="utf-8")
    held: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in SILENT:
            held.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            held.difference_update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return len(held)


@cache
def words_of(file: Path) -> frozenset[str]:
    """Names, imports and strings that are no docstrings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    plain = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in plain:
            found.add(node.value)
    return frozenset(found)


def modules(root: Path) -> list[Path]:
    """All files of a package."""
    return sorted(root.rglob("*.py"))


def naming(root: Path, words: Iterable[str], own: Iterable[Path]) -> list[Path]:
    """Files outside ``own`` that name one of ``words``."""
    wanted, own = set(words), set(own)
    return [file for file in modules(root) if file not in own and words_of(file) & wanted]


@cache
def imported(file: Path) -> frozenset[Path]:
    """Modules of quintet that a file imports, each name's own: a package's file that passes it on is looked through."""
    return frozenset(place for _, place in names_from(file))


@cache
def names_from(file: Path) -> frozenset[tuple[str, Path]]:
    """Names that a file imports from quintet, each with the module that holds it."""
    found: set[tuple[str, Path]] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "quintet":
            base = OURS.joinpath(*node.module.split(".")[1:])
            found.update((alias.name, _holder(base, alias.name)) for alias in node.names)
    return frozenset(found)


def _holder(base: Path, name: str) -> Path:
    """The module of quintet that holds ``name`` of the module or package ``base``."""
    if (base / f"{name}.py").exists():
        return base / f"{name}.py"
    if base.with_suffix(".py").exists():
        return base.with_suffix(".py")
    package = base / "__init__.py"
    return dict(names_from(package)).get(name, package) if package.exists() else package


def users() -> dict[Path, set[str]]:
    """Which variants each module is imported for; "" where it is imported by anything else."""
    known: dict[Path, set[str]] = {file: set() for file in modules(OURS)}
    starts = {file: file.stem if file.parent.name == "variants" else "" for file in modules(OURS)}
    only = {file for file, name in starts.items() if name}
    served = _served_by_variants_alone(only)
    for start in only:
        todo, seen = [start], set[Path]()
        while todo:
            file = todo.pop()
            if file in seen or (file != start and file not in served):
                continue
            seen.add(file)
            known[file].add(starts[start])
            todo += imported(file)
    return known


def _served_by_variants_alone(files: set[Path]) -> set[Path]:
    """Modules all of whose importers are variants or such modules themselves."""
    importers: dict[Path, set[Path]] = {}
    for file in modules(OURS):
        for other in imported(file) if file.name != "__init__.py" else ():
            importers.setdefault(other, set()).add(file)
    served = {file for file in importers if file not in files}
    while True:
        left = {file for file in served if importers[file] <= files | served}
        if left == served:
            return served
        served = left


def theirs(name: str, root: Path) -> tuple[int, int, int]:
    """Lines, files of its folder, and other files that name it."""
    config = re.compile(rf"class ({re.escape(name)}_?Config)\b")
    home = next(
        folder
        for folder in sorted((root / "models").iterdir())
        if folder.is_dir() and any(config.search(file.read_text(encoding="utf-8")) for file in folder.glob("*.py"))
    )
    own = modules(home)
    words = {name, f"{name}Config", f"{name}_Config"}
    return sum(map(lines_of, own)), len(own), len(naming(root, words, own))


def ours(pair: Pair, serves: dict[Path, set[str]]) -> tuple[int, int, int, int]:
    """Lines, files of its own, other files that name it, and lines shared with relatives."""
    own = [file for file, names in serves.items() if names == {pair.variant}]
    relatives = [file for file, names in serves.items() if pair.variant in names and len(names) > 1]
    named = naming(OURS, {variants.get(pair.variant).__name__}, own)
    return sum(map(lines_of, own)), len(own), len(named), sum(map(lines_of, relatives))


def main() -> None:
    """Count, print, write."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--pythae", metavar="PYTHON", required=True, help="an interpreter that has pythae 0.1.2")
    args = parser.parse_args()
    question = "import importlib.util as u; print(u.find_spec('pythae').submodule_search_locations[0])"
    result = subprocess.run([args.pythae, "-c", question], capture_output=True, text=True, check=True)
    root = Path(result.stdout.strip())
    serves, figures, rows = users(), {}, []
    for pair in PAIRS:
        mine, other = ours(pair, serves), theirs(pair.theirs, root)
        for key, value in zip(("lines", "files", "edits", "shared_lines"), mine, strict=True):
            figures[f"{pair.theirs}.ours.{key}"] = float(value)
        for key, value in zip(("lines", "files", "edits"), other, strict=True):
            figures[f"{pair.theirs}.pythae.{key}"] = float(value)
        rows.append((pair.theirs, pair.variant, *map(str, (*mine[:2], mine[2], mine[3])), *map(str, other)))
    head = ("pythae", "ours", "lines", "files", "edits", "shared", "its lines", "its files", "its edits")
    table("Lines of code, files of its own, and edits in other files: ours, then theirs", rows, head)
    for key in ("lines", "files", "edits"):
        for side in ("ours", "pythae"):
            figures[f"median.{side}.{key}"] = statistics.median(figures[f"{p.theirs}.{side}.{key}"] for p in PAIRS)
    once = {pair.variant: pair for pair in PAIRS}.values()
    figures["total.ours.lines"] = sum(figures[f"{p.theirs}.ours.lines"] for p in once)
    figures["total.ours.shared_lines"] = float(
        sum(lines_of(f) for f, names in serves.items() if len(names) > 1 and names & {p.variant for p in once})
    )
    figures["total.pythae.lines"] = sum(figures[f"{p.theirs}.pythae.lines"] for p in PAIRS)
    print("\n" + "\n".join(f"{name} {value:.0f}" for name, value in figures.items() if name[:3] in ("med", "tot")))
    write_json(args.json, figures)


if __name__ == "__main__":
    main()
