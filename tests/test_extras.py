"""The numeric core needs no extra; an error names the missing one."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from quintet.errors import ExtraMissing
from quintet.extras import EXTRAS, extra, installed

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DISTRIBUTIONS = {
    "PIL": "pillow",
    "adbc_driver_postgresql": "adbc-driver-postgresql",
    "huggingface_hub": "huggingface-hub",
    "mlflow": "mlflow-skinny",
    "prometheus_client": "prometheus-client",
    "pydantic_core": "pydantic",
    "sklearn": "scikit-learn",
}
ENGINES = {"hub", "mlflow", "scale", "serve", "tune"}
"""Extras that bring an engine or a service; ``all`` is what one process uses."""
WHOLLY = {
    "cli": "typer",
    "report/figures": "matplotlib",
    "data/readers/arrow": "pyarrow",
    "data/databases": "pyarrow",
    "data/large": "pyarrow",
    "scale": "pyarrow",
    "scale/engines": "pyarrow",
    "scale/source": "pyarrow",
}
"""Folders whose package is imported at the entrance: by ``quintet.__main__``, by the folder's ``__init__``, and by
``data/readers/tables.py``, by the functions that open a database, and by ``quintet.scale``."""
SAID = """
figures\tA figure needs Matplotlib: pip install 'quintet-vae[report]'.
letters\tThe data set 'letters' needs Matplotlib: pip install 'quintet-vae[data]'.
table\tFOLDER/table.csv needs PyArrow: pip install 'quintet-vae[tables]'.
parquet\tFOLDER/table.parquet needs PyArrow: pip install 'quintet-vae[tables]'.
database\tFOLDER/table.duckdb needs DuckDB: pip install 'quintet-vae[sql]'.
picture\tReading pictures needs Pillow: pip install 'quintet-vae[data]'.
demo\tThe demo needs Matplotlib: pip install 'quintet-vae[report]'.
flow\tA normalizing flow needs Zuko: pip install 'quintet-vae[flows]'.
"""


def test_the_core_alone_answers_all_five_questions_and_names_the_extras_it_lacks() -> None:
    script = Path(__file__).with_name("core_alone.py")
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert done.stdout.strip() == SAID.strip()
    assert done.stderr.splitlines()[-1] == "quintet: The quintet command needs Typer: pip install 'quintet-vae[cli]'."


def test_a_package_of_another_extra_or_a_broken_one_raises_its_own_error() -> None:
    for missing in ("zuko", "matplotlib._absent"):
        with pytest.raises(ModuleNotFoundError) as raised, extra("report", "The report"):
            raise ModuleNotFoundError("broken", name=missing)
        assert not isinstance(raised.value, ExtraMissing)
    with pytest.raises(ExtraMissing) as caught, extra("report", "The report"):
        raise ModuleNotFoundError("absent", name="jinja2")
    assert str(caught.value) == "The report needs Jinja2: pip install 'quintet-vae[report]'."
    assert isinstance(caught.value, ImportError)
    assert installed("zuko")
    assert not installed("no_such_package")


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=\[ ]", text)[0].lower() for text in requirements}


CORE = names(PROJECT["dependencies"])
OPTIONAL = {module for modules in EXTRAS.values() for module in modules}


def imports(tree: ast.AST, within: frozenset[str] = frozenset()) -> Iterator[tuple[str, frozenset[str]]]:
    """Packages of others that a module imports, each with the extras whose ``with`` block it stands in."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        inside = within
        if isinstance(node, ast.With):
            calls = [item.context_expr for item in node.items if isinstance(item.context_expr, ast.Call)]
            inside |= {ast.literal_eval(call.args[0]) for call in calls if ast.unparse(call.func) == "extra"}
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0], inside
        yield from imports(node, inside)


def undeclared(source: str, folder: str = "") -> list[str]:
    """Imports that neither the core's dependencies nor an extra asked for there cover."""
    ours = {*sys.stdlib_module_names, "quintet"}
    wrong = []
    for package, within in imports(ast.parse(source)):
        if package in ours or DISTRIBUTIONS.get(package, package) in CORE:
            continue
        if not any(package in EXTRAS[name] for name in within) and package != WHOLLY.get(folder):
            wrong.append(package)
    return wrong


def test_every_import_is_declared() -> None:
    wrong = {}
    for file in sorted((ROOT / "quintet").rglob("*.py")):
        place = file.relative_to(ROOT / "quintet")
        if found := undeclared(file.read_text(encoding="utf-8"), place.parent.as_posix()):
            wrong[str(place)] = found
    assert not wrong


def test_the_check_sees_an_undeclared_import() -> None:
    assert undeclared("import torch, requests\ndef f():\n    import zuko") == ["requests", "zuko"]
    assert undeclared('with extra("report", "it"):\n    import zuko, jinja2') == ["zuko"]
    assert undeclared("import typer", "cli") == []


def test_extras_hold_what_is_looked_for_and_all_holds_all_but_the_engines() -> None:
    extras = PROJECT["optional-dependencies"]
    for name, modules in EXTRAS.items():
        assert names(extras[name]) == {DISTRIBUTIONS.get(module, module).lower() for module in modules}
    (everything,) = extras["all"]
    assert set(EXTRAS) == set(extras) - {"all", "dev", "docs"}
    assert set(everything.partition("[")[2].rstrip("]").split(",")) == set(EXTRAS) - ENGINES
    assert not CORE & {DISTRIBUTIONS.get(module, module).lower() for module in OPTIONAL}
