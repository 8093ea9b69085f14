"""pyright's strict mode finds the types of the public API, and a wrong use of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
WRONG = """
import quintet
from quintet import VAE, Series

vae = VAE(latent_dim="five").fit([[1.0]])
vae.imputed()
quintet.load("m.safetensors", Series).corrections()
quintet.load("m.safetensors").forecast(3)
"""


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """File -> what pyright says of it; one run, since each reads PyTorch's types."""
    folder = tmp_path_factory.mktemp("typed")
    (folder / "right.py").write_text((ROOT / "examples" / "typed.py").read_text())
    (folder / "wrong.py").write_text(WRONG)
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT)], "include": ["right.py", "wrong.py"]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    pyright = str(Path(sys.executable).with_name("pyright"))
    if subprocess.run([pyright, "--version"], capture_output=True, timeout=300).returncode:
        pytest.skip("pyright's own package could not be fetched")
    line = [pyright, "--outputjson", "--pythonpath", sys.executable, "-p", str(folder)]
    done = subprocess.run(line, capture_output=True, text=True)
    found: dict[str, list[dict[str, Any]]] = {"right.py": [], "wrong.py": []}
    for finding in json.loads(done.stdout)["generalDiagnostics"]:
        found[Path(finding["file"]).name].append(finding)
    return found


def test_the_example_passes_the_strict_mode(findings: dict[str, list[dict[str, Any]]]) -> None:
    assert [(f["range"]["start"]["line"], f["message"]) for f in findings["right.py"]] == []


def test_a_wrong_use_is_found(findings: dict[str, list[dict[str, Any]]]) -> None:
    lines = {finding["range"]["start"]["line"] for finding in findings["wrong.py"] if finding["severity"] == "error"}
    words = WRONG.splitlines()
    assert {words[line].partition("(")[0] for line in lines} >= {"vae.imputed", "quintet.load"}
    assert lines >= {5, 6, 7}
