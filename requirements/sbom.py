"""`make sbom`: the dependencies of the wheel as CycloneDX JSON, from the installed packages, which are the pins.

Required are what the core needs, optional what the extras need, each with what it needs itself. PyTorch has the version
of its pin, whatever its build; packages that requirements/ does not pin, such as CUDA's, are left out, so that the file
is the same on every machine of one system. Run with the project's interpreter: python requirements/sbom.py OUT.json
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
NOT_OF_THE_WHEEL = {"all", "dev", "docs"}
"""Extras that name others, or serve its making."""
DECLARED_ELSEWHERE = {"protobuf": "BSD-3-Clause", "ray": "Apache-2.0"}
"""Licences of packages whose metadata state them in words alone."""
KEPT = ("bom-ref", "description", "licenses", "name", "purl", "scope", "type", "version")


def pins() -> dict[str, str]:
    """Package -> pinned version; PyTorch's is in the Makefile."""
    found: dict[str, str] = {}
    for file in sorted((ROOT / "requirements").glob("*.txt")):
        found |= dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", file.read_text(), re.MULTILINE))
    torch = re.findall(r"^TORCH\s*\?=\s*torch==(\S+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return found | {"torch": torch[0]}


def needed() -> tuple[list[Requirement], list[Requirement]]:
    """What the core needs at once, and what the extras need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    of_extras = [text for name, texts in extras.items() if name not in NOT_OF_THE_WHEEL for text in texts]
    return [Requirement(text) for text in project["dependencies"]], [Requirement(text) for text in of_extras]


def installed() -> dict[str, Any]:
    """CycloneDX's list of the environment, with licences and what needs what."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "environment.json"
        tool = [str(Path(sys.executable).with_name("cyclonedx-py")), "environment", "--no-validate"]
        project = ["--output-reproducible", "--mc-type", "library", "--pyproject", str(ROOT / "pyproject.toml")]
        subprocess.run([*tool, *project, "-o", str(out), sys.executable], check=True, capture_output=True)
        found: dict[str, Any] = json.loads(out.read_text())
    return found


def sbom() -> dict[str, Any]:
    """The list of the wheel's dependencies.

    Raises
    ------
    SystemExit
        A package is not installed, or at another version than its pin.
    """
    whole, pinned, (core, extras) = installed(), pins(), needed()
    components = {canonicalize_name(component["name"]): component for component in whole["components"]}
    required, every = closure(core, pinned), closure([*core, *extras], pinned)
    if missing := sorted(every.keys() - components.keys()):
        raise SystemExit(f"not installed: {', '.join(missing)}: run make test-reach once")
    whole["components"] = [_component(components[name], pinned[name], name in required) for name in sorted(every)]
    root = whole["metadata"]["component"]["bom-ref"]
    graph = {f"{name}=={pinned[name]}": others for name, others in every.items()}
    graph[root] = {canonicalize_name(requirement.name) for requirement in (*core, *extras)}
    whole["dependencies"] = [
        {"ref": ref, **({"dependsOn": sorted(f"{name}=={pinned[name]}" for name in others)} if others else {})}
        for ref, others in sorted(graph.items())
    ]
    return whole


def closure(requirements: Iterable[Requirement], pinned: Mapping[str, str]) -> dict[str, set[str]]:
    """Pinned package -> pinned packages that it needs on this system, with the extras that are asked of it.

    CycloneDX's own graph has what a package's extras need, whether or not they are asked for.
    """
    found: dict[str, set[str]] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(requirement, extra) for requirement in requirements for extra in ("", *requirement.extras)]
    while waiting:
        requirement, extra = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name not in pinned or (name, extra) in seen:
            continue
        seen.add((name, extra))
        others = found.setdefault(name, set())
        for text in _requires(name):
            other = Requirement(text)
            if other.marker is None or other.marker.evaluate({"extra": extra}):
                if (key := canonicalize_name(other.name)) in pinned:
                    others.add(key)
                waiting += [(other, further) for further in ("", *other.extras)]
    return found


def _requires(name: str) -> list[str]:
    try:
        return metadata.requires(name) or []
    except metadata.PackageNotFoundError:  # sbom() says so
        return []


def _component(component: dict[str, Any], version: str, required: bool) -> dict[str, Any]:
    name = canonicalize_name(component["name"])
    if component["version"].partition("+")[0] != version:
        raise SystemExit(f"{name} is installed at {component['version']}, and pinned at {version}: run make test-reach")
    found = {**component, "bom-ref": f"{name}=={version}", "purl": f"pkg:pypi/{name}@{version}", "version": version}
    found["scope"] = "required" if required else "optional"
    if name in DECLARED_ELSEWHERE and not found.get("licenses"):
        found["licenses"] = [{"license": {"acknowledgement": "declared", "id": DECLARED_ELSEWHERE[name]}}]
    return {key: found[key] for key in KEPT if key in found}


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(sbom(), indent=2) + "\n")
