"""The folder is the registry: a file that is dropped into it is a variant everywhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_dropped_file_appears_in_the_command_the_table_and_the_laws(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "quintet", tmp_path / "quintet", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests" / "laws", tmp_path / "tests" / "laws", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("shared.py", "hostile.py"):
        shutil.copy(ROOT / "tests" / name, tmp_path / "tests")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    source = (ROOT / "quintet" / "variants" / "vae.py").read_text()
    dropped = source.replace("class Vae(", "class Fresh(").replace("the variational autoencoder:", "a fresh idea:")
    (tmp_path / "quintet" / "variants" / "fresh.py").write_text(dropped)

    def ask(*words: str) -> str:
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(
            [sys.executable, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout

    listed = json.loads(ask("-m", "quintet", "variants", "--json"))
    assert {"name", "summary", "options", "cannot"} <= set(listed[0])
    assert next(v for v in listed if v["name"] == "fresh")["summary"].startswith("a fresh idea:")
    assert "| [`fresh`](variants/fresh.md) | a fresh idea:" in ask("-m", "quintet", "variants", "--markdown")
    laws = ask("-m", "pytest", "tests/laws", "--collect-only", "-q", "-k", "fresh", "-p", "no:cacheprovider")
    assert laws.count("[fresh") + laws.count("-fresh") >= 15
    assert laws.count("::") >= 25


def test_the_table_and_the_pages_are_those_of_the_folder() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "quintet", "variants", "--markdown"]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()
    page = (ROOT / "docs" / "variants.md").read_text(encoding="utf-8")
    table = page.split("<!-- table -->")[1].split("<!-- end of table -->")[0].strip()
    assert table == said, "make variants-table writes it anew"
    for line in said.splitlines()[2:]:
        name = line.split("`")[1]
        text = (ROOT / "docs" / "variants" / f"{name}.md").read_text(encoding="utf-8")
        assert f"../pictures/variants/{name}.png" in text
        assert (ROOT / "docs" / "pictures" / "variants" / f"{name}.png").stat().st_size > 1000
