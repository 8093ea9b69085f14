"""Law 9: a room imports only from the rooms above it, no modules import in a circle, and importing quintet is cheap."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import numpy as np
import pytest

PACKAGE = Path(__file__).parents[1] / "quintet"
ROOMS = [
    "_version",
    "launched",
    "errors",
    "codec",
    "extras",
    "renamed",
    "row_share",
    "transfers",
    "noise",
    "numerics",
    "arguments",
    "entry_points",
    "artifacts",
    "distributions",
    "networks",
    "data",
    "models",
    "variants",
    "storage",
    "training",
    "inference",
    "tasks",
    "evaluate",
    "estimators",
    "hub",
    "export",
    "scale",
    "serving",
    "report",
    "plot",
    "explore",
    "studies",
    "cli",
    "model",
    "__main__",
]
HEAVY = {"torch", "accelerate", "sklearn", "scipy", "matplotlib", "pandas", "polars", "PIL", "pooch", "jinja2", "zuko"}


def room_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def names_imported(file: Path) -> set[str]:
    """Dotted names of quintet that a file imports, anywhere in it: in functions and for the types alone, too."""
    found: set[str] = set()
    here = ["quintet", *file.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = here[: len(here) + 1 - node.level] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return {name for name in found if name.partition(".")[0] == "quintet"}


def rooms_imported(file: Path) -> set[str]:
    """Rooms of quintet that a file imports from."""
    return {name.split(".")[1] for name in names_imported(file) if "." in name} & set(ROOMS)


def cycle() -> list[str]:
    """Modules of the package that import each other in a circle; none where there is no such circle."""
    modules = {}
    for file in PACKAGE.rglob("*.py"):
        parts = ["quintet", *file.relative_to(PACKAGE).with_suffix("").parts]
        modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    graph: dict[str, set[str]] = {}
    for name, file in modules.items():
        owners = (imported if imported in modules else imported.rpartition(".")[0] for imported in names_imported(file))
        graph[name] = {owner for owner in owners if owner in modules} - {name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


FILES = [file for file in sorted(PACKAGE.rglob("*.py")) if file != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_no_import_runs_upward(file: Path) -> None:
    room = room_of(file)
    assert room in ROOMS, f"{room} is not in the list of rooms"
    above = set(ROOMS[: ROOMS.index(room) + 1])
    assert rooms_imported(file) <= above


def test_the_check_sees_an_upward_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    file = tmp_path / "models" / "base.py"
    file.parent.mkdir()
    file.write_text("from ..tasks import detect\ndef f():\n    import quintet.report.page\n")
    assert rooms_imported(file) == {"tasks", "report"}


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert cycle() == []


@pytest.mark.parametrize(
    "back",
    [
        "from quintet.models.base import Model",
        "from ..models import base",
        "def late():\n    import quintet.models.base",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from quintet.models.base import Model",
    ],
)
def test_the_check_sees_a_circle(back: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    for place, text in {
        "__init__": "",
        "models/__init__": "",
        "models/base": "from quintet.networks import Mlp",
        "networks/__init__": "from quintet.networks.mlp import Mlp",
        "networks/mlp": "",
    }.items():
        file = tmp_path / f"{place}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    assert cycle() == []
    (tmp_path / "networks" / "mlp.py").write_text(back)
    assert set(cycle()) == {"quintet.models.base", "quintet.networks", "quintet.networks.mlp"}


def modules_after(statement: str, beyond: str = "") -> set[str]:
    """Packages that a statement loads in a fresh process, where another has loaded what it does."""
    loaded = "{name.split('.')[0] for name in sys.modules}"
    before = f"{beyond}\nbefore = {loaded}" if beyond else "before = set()"
    script = f"import sys\n{before}\n{statement}\nprint(*sorted({loaded} - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split()[-1000:])


def test_importing_quintet_imports_nothing_heavy() -> None:
    assert modules_after("import quintet") & HEAVY == set()


def test_the_class_imports_no_optional_package() -> None:
    loaded = modules_after("from quintet import VAE, Imputer, load", beyond="import torch, sklearn.base")
    assert "quintet" in loaded
    optional = {"pandas", "polars", "pyarrow", "matplotlib", "jinja2", "pooch", "typer", "accelerate", "PIL", "zuko"}
    assert loaded & optional == set()


def test_the_class_imports_of_scikit_learn_what_it_needs_at_once() -> None:
    script = "import sys\nfrom quintet import VAE\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    slow = {"sklearn.cluster", "sklearn.datasets", "sklearn.linear_model", "sklearn.mixture", "sklearn.neighbors"}
    assert set(done.stdout.split()) & slow == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["fit", "--help"],
        ["--version"],
        ["variants"],
        ["variants", "--json"],
        ["schema", "rows.npy"],
        ["schema", "digits"],
    ],
    ids=" ".join,
)
def test_commands_that_need_no_model_do_not_import_pytorch(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("rows.npy", np.random.default_rng(0).normal(size=(30, 4)))
    statement = (
        "from quintet.cli.main import app\n"
        f"try:\n    app({arguments}, prog_name='quintet')\nexcept SystemExit as exit:\n    assert not exit.code"
    )
    assert modules_after(statement) & HEAVY == set()


def test_a_schema_of_a_table_does_not_import_pytorch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text("a,b\n" + "\n".join(f"{i}.5,x{i % 3}" for i in range(40)))
    statement = "from quintet.cli.main import app\napp(['schema', 'rows.csv', '--json'], standalone_mode=False)"
    caught = f"try:\n    exec({statement!r})\nexcept SystemExit as exit:\n    assert not exit.code"
    assert modules_after(caught) & {"torch", "sklearn", "scipy"} == set()


def test_every_room_exists() -> None:
    assert {room_of(file) for file in FILES} == set(ROOMS)
