"""semi and Classifier: classes from few labels, -1 for none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from quintet import VAE, Classifier, load
from quintet.data.dataset import Batch, Rows
from quintet.data.schema import Schema
from quintet.errors import FileRefused, InputError
from quintet.models import semi_supervised
from quintet.models.augmentation import augment_rows
from quintet.models.objectives.elbo import ELBO
from quintet.models.recipe import Recipe, StepContext
from quintet.networks import Mlp
from quintet.noise import Noise
from quintet.training import Training, fit
from quintet.variants.semi import SemiSupervised

SMALL: dict[str, Any] = {"latent_dim": 3, "network": {"kind": "mlp", "hidden": (16,)}, "calibration": 0.0}


def digits() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Images, labels, and labels of which four a class are left."""
    data = load_digits()
    few = np.full(len(data.target), -1)
    for label in range(10):
        few[np.flatnonzero(data.target == label)[:4]] = label
    return data.images.astype(np.uint8), data.target, few


def test_few_labels_and_many_rows_tell_the_classes_better_than_the_few_labels_alone() -> None:
    X, y, few = digits()
    plan = {"batch_size": 64, "learning_rate": 3e-3, "ema": 0.99}
    errors = []
    for rows in (slice(0, 900), np.flatnonzero(few[:900] >= 0)):
        epochs = 40 if isinstance(rows, slice) else 400
        schema = Schema.infer(X[rows], few[rows], unlabelled=-1)
        variant = SemiSupervised(width=16)
        torch.manual_seed(0)
        recipe = variant.build(schema, 3, Mlp((16,)))
        train = variant.arranged(Rows.of(X[rows], schema, few[rows], partly=True))
        fit(
            Recipe(recipe.model, recipe.stages[:1]),
            train,
            None,
            Training(epochs=epochs, precision="fp32", **plan),
            0,
        )
        test = Rows.of(X[900:], schema).batch(slice(None))
        with torch.no_grad():
            found = recipe.model.eval().classify(test.x, test.observed).argmax(1).numpy()
        errors.append(float((found != y[900:]).mean()))
    assert errors[0] < 0.11  # about .08, and .145 of the labels alone
    assert errors[0] < errors[1] - 0.03


def small_model(rows: int = 5) -> tuple[semi_supervised.Semi, Batch]:
    X, y, _ = digits()
    schema = Schema.infer(X[:50], y[:50], unlabelled=-1)
    torch.manual_seed(0)
    model = SemiSupervised().build(schema, 3, Mlp((16,))).model.eval()
    assert isinstance(model, semi_supervised.Semi)
    return model, Rows.of(X[:rows], schema, np.full(rows, -1), partly=True).batch(slice(None))


class Same(Noise):
    """Noise that is zero, so that bounds can be compared."""

    def normal(self, batch: int, *shape: int) -> torch.Tensor:
        return torch.zeros(1, batch, *shape)


def test_the_bound_of_a_row_without_label_sums_over_the_classes() -> None:
    model, batch = small_model()
    log_q = model.classify(batch.x, batch.observed)
    wanted = torch.zeros(len(batch))
    for place in range(10):
        y = torch.eye(10)[place].expand(len(batch), -1)
        given = ELBO()(batch.x, batch.observed, model.draw(batch.x, batch.observed, Same(0), y)).loss
        given = given - model.log_shares[place] + log_q[:, place]
        wanted = wanted + log_q[:, place].exp() * given
        alone = semi_supervised.bound(
            model, Batch(batch.x, batch.observed, y), log_q, None, Same(0), StepContext()
        ).loss
        torch.testing.assert_close(alone, given - log_q[:, place], rtol=1e-4, atol=1e-3)
    found = semi_supervised.bound(model, batch, log_q, None, Same(0), StepContext()).loss
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-3)


def test_labels_come_as_often_as_asked_and_weigh_as_before() -> None:
    X, _, few = digits()
    schema = Schema.infer(X, few, unlabelled=-1)
    rows = Rows.of(X, schema, few, partly=True)
    assert schema.condition is not None
    assert schema.condition.columns[0].levels == tuple(range(10))
    more = SemiSupervised(share=0.3).arranged(rows)
    assert more.condition is not None
    assert more.weight is not None
    known = semi_supervised.labelled(more.condition)
    assert float(known.float().mean()) == pytest.approx(0.3, abs=0.02)
    assert float(more.weight[known].sum() / more.weight.sum()) == pytest.approx(40 / len(X), rel=1e-4)


def test_varied_images_keep_their_ink_and_hidden_cells_stay_unread() -> None:
    x = torch.from_numpy(digits()[0][:20]).float().unsqueeze(1)
    observed = torch.ones_like(x, dtype=torch.bool)
    observed[:, :, :2] = False
    moved, there = augment_rows(x, observed, Noise(0))
    assert not torch.equal(moved, x)
    assert there.any(), "some cells are left"
    other, there_too = augment_rows(torch.where(observed, x, torch.nan), observed, Noise(0))
    assert torch.equal(there, there_too)
    assert torch.equal(moved, other)


def test_classifier_takes_text_comes_back_from_a_file_and_answers_the_five_questions(tmp_path: Path) -> None:
    X, _, few = digits()
    names = np.array([f"d{label}" if label >= 0 else "-1" for label in few])[:150]
    model = Classifier(VAE(SemiSupervised(width=4), epochs=3, **SMALL)).fit(X[:150], names)
    assert model.classes_.tolist() == [f"d{i}" for i in range(10)]
    shares = model.predict_proba(X[150:200])
    np.testing.assert_allclose(shares.sum(1), 1)
    assert (model.predict(X[150:200]) == model.classes_[shares.argmax(1)]).all()
    model.save(tmp_path / "few.safetensors")
    again = Classifier.load(tmp_path / "few.safetensors")
    np.testing.assert_array_equal(again.predict_proba(X[150:200]), shares)
    assert load(tmp_path / "few.safetensors").generate(2, condition="d3").shape == (2, 8, 8)
    plain = VAE(epochs=1, **SMALL).fit(X[:60])
    plain.save(tmp_path / "plain.safetensors")
    with pytest.raises(FileRefused, match="without a classifier"):
        Classifier.load(tmp_path / "plain.safetensors")
    with pytest.raises(InputError, match="must be one of the training labels"):
        model.vae_.transform(X[:2], condition=["d1", "-1"])


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (np.full(60, -1), "label some rows"),
        (None, "requires y"),
        (np.zeros(3, int), "each of 60 rows, -1 for none, got 3"),
        (np.linspace(0, 1, 60), "continuous"),
    ],
)
def test_labels_that_cannot_serve_are_refused(y: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Classifier(VAE("semi", epochs=1, **SMALL)).fit(digits()[0][:60], y)


def test_options_and_other_variants_are_refused() -> None:
    with pytest.raises(InputError, match="share"):
        SemiSupervised(share=1.0)
    with pytest.raises(InputError, match="most"):
        SemiSupervised(most=0)
    with pytest.raises(InputError, match="must have a classifier inside"):
        Classifier(VAE("cvae")).fit(digits()[0][:60], digits()[1][:60])


def test_guesses_are_brought_to_the_classes_shares_before_they_are_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).normal(size=(400, 3))
    y = np.where(np.arange(400) < 8, np.arange(400) % 2, -1)
    schema = Schema.infer(rows, y, unlabelled=-1)
    model = SemiSupervised(width=4).build(schema, 2, Mlp((8,))).model
    assert isinstance(model, semi_supervised.Semi)
    batch = Rows.of(rows, schema, y, partly=True).batch(slice(None))
    unknown = torch.from_numpy(y < 0)

    def agreed_loss(first: float) -> torch.Tensor:
        """Loss of rows without a label if all have the same class probabilities, q(0|x) = first."""
        one = torch.tensor([first, 1 - first]).log()
        monkeypatch.setattr(model, "classify", lambda x, observed: one.expand(len(x), 2))
        return semi_supervised.consistency(model, batch, 0.6, Noise(0)).loss[unknown]

    assert float(agreed_loss(0.7).abs().max()) == 0  # a single class contradicts the labels: no guess is used
    half = torch.tensor([[0.05, 0.95], [0.95, 0.05]]).log()[(torch.arange(400) % 2)]
    monkeypatch.setattr(model, "classify", lambda x, observed: half)
    assert (
        float(semi_supervised.consistency(model, batch, 0.6, Noise(0)).loss[unknown].min()) > 0.01
    )  # both classes: all are
