"""ONNX graphs of a trained model: its anomaly score, what its files say, the command, and refusals."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from typer.testing import CliRunner

from quintet import VAE, export, variants
from quintet.cli.main import app
from quintet.data.dataset import Rows
from quintet.data.schema import Schema
from quintet.errors import InputError, Unanswerable
from quintet.export.metadata import KEY
from quintet.export.reasons import why_lacking
from quintet.tasks.detect.detect import detect
from tests.shared import answering_in_haste, measured_on_few, uncrossed, untried
from tests_reach.onnx_models import (
    CLOSE,
    DIGITS,
    LABELS,
    LATENTS,
    calibrated,
    export_of,
    session,
    untrained,
    with_context,
)

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def digits() -> VAE:
    """A trained model of digits, whose anomaly score is calibrated."""
    with measured_on_few(), untried(), uncrossed(), answering_in_haste():
        return VAE(epochs=2, latent_dim=LATENTS, network={"kind": "mlp", "hidden": (16,)}).fit(DIGITS[:300])


STRANGE = np.concatenate([DIGITS[300:320], DIGITS[300:305, ::-1], np.full((1, 8, 8), 16, np.uint8)])


def test_the_anomaly_score_is_that_of_detect(digits: VAE) -> None:
    made = export.graphs(digits, ["detector"])["detector"]
    about = json.loads({entry.key: entry.value for entry in made.metadata_props}[KEY])
    x = STRANGE.astype(np.float32)
    score, elbo, where = session(made).run(None, {"x": x, "observed": np.ones(x.shape, dtype=bool)})
    wanted = digits.detect(STRANGE)
    np.testing.assert_allclose(score, wanted.scores, rtol=CLOSE, atol=CLOSE)
    np.testing.assert_allclose(elbo, wanted.components["elbo"], rtol=CLOSE)
    np.testing.assert_allclose(where, wanted.where, atol=1e-3)
    calibration = np.array(about["calibration"]["scores"])
    above = len(calibration) - np.searchsorted(calibration, score, side="left")
    np.testing.assert_allclose((1 + above) / (1 + len(calibration)), wanted.p_values, atol=1 / len(calibration))


@pytest.mark.parametrize("variant", ["categorical", "cvae"])
def test_scores_by_sampled_and_conditional_latents_are_those_of_detect(variant: str) -> None:
    conditional = variants.get(variant).conditional
    y = LABELS[:60] if conditional else None
    fitted = calibrated(untrained(variant, Schema.infer(DIGITS[:60], y)), DIGITS[:60], y)
    rows = Rows.of(STRANGE, fitted.schema, LABELS[: len(STRANGE)] if conditional else None)
    wanted = detect(fitted, rows)
    given = {"x": STRANGE.astype(np.float32), "observed": np.ones(STRANGE.shape, dtype=bool)}
    given |= {"condition": rows.batch(slice(None)).condition.numpy()} if conditional else {}
    score, elbo, _ = session(export_of(fitted, "detector")).run(None, given)
    np.testing.assert_allclose(score, wanted.scores, rtol=CLOSE, atol=CLOSE)
    np.testing.assert_allclose(elbo, wanted.components["elbo"], rtol=CLOSE)


def test_latents_are_listed_by_rate(digits: VAE) -> None:
    about = json.loads({e.key: e.value for e in export.graphs(digits, ["decoder"])["decoder"].metadata_props}[KEY])
    rates = [latent["rate"] for latent in about["latents"]]
    assert rates == sorted(rates, reverse=True)
    assert {latent["index"] for latent in about["latents"]} == set(range(LATENTS))
    assert about["schema"] == json.loads(digits.schema_.model_dump_json(exclude_none=True))
    assert about["prior"] == "normal"


WITHOUT_PYTORCH = """
import runpy, sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "quintet"):
            raise ImportError(f"{name} is not installed here")
sys.meta_path.insert(0, Blocked())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_the_example_detects_without_pytorch(digits: VAE, tmp_path: Path) -> None:
    digits.save(tmp_path / "digits.safetensors")
    arguments = ["export", str(tmp_path / "digits.safetensors"), "--onnx", "--out", str(tmp_path / "graphs"), "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert set(said["lacking"]) == {"context_decoder", "given_others", "denoiser"}
    assert {path.stem for path in (tmp_path / "graphs").iterdir()} == set(said["graphs"])
    np.save(tmp_path / "rows.npy", STRANGE)
    command = [sys.executable, "-c", WITHOUT_PYTORCH, str(ROOT / "examples" / "onnx" / "detect.py")]
    printed = subprocess.run(
        [*command, str(tmp_path / "graphs"), str(tmp_path / "rows.npy")], capture_output=True, text=True, check=True
    ).stdout
    lines = printed.splitlines()
    assert len(lines) == len(STRANGE)
    p = [float(line.partition(", p ")[2].partition(",")[0]) for line in lines]
    np.testing.assert_allclose(p, digits.detect(STRANGE).p_values, atol=2e-2)


def test_one_graph_is_written_to_a_file(digits: VAE, tmp_path: Path) -> None:
    digits.save(tmp_path / "digits.safetensors")
    base = ["export", str(tmp_path / "digits.safetensors"), "--onnx", "--out", str(tmp_path / "decoder.onnx")]
    refused = CliRunner().invoke(app, base)
    assert refused.exit_code == 2
    assert "holds one graph" in refused.stderr
    assert CliRunner().invoke(app, [*base, "--graph", "decoder"]).exit_code == 0
    run = onnxruntime.InferenceSession(str(tmp_path / "decoder.onnx"), providers=["CPUExecutionProvider"])
    assert [place.name for place in run.get_inputs()] == ["z"]


def test_what_cannot_be_exported_is_refused_with_what_prevents_it(digits: VAE) -> None:
    with pytest.raises(InputError, match="'decoder'"):
        export.graphs(digits, ["decodr"])
    with pytest.raises(Unanswerable, match="context decoder"):
        export.graphs(digits, ["context_decoder"])
    with pytest.raises(InputError, match="model must be"):
        export.graphs(np.zeros(3))
    schema = Schema.infer(DIGITS[:40])
    assert "gan" in str(why_lacking(untrained("gan", schema), "encoder"))
    X = np.random.default_rng(0).integers(0, 5, (40, 6))
    tokens = with_context("tokens", Schema.infer(X, kind="token", sequential=True))
    for name in ("context_decoder", "log_prob"):
        assert "counts over its training rows" in str(why_lacking(tokens, name))
    assert why_lacking(tokens, "decoder") is None
