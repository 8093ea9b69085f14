"""Conditions on the command line: images, numbers, and several columns of labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quintet import VAE, load
from tests.cli.command import invoke, ok
from tests.shared import Shared, hardly_measured

FEW = ("--latent-dim", 2, "--network", "mlp", "--quiet")


@pytest.fixture(scope="module")
def room(shared: Shared) -> Path:
    """Grey pictures, the same in colour, and a model that colours them."""
    return shared.whole("cli-pairs", make_pairs)


def make_pairs(folder: Path) -> None:
    rng = np.random.default_rng(0)
    grey = np.repeat(np.repeat(rng.integers(0, 17, (200, 2, 2)), 2, 1), 2, 2).astype(np.uint8)
    np.save(folder / "grey.npy", grey)
    np.save(folder / "colour.npy", (grey[..., None] / 16 * [1.0, 0.5, 0.0]).astype(np.float32))
    np.save(folder / "one.npy", grey[:1])
    np.save(folder / "flat.npy", grey.reshape(200, -1))
    with hardly_measured():
        ok("fit", folder / "colour.npy", "--condition-images", folder / "grey.npy", "--variant", "cvae",
           "--epochs", 40, "--set", "batch_size=32", "--set", "learning_rate=5e-3", "--set", "ema=0.9",
           "--out", folder / "m.safetensors", *FEW)  # fmt: skip


def test_condition_images_train_and_are_asked_by(room: Path, tmp_path: Path) -> None:
    image = load(room / "m.safetensors").schema_.condition.columns[0].image  # type: ignore[union-attr]
    assert image is not None
    assert image.shape == (4, 4)
    ok("generate", room / "m.safetensors", "--condition-images", room / "grey.npy", "--out", tmp_path / "a.npz")
    made, truth = np.load(tmp_path / "a.npz")["x"], np.load(room / "colour.npy")
    assert made.shape == truth.shape
    assert np.square(made - truth).mean() < 0.5 * np.square(made - np.roll(truth, 1, 0)).mean()
    ok("generate", room / "m.safetensors", "--condition-images", room / "one.npy", "-n", 5, "--out", tmp_path / "b.npy")
    assert np.load(tmp_path / "b.npy").shape == (5, 4, 4, 3)
    python = load(room / "m.safetensors").generate(5, condition=np.load(room / "one.npy")[0], random_state=0)
    np.testing.assert_array_equal(np.load(tmp_path / "b.npy"), python)


def test_questions_take_condition_images(room: Path, tmp_path: Path) -> None:
    inputs = (room / "m.safetensors", room / "colour.npy", "--condition-images", room / "grey.npy")
    vae, rows, grey = load(room / "m.safetensors"), np.load(room / "colour.npy"), np.load(room / "grey.npy")
    ok("denoise", *inputs, "--noise", "normal", "--rate", 0.1, "--limit", 20, "--out", tmp_path / "a.npz")
    clean = vae.denoise(rows[:20], "normal", rate=0.1, condition=grey[:20], random_state=0)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npz")["x"], clean)
    ok("detect", *inputs, "--limit", 20, "--out", tmp_path / "s.npz")
    scores = vae.detect(rows[:20], condition=grey[:20]).scores
    assert np.load(tmp_path / "s.npz")["score"] == pytest.approx(scores)
    mask = np.zeros((4, 4, 3), bool)
    mask[:2] = True
    np.save(tmp_path / "mask.npy", mask)
    ok("impute", *inputs, "--mask", tmp_path / "mask.npy", "--limit", 20, "--out", tmp_path / "i.npz")
    filled = vae.impute(rows[:20], mask=mask, condition=grey[:20], random_state=0)
    np.testing.assert_array_equal(np.load(tmp_path / "i.npz")["x"], filled)
    ok("compress", *inputs, "--limit", 20, "--out", tmp_path / "c.qnt")
    assert len((tmp_path / "c.qnt").read_bytes()) == len(vae.compress(rows[:20], grey[:20]))
    ok("decompress", room / "m.safetensors", tmp_path / "c.qnt", "--out", tmp_path / "back.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "back.npy"), rows[:20])
    figures = ok("evaluate", *inputs, "--limit", 20, "--json").output
    assert '"rows": 6' in figures
    assert '"rows_trained_on": 14' in figures


def test_condition_images_that_do_not_fit_are_refused_in_a_sentence(room: Path, models: Path, tmp_path: Path) -> None:
    colour, grey = ("fit", room / "colour.npy", "--out", tmp_path / "n.safetensors"), room / "grey.npy"
    model = room / "m.safetensors"
    for words, arguments in (
        ("needs a conditional variant, got vae", (*colour, "--condition-images", grey)),
        ("200 in all, got 1", (*colour, "--variant", "cvae", "--condition-images", room / "one.npy")),
        ("got (16,)", (*colour, "--variant", "cvae", "--condition-images", room / "flat.npy")),
        ("--only or --except", ("fit", "digits", "--only", "0-3", "--variant", "cvae", "--condition-images", grey,
                                "--out", tmp_path / "n.safetensors")),
        ("no file", ("generate", model, "--condition-images", "nothing.npy", "--out", tmp_path / "a.npz")),
        ("3 in all, got 200", ("generate", model, "-n", 3, "--condition-images", grey,
                                         "--out", tmp_path / "a.npz")),
        ("leave out one of them", ("generate", model, "--condition", 3, "--condition-images", grey,
                                   "--out", tmp_path / "a.npz")),
        ("trained on condition images", ("generate", models / "labelled.safetensors", "--condition-images", grey,
                                       "--out", tmp_path / "a.npz")),
        ("must be images of shape (4, 4)", ("generate", model, "--condition-images", room / "colour.npy",
                                          "--out", tmp_path / "a.npz")),
    ):  # fmt: skip
        refused = invoke(*arguments)
        assert refused.exit_code == 2, refused.output
        assert words in " ".join(refused.output.split())
        assert "Traceback" not in refused.output


def test_several_columns_of_labels_are_conditions_by_their_names(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    age, sex = rng.uniform(20, 80, 300).round(1), rng.choice(["female", "male"], 300)
    height = 170 + 10 * (sex == "male") + rng.normal(size=300)
    lines = [f"{h},{a},{s},{0.4 * h + a}" for h, a, s in zip(height, age, sex, strict=True)]
    (tmp_path / "people.csv").write_text("height,age,sex,weight\n" + "\n".join(lines) + "\n")
    model = tmp_path / "m.safetensors"
    ok("fit", tmp_path / "people.csv", "--label", "sex,age", "--variant", "cvae", "--epochs", 40, "--set",
       "batch_size=32", "--set", "learning_rate=5e-3", "--set", "ema=0.9", "--context", "none",
       "--out", model, *FEW)  # fmt: skip
    vae = load(model)
    assert vae.schema_.feature_names == ("height", "weight")
    columns = vae.schema_.condition.columns  # type: ignore[union-attr]
    assert [column.name for column in columns] == ["sex", "age"]
    assert columns[0].levels == ("female", "male")
    assert columns[1].levels is None
    assert columns[1].mean == pytest.approx(age.mean())
    means = {}
    for sex_, age_ in (("male", 70), ("female", 30)):
        out = tmp_path / f"{sex_}.csv"
        ok("generate", model, "-n", 200, "--condition", f"sex={sex_},age={age_}", "--out", out)
        assert out.read_text().startswith("height,weight,sex,age\n")
        means[sex_] = np.genfromtxt(out, delimiter=",", skip_header=1, usecols=(0, 1)).mean(0)
    assert means["male"][0] > means["female"][0] + 4
    assert means["male"][1] > means["female"][1] + 20
    ok("generate", model, "-n", 20, "--out", tmp_path / "any.csv")
    refused = invoke(
        "fit", tmp_path / "people.csv", "--label", "sex,agee", "--variant", "cvae", "--out", model, "--force"
    )
    assert refused.exit_code == 2
    assert "'agee'" in refused.output


def test_a_number_is_a_condition(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    dose = rng.random(300)
    np.savetxt(tmp_path / "d.csv", np.stack([dose, 3 * dose + 0.1 * rng.normal(size=300), rng.normal(size=300)], 1),
               delimiter=",", header="dose,effect,other", comments="")  # fmt: skip
    model = tmp_path / "m.safetensors"
    ok("fit", tmp_path / "d.csv", "--label", "dose", "--variant", "cvae", "--epochs", 60, "--context", "none",
       "--out", model, *FEW)  # fmt: skip
    means = []
    for value in (0.1, 0.9):
        ok("generate", model, "-n", 200, "--condition", value, "--out", tmp_path / f"{value}.csv")
        drawn = np.genfromtxt(tmp_path / f"{value}.csv", delimiter=",", names=True)
        assert drawn.dtype.names == ("effect", "other", "label")
        means.append(drawn["effect"].mean())
    assert means[1] - means[0] > 1


def test_a_text_column_beside_numbers_leaves_them_numbers() -> None:
    age = np.linspace(20, 80, 200).round(1)
    y = np.stack([np.where(age > 50, "old", "young"), age.astype(str)], 1)
    vae = VAE("cvae", latent_dim=2, network="mlp", epochs=1).fit(np.stack([age, age**2], 1), y)
    columns = vae.schema_.condition.columns  # type: ignore[union-attr]
    assert columns[0].levels == ("old", "young")
    assert columns[1].levels is None
    assert vae.generate(3, condition={"y0": "old", "y1": 71.5}).shape == (3, 2)
