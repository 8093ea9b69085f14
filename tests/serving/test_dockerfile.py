"""What can be said of the Dockerfile without Docker: its lines are those of the project."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path

import typer

from quintet.cli.main import app

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text(encoding="utf-8")
LINES = TEXT.replace("\\\n", " ").splitlines()


def arguments(word: str) -> list[str]:
    """What follows an instruction, of each line that has it."""
    return [line.removeprefix(f"{word} ") for line in LINES if line.startswith(f"{word} ")]


def test_the_extras_are_those_of_the_project() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (wanted,) = re.findall(r"/src\[([\w,]+)\]", TEXT)
    assert set(wanted.split(",")) <= set(extras)
    assert "serve" in wanted


def test_packages_are_at_the_pins_and_pytorch_is_that_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    pins = next(line for line in arguments("RUN") if line.startswith("sed"))
    assert pins.partition(" /src")[0].replace("sed -n ", "") in makefile.replace("$$", "$")
    torch = re.search(r"^TORCH  \?= (\S+)", makefile, re.M)
    assert torch is not None
    assert f'ARG TORCH="{torch[1]}"' in LINES
    assert all("-c /opt/quintet/pins.txt" in line for line in arguments("RUN") if "pip install" in line)


def test_the_last_stage_runs_the_command_as_a_user_without_rights() -> None:
    last = TEXT.rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001$", last, re.M)
    (entry,) = arguments("ENTRYPOINT")
    program, name, *options = json.loads(entry)
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    assert program == "quintet"
    command.make_context(name, [*options, "/models/table.safetensors"])
    assert TEXT.index("\nUSER 10001") < TEXT.index("\nENTRYPOINT")


def test_the_health_check_asks_the_port_of_the_entry() -> None:
    check = json.loads(arguments("HEALTHCHECK")[0].partition("CMD ")[2])
    ast.parse(check[-1])
    port = json.loads(arguments("ENTRYPOINT")[0])[-1]
    assert f":{port}/health" in check[-1]
    assert arguments("EXPOSE") == [port]


def test_no_address_of_a_package_index_stands_in_it() -> None:
    assert not re.findall(r"https?://(?!127\.0\.0\.1)", TEXT)
