"""ONNX graphs answer as PyTorch does: every variant, kind of cells and context decoder, by ONNX Runtime."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from scipy.stats import norm
from sklearn.datasets import load_digits
from typer.testing import CliRunner

from quintet import VAE, export, variants
from quintet.cli.main import app
from quintet.data.dataset import Rows
from quintet.data.frame_columns import learn_table
from quintet.data.schema import Schema
from quintet.distributions.noise_models.additive import AdditiveNormal
from quintet.errors import InputError, Unanswerable
from quintet.export.context import QUANTILES
from quintet.export.metadata import KEY
from quintet.export.model_graphs import GRAPHS, traced_with
from quintet.export.model_graphs import made as made_graphs
from quintet.export.modules import Graph
from quintet.export.reasons import why_lacking
from quintet.inference.importance import EFFORTS
from quintet.inference.starting_latents import Corrupted
from quintet.models.context.layouts import DECODERS
from quintet.models.context.model import ContextModel
from quintet.models.fitted import Fitted
from quintet.networks import Mlp
from quintet.tasks.denoise.by_model import FIRST_RATE, denoise_by_model, guided_posterior
from quintet.tasks.denoise.noise_kinds import noise_for
from quintet.tasks.detect.detect import detect
from quintet.tasks.detect.prepare import fit_detection
from tests.shared import answering_in_haste, measured_on_few, uncrossed, untried

Array = np.ndarray[Any, Any]
ROOT = Path(__file__).parents[1]
LATENTS = 4
CLOSE = 1e-4
DIGITS = load_digits().images.astype(np.uint8)
LABELS = load_digits().target % 3


def perturbed(fitted: Fitted) -> Fitted:
    """The model with random weights, so that no layer that starts at 0 hides what lies before it."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for part in (fitted.model, fitted.guide):
            for weight in () if part is None else part.parameters():
                weight.add_(0.05 * torch.randn(weight.shape, generator=generator))
    fitted.model.eval()
    return fitted


def untrained(variant: str, schema: Schema) -> Fitted:
    """A small model of some rows, as ``fit`` would begin."""
    options = variants.get(variant)
    torch.manual_seed(0)
    recipe = options(**options.images_by if schema.is_image else {}).build(schema, LATENTS, Mlp((12,)))
    guide = None if recipe.guide is None else recipe.guide.eval()
    return perturbed(Fitted(schema, recipe.model, guide, options={"variant": variant}))


def calibrated(fitted: Fitted, X: Array, y: Any = None) -> Fitted:
    """The model with reference and calibration rows."""
    with torch.no_grad():
        rows = Rows.of(X, fitted.schema, y)
        half = len(X) // 2
        fitted.artifacts = fit_detection(fitted, rows.take(slice(0, half)), rows.take(slice(half, None)))
    return fitted


def with_context(decoder: str, schema: Schema) -> Fitted:
    """... with a context decoder."""
    plain = untrained("vae", schema)
    model = ContextModel(plain.model, DECODERS[decoder](schema, LATENTS))
    return perturbed(Fitted(schema, model, plain.guide, options={"variant": "vae"}))


def queries(fitted: Fitted, graph: Graph, cells: Array, rows: int) -> dict[str, Array]:
    """Inputs of a graph: known rows of which cells are NaN, hidden, or trusted in part."""
    random = np.random.default_rng(rows)
    dtype = np.float32 if graph.cells.dtype == torch.float32 else np.float64
    x = cells[random.choice(len(cells), rows, replace=False)].astype(dtype)
    x[random.random(x.shape) < 0.1] = np.nan
    visible = (random.random(x.shape) > 0.4).astype(np.float32)
    visible[0], visible[-1] = 1, 0 if rows > 1 else 1
    width = fitted.schema.condition_dim
    found = {
        "x": x,
        "observed": random.random(x.shape) > 0.3,
        "trust": random.random(x.shape).astype(np.float32),
        "visible": visible,
        "z": random.normal(size=(rows, fitted.model.latent_dim)).astype(np.float32),
        "has_z": (random.random(rows) > 0.5).astype(np.float32),
        "condition": np.eye(max(width, 1), dtype=np.float32)[random.integers(0, max(width, 1), rows)],
    }
    names = [*graph.inputs, *(["condition"] if width else [])]
    return {name: found[name] for name in names}


def session(proto: Any) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    return onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])


def check(fitted: Fitted, cells: Array, names: list[str] | None = None) -> list[str]:
    """All graphs of a model, of one row and of five; returns their names."""
    made = []
    for name, make in GRAPHS.items():
        if why_lacking(fitted, name) is not None or (names is not None and name not in names):
            continue
        graph = make(fitted)
        run = session(traced_with(fitted, name, {}))
        for rows in (1, 5):
            given = queries(fitted, graph, cells, rows)
            with torch.no_grad():
                wanted = graph(*map(torch.from_numpy, given.values()))
            known = {place.name for place in run.get_inputs()}
            found = run.run(None, {key: value for key, value in given.items() if key in known})
            for want, got, output in zip(as_tuple(wanted), found, graph.outputs, strict=True):
                assert got.shape == tuple(want.shape), (name, output)
                np.testing.assert_allclose(got, want.numpy(), rtol=CLOSE, atol=CLOSE, err_msg=f"{name}: {output}")
        made.append(name)
    return made


def as_tuple(found: Any) -> tuple[torch.Tensor, ...]:
    return found if isinstance(found, tuple) else (found,)


@pytest.mark.parametrize("variant", variants.names())
def test_graphs_of_every_variant_answer_as_pytorch(variant: str) -> None:
    options = variants.get(variant)
    y = LABELS[:60] if options.conditional else None
    schema = Schema.infer(DIGITS[:60], y, unlabelled=options.unlabelled)
    fitted = untrained(variant, schema)
    if variant == "gan":
        assert check(fitted, DIGITS[:60]) == ["decoder", "log_prob", "prior_log_prob"]
        return
    made = check(calibrated(fitted, DIGITS[:60], y), DIGITS[:60])
    assert made == ["encoder", "partial_encoder", "decoder", "log_prob", "prior_log_prob", "detector"]


def test_graphs_of_a_teacher_forced_decoder_answer_as_pytorch() -> None:
    schema = Schema.infer(DIGITS[:60])
    torch.manual_seed(0)
    recipe = variants.get("vrae")(steps="rows", teacher_forcing=True).build(schema, LATENTS, Mlp((12,)))
    fitted = perturbed(Fitted(schema, recipe.model, recipe.guide, options={"variant": "vrae"}))
    assert check(fitted, DIGITS[:60], ["decoder", "log_prob"]) == ["decoder", "log_prob"]
    long = Schema.infer(np.random.default_rng(0).random((20, 80)), sequential=True)
    recipe = variants.get("vrae")(teacher_forcing=True).build(long, LATENTS, Mlp((12,)))
    assert "80 steps" in str(why_lacking(Fitted(long, recipe.model), "decoder"))


def rows_of(kind: str) -> tuple[Array, Schema]:
    """Rows of a kind of cells, and their schema."""
    random = np.random.default_rng(0)
    if kind == "colour":
        X: Array = np.stack([DIGITS[:40, :7, :6]] * 3, -1) * 15
        return X, Schema.infer(X)
    if kind == "far":  # seconds since 1970: float32 knows every second minute of them
        X = 1.7e9 + random.integers(0, 10**5, (40, 3)).astype(np.float64)
        return X, Schema.infer(X)
    X = {
        "unit": random.random((40, 6)),
        "binary": random.integers(0, 2, (40, 6)),
        "count": random.poisson(4, (40, 6)),
        "real": np.where(random.random((40, 6)) < 0.2, np.nan, 100 + 3 * random.normal(size=(40, 6))),
    }[kind]
    return X, Schema.infer(X, kind=kind)


@pytest.mark.parametrize("kind", ["unit", "binary", "count", "real", "colour", "far"])
def test_graphs_of_every_kind_of_cells_answer_as_pytorch(kind: str) -> None:
    X, schema = rows_of(kind)
    fitted = untrained("vae", schema)
    assert len(check(fitted, X)) == 5
    dtype = GRAPHS["encoder"](fitted).cells.dtype
    assert dtype == (torch.float64 if kind == "far" else torch.float32)


def test_cells_without_a_training_value_are_not_read() -> None:
    X = np.random.default_rng(0).normal(size=(40, 5))
    X[:, 2] = np.nan
    fitted = untrained("vae", Schema.infer(X))
    run = session(export_of(fitted, "encoder"))
    seen = np.ones((1, 5), dtype=bool)
    x = np.zeros((1, 5), dtype=np.float32)
    other = x.copy()
    other[0, 2] = 7
    np.testing.assert_array_equal(
        run.run(None, {"x": x, "observed": seen}), run.run(None, {"x": other, "observed": seen})
    )


def export_of(fitted: Fitted, name: str) -> Any:
    return traced_with(fitted, name, {})


def table() -> tuple[Array, Schema]:
    pd = pytest.importorskip("pandas")
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "a": random.normal(size=80) * 3 + 100,
            "b": random.choice(list("xyz"), 80),
            "c": random.integers(0, 5, 80),
            "d": random.normal(size=80),
            "e": random.random(80) > 0.3,
        }
    )
    cells, learnt = learn_table(frame, None)
    return cells, learnt.schema(cells, None)


def series() -> tuple[Array, Schema]:
    steps = np.arange(40 * 12)
    X = (np.sin(steps / 3) + 0.1 * np.random.default_rng(0).normal(size=steps.size)).reshape(40, 12)
    return X, Schema.infer(X, sequential=True)


def image() -> tuple[Array, Schema]:
    X = DIGITS[:40, :7, :6]  # odd sides: the coarser levels of the smooth surface are padded
    return X, Schema.infer(X)


CONTEXTS: dict[str, tuple[Callable[[], tuple[Array, Schema]], list[str]]] = {
    "columns": (table, ["log_prob", "context_decoder", "given_others"]),
    "steps": (series, ["log_prob", "context_decoder", "denoiser"]),
    "grid": (image, ["log_prob", "context_decoder"]),
}


@pytest.mark.parametrize("decoder", CONTEXTS)
def test_graphs_of_context_decoders_answer_as_pytorch(decoder: str) -> None:
    rows, names = CONTEXTS[decoder]
    cells, schema = rows()
    assert check(with_context(decoder, schema), cells, names) == names


def test_probabilities_of_a_table_are_those_of_its_columns() -> None:
    cells, schema = table()
    fitted = with_context("columns", schema)
    proto = made_graphs(fitted, ["given_others"])["given_others"]
    about = json.loads({entry.key: entry.value for entry in proto.metadata_props}[KEY])
    x = cells[:3].astype(np.float32)
    found = dict(zip(about["outputs"], session(proto).run(None, {"x": x, "visible": np.ones_like(x)}), strict=True))
    places = about["tokens"]
    names = [column.name for column in schema.modelled]
    assert {names[place] for place in places["levels"]} >= {"b", "e"}
    assert {names[place] for place in places["numbers"]} >= {"a", "d"}
    assert found["levels"].shape[1] == len(places["levels"])
    for share in (found["levels"], found["numbers"]):
        np.testing.assert_allclose(share.sum(-1), 1, atol=1e-5)
    for place, own in zip(places["levels"], found["levels"].swapaxes(0, 1), strict=True):
        code = cells[:3, place].astype(int)
        np.testing.assert_allclose(
            np.log(own[np.arange(3), code]), found["log_prob"][:, place], atol=1e-4, err_msg=names[place]
        )
    a = places["numbers"].index(names.index("a"))
    low, high = np.array(places["intervals"][a]).T
    assert low.min() <= cells[:, 0].min()
    assert high.max() >= cells[:, 0].max()


def test_quantiles_of_series_ascend_and_hold_their_share() -> None:
    X, schema = series()
    fitted = with_context("steps", schema)
    graph: Any = GRAPHS["context_decoder"](fitted)
    given = queries(fitted, graph, X, 5)
    proto = made_graphs(fitted, ["context_decoder"])["context_decoder"]
    found = session(proto).run(None, given)[2]
    shares = json.loads({entry.key: entry.value for entry in proto.metadata_props}[KEY])["quantiles"]
    assert found.shape == (5, len(shares), 12)
    assert (np.diff(found, axis=1) >= 0).all()
    with torch.no_grad():
        own = fitted.model
        assert isinstance(own, ContextModel)
        x, there = graph.weighed(torch.from_numpy(given["x"]), torch.from_numpy(given["visible"]))
        z = torch.from_numpy(given["z"])[None]
        p = own.context(x[None], there[None], own.given(z, None), None, torch.from_numpy(given["has_z"])[None, :, None])
        for place, share in enumerate(shares):
            level = graph.cells.to_model(torch.from_numpy(found[:, place]))
            torch.testing.assert_close(p.cdf(level[None])[0], torch.full((5, 12), share), atol=1e-3, rtol=0)


@pytest.mark.parametrize("with_decoder", [False, True])
def test_a_noisy_series_has_the_clean_steps_of_python_and_bands_that_hold_their_share(with_decoder: bool) -> None:
    X, schema = series()
    fitted = with_context("steps", schema) if with_decoder else untrained("vae", schema)
    x = X[:3].astype(np.float32)
    there = np.ones(x.shape, dtype=bool)
    there[1, :4] = False
    clean, rate, bands = session(export_of(fitted, "denoiser")).run(None, {"x": x, "observed": there})
    batch, noise = Rows.of(x, schema, mask=~there).batch(slice(None)), noise_for(fitted, "normal")
    assert isinstance(noise, AdditiveNormal)
    with torch.no_grad():
        if with_decoder:
            wanted, rates = denoise_by_model(fitted, noise, batch, None, EFFORTS["low"], 0)
            np.testing.assert_allclose(clean, schema.to_user(wanted).reshape(clean.shape), rtol=CLOSE, atol=CLOSE)
            np.testing.assert_allclose(rate, rates, rtol=1e-3)
        else:
            rows = Corrupted(noise, batch.x, batch.observed, None, FIRST_RATE["normal"], find=True)
            guided, rates = guided_posterior(fitted, rows, None)
            p = fitted.model.decode(guided.peak.loc)
            np.testing.assert_allclose(clean, schema.to_user(rows.cleaned(p, rates)).reshape(clean.shape), atol=CLOSE)
            spread = noise.spread(rates, batch.x)
            share = (p.variance / (p.variance + spread.square()))[0]
            middle = torch.where(batch.observed, p.mean[0] + share * (batch.x - p.mean[0]), p.mean[0])
            wide = torch.where(batch.observed, (share.sqrt() * spread)[0], p.variance[0].sqrt())
            for place, quantile in enumerate(QUANTILES):
                level = schema.to_user(middle + float(norm.ppf(quantile)) * wide).reshape(clean.shape)
                np.testing.assert_allclose(bands[:, place], level, atol=1e-3)
    assert (np.diff(bands, axis=1) >= 0).all()


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
