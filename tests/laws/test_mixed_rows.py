"""The laws over rows of columns of every type: numbers, counts, levels, True/False and dates, with missing cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from quintet import VAE
from quintet.data.dataset import Rows
from quintet.errors import InputError, Unanswerable
from quintet.estimators import building
from quintet.models.priors.pseudo_inputs import PseudoColumns
from quintet.models.variant import Variant
from quintet.networks.embed import ColumnInput
from quintet.noise import Noise
from quintet.variants import get, names
from quintet.variants.dr_aae import DrAae
from quintet.variants.ian import Ian
from quintet.variants.vamp import Vamp
from quintet.variants.vrae import Vrae
from tests.laws import mixed
from tests.shared import Shared

IMAGES_ONLY = ("perceptual",)
MIXED = [name for name in names() if name not in IMAGES_ONLY]
WITH_POSTERIOR = [name for name in MIXED if not get(name).answers]
Answered = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="session")
def known(shared: Shared) -> Callable[[str], VAE]:
    """The trained model of a variant, by the variant's name."""
    return lambda name: shared(f"mixed-{name}", lambda: mixed.trained(name))


@pytest.fixture(scope="session")
def answered(known: Callable[[str], VAE]) -> Answered:
    """What a trained model says of the held-out rows, by the variant's name."""
    found: dict[str, dict[str, Any]] = {}

    def of(name: str) -> dict[str, Any]:
        if name not in found:
            found[name] = mixed.answers(known(name))
        return found[name]

    return of


def same(one: Any, two: Any, name: str) -> None:
    """Frames or arrays are equal, bit for bit and type for type."""
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, two, check_exact=True, obj=name)
    else:
        np.testing.assert_array_equal(one, two, err_msg=name)


def cells(vae: VAE, frame: pd.DataFrame) -> Rows:
    """The frame's rows as the model reads them, with the hidden cells missing."""
    condition = np.arange(len(frame)) % 3 if vae.schema_.condition else None
    return Rows.of(vae.schema_.encode(frame), vae.schema_, condition, mixed.hidden())


@pytest.mark.parametrize("name", MIXED)
def test_questions_are_answered_in_legal_values_or_refused_in_one_sentence(
    name: str, known: Callable[[str], VAE], answered: Answered
) -> None:
    for question in get(name).answers:
        with pytest.raises(Unanswerable, match=r"^[^.]+\.$"):
            mixed.ask(known(name), question) if question != "compress" else known(name).compress(mixed.held())
    found = answered(name)
    assert {"generate"} <= {key for key, answer in found.items() if isinstance(answer, pd.DataFrame)}
    for key, answer in found.items():
        if isinstance(answer, pd.DataFrame):
            assert not mixed.illegal(answer), key
            assert list(answer.columns) == list(mixed.held().columns)
        else:
            assert np.isfinite(answer).all(), key
        assert len(answer) == (20 if key == "generate" else mixed.HELD), key


@pytest.mark.parametrize("name", WITH_POSTERIOR)
def test_observed_cells_come_back_as_they_are_and_hidden_ones_are_not_read(
    name: str, known: Callable[[str], VAE], answered: Answered
) -> None:
    vae, held, mask = known(name), mixed.held(), mixed.hidden()
    for key in ("impute", "draw 1", "draw 2"):
        there = held.notna().to_numpy() & ~mask
        assert (answered(name)[key].astype(object).to_numpy() == held.astype(object).to_numpy())[there].all()
    other = mixed.spoiled()
    assert (other.astype(object).to_numpy() != held.astype(object).to_numpy())[mask].mean() > 0.5
    same(vae.impute(other, mask=mask, **mixed.FEW).astype(object), answered(name)["impute"].astype(object), "impute")
    same(vae.log_prob(other, draws=3, mask=mask), answered(name)["log_prob"], "log_prob")


@pytest.mark.parametrize("name", WITH_POSTERIOR)
def test_draw_embedding_and_guide_read_no_hidden_level(name: str, known: Callable[[str], VAE]) -> None:
    vae, found = known(name), []
    for spoil in (lambda x: x, lambda x: x + 1, lambda x: torch.full_like(x, torch.nan)):
        batch = cells(vae, mixed.held()).batch(slice(None))
        x = torch.where(batch.observed, batch.x, spoil(torch.nan_to_num(batch.x)))
        with torch.no_grad():
            draw = vae.fitted_.model.draw(x, batch.observed, Noise(0), batch.condition)
            embedding = vae.fitted_.model.embed(x, batch.observed, batch.condition)
            guess = vae.fitted_.guide.posterior(x, batch.observed.float(), batch.condition)
        found.append((draw.layers[0].z, draw.likelihood.mean, embedding, guess.loc, guess.scale, guess.log_weight))
    for one, *others in zip(*found, strict=True):
        assert torch.isfinite(one).all()
        assert all(torch.equal(one, other) for other in others)


@pytest.mark.parametrize("name", MIXED)
def test_another_fit_has_the_weights_and_the_answers_of_the_file(
    name: str, known: Callable[[str], VAE], answered: Answered
) -> None:
    again, weights = mixed.trained(name), known(name).fitted_.model.state_dict()
    assert all(torch.equal(tensor, weights[key]) for key, tensor in again.fitted_.model.state_dict().items())
    found = mixed.answers(again)
    assert found.keys() == answered(name).keys()
    for key, answer in found.items():
        same(answer, answered(name)[key], key)


@pytest.mark.usefixtures("weights_alone")
@pytest.mark.parametrize("name", WITH_POSTERIOR)
def test_training_reads_no_hidden_cell_and_later_stages_change_no_bit_of_the_joint(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    models: list[Any] = []
    build = building.build

    def spy(*args: Any, **options: Any) -> Any:
        models.append(build(*args, **options))
        return models[-1]

    monkeypatch.setattr(building, "build", spy)
    looks: dict[str, list[torch.Tensor]] = {}

    def look(row: Any) -> None:
        joint = getattr(models[-1].model, "plain", models[-1].model)
        looks[row["stage"]] = [p.detach().clone() for p in joint.parameters()]

    frame, mask, label = mixed.table()[0][:60], np.tile(mixed.hidden(), (5, 1)), mixed.labels(name)
    other = frame.mask(mask, frame.ffill().bfill()[::-1].set_axis(frame.index))
    for rows in (frame, other):
        vae = mixed.small(name, epochs=4, calibration=0.0, training={"ema": 0.0})
        vae.fit(rows, None if label is None else label[:60], mask=mask, callbacks=(look,))
    one, two = (recipe.model.parameters() for recipe in models)
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))
    later = ["guide", "context"] if name in mixed.WITH_CONTEXT else ["guide"]
    *_, trained = (stage for stage in looks if stage not in later)
    assert list(looks)[-len(later) :] == later
    for stage in later:
        assert all(torch.equal(a, b) for a, b in zip(looks[trained], looks[stage], strict=True))


@pytest.mark.parametrize("name", WITH_POSTERIOR)
def test_a_compressed_frame_comes_back(name: str, known: Callable[[str], VAE]) -> None:
    """Without a context decoder, whose files ``tests/tasks/compress`` holds to their rows."""
    plain = mixed.trained(name, context="none") if name in mixed.WITH_CONTEXT else known(name)
    held = mixed.held()
    pd.testing.assert_frame_equal(plain.decompress(plain.compress(held, effort="low")), held)


@pytest.mark.usefixtures("weights_alone")
@pytest.mark.parametrize(
    "variant",
    [Ian(soft=True), DrAae(second="cycle"), Vamp(pseudo_inputs=5, exemplars=True), Vrae(likelihood="mse")],
    ids=["soft", "cycle", "exemplars", "mse"],
)
def test_options_of_variants_hold_for_levels_too(variant: Variant) -> None:
    vae = VAE(variant, **mixed.TINY, calibration=0.0, context="none").fit(mixed.table()[0])
    assert not mixed.illegal(vae.generate(20))


def test_exemplars_start_at_rows_of_columns() -> None:
    scaled = ColumnInput((0, 3, 2), False)
    rows = PseudoColumns(scaled)
    x = torch.tensor([[1.5, 2.0, 0.0], [-3.0, 0.0, 1.0]])
    free, known = rows.free(x, torch.tensor([[True, True, True], [True, False, True]]))
    assert known.tolist() == [[True] * 6, [True, False, False, False, True, True]]
    torch.testing.assert_close(rows.rows(free), scaled.embedding(x), atol=0.03, rtol=0)


def test_teacher_forcing_of_columns_is_refused_in_one_sentence() -> None:
    with pytest.raises(InputError, match=r"^teacher_forcing must be False for columns of a table[^.]*\.$"):
        VAE(Vrae(teacher_forcing=True), **mixed.TINY).fit(mixed.table()[0])


@pytest.mark.parametrize("name", IMAGES_ONLY)
def test_a_variant_of_images_says_so(name: str) -> None:
    with pytest.raises(InputError, match=r"needs images[^.]*\."):
        mixed.small(name).fit(mixed.table()[0])


def test_the_check_of_legal_values_knows_illegal_ones() -> None:
    legal = mixed.table()[0].dropna().infer_objects()
    assert not mixed.illegal(legal)
    strange = {"height": 170.25, "year": 1991, "visits": -1, "town": "Rome", "day": pd.Timestamp("2024-01-01 12:00")}
    for column, value in strange.items():
        assert mixed.illegal(legal.assign(**{column: value}))
        assert mixed.illegal(legal.assign(**{column: None}))
