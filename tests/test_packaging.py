"""The wheel holds the package and its data files, and runs; `make wheel-test` installs it into an empty environment.

Both distributions describe themselves without a relative link; `make wheel` checks them as a package index does.
"""

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import HeaderParser
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import quintet
from quintet.extras import DISTRIBUTION

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a source distribution and the wheel built from it, from a copy of the tree, without a download."""
    room = tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "quintet"):
        (room / name).symlink_to(ROOT / name)
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(room / "dist"), str(room)],
        check=True,
        capture_output=True,
    )
    return room / "dist"


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return next(built.glob("*.whl"))


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    ours = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "quintet").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert ours <= held
    assert not [name for name in held if name.startswith(("tests/", "benchmarks/", "docs/"))]


def test_the_wheel_runs_from_its_own_files(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    script = "import quintet; print(quintet.__file__); from quintet.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "--version"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    where, version = done.stdout.splitlines()
    assert Path(where).is_relative_to(tmp_path)
    assert version == f"quintet {quintet.__version__}"


def test_the_wheel_names_the_command(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    names = {Path(name).name: name for name in archive.namelist()}
    assert "quintet = quintet.__main__:main" in archive.read(names["entry_points.txt"]).decode()
    assert f"\nName: {DISTRIBUTION}\n" in archive.read(names["METADATA"]).decode()
    assert "Requires-Python: >=3.11" in archive.read(names["METADATA"]).decode()


def test_the_source_distribution_holds_what_a_build_needs_and_no_tests(built: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "pyproject.toml", "setup.py"} <= held
    assert not [name for name in held if name.startswith(("tests", "benchmarks", "docs"))]


def test_the_description_is_the_readme_without_links_that_lead_nowhere(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
    described = HeaderParser().parsestr(archive.read(name).decode())
    assert described["Description-Content-Type"] == "text/markdown"
    readme, text = (ROOT / "README.md").read_text(encoding="utf-8"), described.get_payload()
    assert re.findall(r"\]\((?!https?://)", readme)
    assert not re.findall(r"\]\((?!https?://)", text)
    assert re.findall(r"```.*?```", text, re.DOTALL) == re.findall(r"```.*?```", readme, re.DOTALL)
    words = [set(re.findall(r"[A-Za-z]{4,}", re.sub(r"!\[.*?\]|\]\(.*?\)", " ", page))) for page in (readme, text)]
    assert words[0] == words[1]


PIN = re.compile(r"^([a-z0-9-]+)==([0-9a-z.]+)(?: ; .+?)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)
LISTS = {file.stem: PIN.findall(file.read_text()) for file in sorted((ROOT / "requirements").glob("*.txt"))}


def test_every_dependency_is_pinned_with_hashes() -> None:
    """Within its bounds; but PyTorch, which TORCH= chooses, and not at two versions in two lists."""
    found = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = found["project"]
    pins: dict[str, str] = {}
    for name, lines in LISTS.items():
        assert "".join(PIN.sub("", (ROOT / f"requirements/{name}.txt").read_text()).split()) == ""
        assert all(pins.setdefault(package, version) == version for package, version, _ in lines)
    named = re.findall(r"^TORCH\s*\?=\s*torch==(\S+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    pins |= {"torch": named[0]}
    groups = (project["optional-dependencies"], found["dependency-groups"])
    asked = chain(project["dependencies"], *(needs for group in groups for needs in group.values()))
    for text in asked:
        needed = Requirement(text)
        name = canonicalize_name(needed.name)
        assert name == DISTRIBUTION or needed.specifier.contains(pins[name]), text


def test_the_demo_installs_what_the_core_and_all_need() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    (everything,) = (Requirement(text) for text in extras["all"])
    asked = chain(project["dependencies"], *(extras[name] for name in everything.extras))
    needed = {canonicalize_name(Requirement(text).name) for text in asked}
    assert needed - {"torch", DISTRIBUTION} <= {package for package, _, _ in LISTS["demo"]}


def test_the_version_is_one() -> None:
    version = quintet.__version__
    dates = dict(re.findall(r"^## (\S+) - (\d{4}-\d\d-\d\d)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE))
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"\ndate-released: {dates[version]}\n" in (ROOT / "CITATION.cff").read_text()
