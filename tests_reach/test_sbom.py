"""The list of the wheel's dependencies: every one with its pinned version and its licence, and nothing else."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "requirements" / "sbom.py"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    out = tmp_path_factory.mktemp("sbom") / "quintet.cdx.json"
    subprocess.run([sys.executable, str(SCRIPT), str(out)], check=True)
    return out.read_bytes()


@pytest.fixture(scope="module")
def components(written: bytes) -> dict[str, Any]:
    return {canonicalize_name(component["name"]): component for component in json.loads(written)["components"]}


def test_every_dependency_is_there_with_its_pinned_version_and_a_licence(components: dict[str, Any]) -> None:
    functions = runpy.run_path(str(SCRIPT))
    core, extras = ({canonicalize_name(found.name) for found in part} for part in functions["needed"]())
    pins = functions["pins"]()
    assert {"torch", "numpy"} <= core <= components.keys()
    assert {"optuna", "ray", "typer"} <= extras <= components.keys()
    for name, component in components.items():
        assert component["version"] == pins[name]
        assert component["licenses"], name
    assert all(components[name]["scope"] == "required" for name in core)
    assert components["ray"]["scope"] == "optional"
    assert {"sqlalchemy", "markupsafe", "joblib"} <= components.keys()  # what those need
    assert not {"pytest", "mypy", "ruff", "mkdocs"} & components.keys()


def test_the_file_is_the_same_again_and_has_no_place_or_time(written: bytes, tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(SCRIPT), str(tmp_path / "again.json")], check=True)
    assert (tmp_path / "again.json").read_bytes() == written
    assert b"timestamp" not in written
    assert str(Path.home()).encode() not in written
    assert str(ROOT).encode() not in written


def test_it_is_valid_cyclonedx_whose_graph_has_every_component(written: bytes, components: dict[str, Any]) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written.decode()) is None
    graph = {entry["ref"]: entry.get("dependsOn", []) for entry in json.loads(written)["dependencies"]}
    assert {component["bom-ref"] for component in components.values()} == graph.keys() - {"root-component"}
    assert "numpy==" in str(graph["root-component"])
