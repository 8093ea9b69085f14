"""Lines of text by one model: the questions and what is refused, with a decoder whose probabilities are known."""

from __future__ import annotations

import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quintet import VAE, Text, load
from quintet.data.sequences.text.vocabulary import END, HALVES, PAD, PIECES
from quintet.errors import FileRefused, InputError, QuintetWarning, Unanswerable
from quintet.estimators._text.drawing import LineRules, nucleus
from quintet.estimators._text.edits import Neighbours, one_edit, plain_edits
from quintet.estimators._text.part_scores import Part, part_log_probs
from quintet.estimators._text.token_rows import TextModel
from tests.shared import Shared, hardly_measured
from tests.text_model import LINES, fitted_text

HELD = ["the cat sat", "a dog ran", ""]


@pytest.fixture(scope="module")
def text(shared: Shared) -> Text:
    return fitted_text(shared)


@pytest.fixture(scope="module")
def plain(shared: Shared) -> Text:
    """The same without the decoder: its codec is the library's own."""
    found = fitted_text(shared)
    fitted = found.vae_.fitted_
    fitted.model = fitted.model.plain
    return found


@pytest.fixture(scope="module")
def real(shared: Shared) -> Text:
    """A model with the decoder that the library trains."""

    def fit() -> Text:
        with warnings.catch_warnings(), hardly_measured():
            warnings.simplefilter("ignore", QuintetWarning)
            vae = VAE(latent_dim=2, network={"kind": "mlp", "hidden": (8,)}, epochs=2)
            return Text(vae).fit(LINES)

    found: Text = shared("text-real", fit)
    return found


def test_a_trained_model_answers_all_five(real: Text) -> None:
    assert real.decompress(real.compress([*HELD, "日本 \udcff"])) == [*HELD, "日本 \udcff"]
    assert real.impute(["the c_t sat", "a do_ sat"]) == ["the cat sat", "a dog sat"]
    assert real.denoise(["the cta sat", "a dog sat"]).lines == ["the cat sat", "a dog sat"]
    assert set(real.generate(20, temperature=0.3)) & set(LINES)
    found = real.detect([*HELD, "qqqq zzzz"])
    assert found.p_values[3] == found.p_values.min()
    usual, odd = real.log_prob(["the cat sat", "tac sat teh"], draws=2)
    assert usual > odd + 5


def test_steps_around_a_word_weigh_as_whole_rows_do(real: Text) -> None:
    model = TextModel.of(real.vae_)
    rows, _ = model.description.rows(["the cat sat", "a dog sat"])
    whole = part_log_probs(model, [Part(row, 0, len(row)) for row in rows], None, 16)
    before = part_log_probs(model, [Part(row, 0, 4) for row in rows], None, 16)
    behind = part_log_probs(model, [Part(row, 4, len(row)) for row in rows], None, 16)
    assert before + behind == pytest.approx(whole, abs=1e-4)
    given = model.rows(rows).batch(slice(None))
    chain = model.model.without_latents(len(rows))
    assert whole == pytest.approx(chain.log_prob(given.x[None])[0].sum(1).numpy(), abs=1e-3)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=5))
def test_lines_are_compressed_without_loss(plain: Text, lines: list[str]) -> None:
    assert plain.decompress(plain.compress(lines, effort="low")) == lines


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"the cat sat",
        b"a dog ran\r\nthe cat\r\n",
        b"\xef\xbb\xbfthe cat\n\n\xff\xfe\xc3\n",
        bytes(range(256)),
        b"the cat sat on " * 200,
    ],
    ids=["empty", "one end", "no end", "windows", "not utf-8", "every byte", "a long line"],
)
def test_a_file_is_compressed_byte_for_byte(plain: Text, content: bytes) -> None:
    assert plain.decompress(plain.compress(content)) == content


def test_likely_lines_cost_fewer_bits_than_others(text: Text) -> None:
    usual, odd = ([line] * 50 for line in ("the cat sat", "tac sat the"))
    assert text.vae_.fitted_.model.has_context
    likely, strange = (float(text.log_prob(lines, draws=2)[0]) for lines in (usual, odd))
    assert likely > strange + 5


def test_a_damaged_or_foreign_file_is_refused(plain: Text) -> None:
    blob = bytearray(plain.compress(HELD))
    with pytest.raises(FileRefused, match="damaged or cut short"):
        plain.decompress(bytes(blob[:-1]))
    blob[len(blob) // 2] ^= 1
    with pytest.raises(FileRefused, match="damaged or cut short"):
        plain.decompress(bytes(blob))
    with pytest.raises(FileRefused, match="holds no compressed text"):
        plain.decompress(b"QNT0 and so on")


def test_generated_lines_begin_with_the_prompt_and_follow_the_counts(text: Text) -> None:
    lines = text.generate(40, prompt="the ")
    assert len(lines) == 40
    assert all(line.startswith("the ") for line in lines)
    assert len(set(lines)) > 5
    pairs = {a + b for line in LINES for a, b in pairwise(line)}
    drawn = [a + b for line in lines for a, b in pairwise(line[3:])]
    assert np.mean([pair in pairs for pair in drawn]) > 0.9
    assert text.generate(40, prompt="the ") == lines
    assert text.generate(9, prompt="the ", batch_rows=2) == lines[:9]
    assert text.generate(5, random_state=1) != text.generate(5, random_state=2)


def test_temperature_and_top_p_leave_probable_tokens_alone(text: Text) -> None:
    assert len(set(text.generate(20, prompt="a ", temperature=0))) == 1
    assert len(set(text.generate(20, prompt="a ", top_p=1e-6))) == 1
    assert text.generate(1, prompt="a ", top_p=1e-6) == text.generate(1, prompt="a ", temperature=0)
    hot = {sign for line in text.generate(30, temperature=100.0) for sign in line}
    assert len(hot) > len({sign for line in text.generate(30, temperature=0.5) for sign in line})


def test_a_prompt_longer_than_a_row_is_kept_whole(text: Text) -> None:
    prompt = "the cat ran to the dog " * 4
    assert all(line.startswith(prompt) for line in text.generate(3, prompt=prompt))


def test_more_lines_than_memory_holds_are_refused(text: Text) -> None:
    with pytest.raises(InputError, match="n must be at most"):
        text.generate(10**11)


def test_hot_tokens_are_text_all_the_same(text: Text) -> None:
    for line in text.generate(100, temperature=1000.0):
        assert line == line.encode("utf-8").decode("utf-8")


def test_a_drawn_line_ends_once_and_its_half_bytes_come_in_pairs() -> None:
    rules, like = LineRules(), torch.zeros(1, 3, 1, PIECES + 2)
    first = rules.allowed(like)
    assert not first[..., PAD].any()
    assert first[..., 1:].all()
    rules.follow(torch.tensor([[[float(HALVES)], [float(END)], [float(PIECES)]]]))
    half, ended, letter = rules.allowed(like)[0, :, 0]
    assert half.nonzero()[:, 0].tolist() == list(range(HALVES, PIECES))
    assert ended.nonzero()[:, 0].tolist() == [PAD]
    assert torch.equal(letter, first[0, 0, 0])
    rules.follow(torch.tensor([[[float(HALVES)], [float(PAD)], [float(HALVES)]]]))
    assert torch.equal(rules.allowed(like)[0, 0, 0], first[0, 0, 0])
    assert rules.allowed(like)[0, 1, 0].nonzero()[:, 0].tolist() == [PAD]


@pytest.mark.parametrize(("top_p", "kept"), [(1.0, 4), (0.95, 4), (0.9, 3), (0.49, 1), (0.51, 2), (1e-9, 1)])
def test_the_nucleus_is_the_fewest_tokens_with_that_probability(top_p: float, kept: int) -> None:
    shares = torch.tensor([0.3, 0.5, 0.08, 0.12]).log()
    found = nucleus(shares, top_p)
    assert int(found.isfinite().sum()) == kept
    assert set(found.isfinite().nonzero()[:, 0].tolist()) == set([1, 0, 3, 2][:kept])


def test_marked_characters_are_filled_by_both_sides(text: Text) -> None:
    assert text.impute(["the c_t sat", "a do_ sat", "no marks"]) == ["the cat sat", "a dog sat", "no marks"]
    assert text.impute(["the c#t"], mark="#") == ["the cat"]
    drawn = text.impute(["_he dog"], draws=30)
    assert len(drawn) == 30
    assert all(len(line) == 7 and line.endswith("he dog") for (line,) in drawn)
    assert sum(line == "the dog" for (line,) in drawn) > 15
    long = "the cat ran to the dog " * 5
    assert text.impute([f"{long}the c_t"]) == [f"{long}the cat"]


def test_what_is_filled_in_is_no_end_of_a_line(text: Text) -> None:
    for (line,) in text.impute(["a cat ran_____"], draws=20):
        assert len(line) == len("a cat ran_____")


def test_answers_have_the_form_of_the_question(text: Text, plain: Text) -> None:
    series = pd.Series(["the c_t", "a dog"], index=["x", "y"])
    assert text.impute(series).to_dict() == {"x": "the cat", "y": "a dog"}
    assert text.impute(np.array(["the c_t"])).tolist() == ["the cat"]
    back = plain.decompress(plain.compress(np.array(HELD)))
    assert isinstance(back, np.ndarray)
    assert back.tolist() == HELD
    assert text.impute([]) == []


def test_strange_lines_and_the_words_in_them(plain: Text) -> None:
    found = plain.detect([*HELD, "qqqq zzzz", "the cat sat qq"])
    assert len(found) == 5
    assert found.scores[3] > found.scores[:3].max()
    assert found.p_values[3] == found.p_values.min()
    assert [len(nats) for nats in found.characters] == [len(line) for line in found.lines]
    assert found.strangest_words()[3] in ("qqqq", "zzzz")
    table = found.words()
    assert table["nats"] == sorted(table["nats"], reverse=True)
    assert {(i, p): w for i, p, w in zip(table["line"], table["position"], table["word"], strict=True)}[4, 8] == "sat"
    assert list(found.to_frame("pandas").columns) == ["score", "p_value", "is_anomaly", "strangest_word", "text"]
    assert "Detections of 5 lines" in repr(found)
    assert len(plain.detect([])) == 0


def test_p_values_of_a_long_line_count_its_rows(plain: Text) -> None:
    rows, _ = plain.description_.rows(["the cat sat " * 20])
    found = plain.detect(["the cat sat " * 20])
    each = plain.vae_.detect(rows)
    assert found.p_values[0] == min(1.0, len(rows) * each.p_values.min())
    assert found.scores[0] == each.scores.max()


def test_surprise_is_that_of_the_tokens_of_each_character(plain: Text) -> None:
    line = "the é sat"
    found = plain.detect([line])
    rows, _ = plain.description_.rows([line])
    where = plain.vae_.detect(rows).where[0]
    assert found.characters[0][0] == pytest.approx(where[0])
    assert found.characters[0][4] == pytest.approx(where[4:8].sum())  # four half bytes
    assert found.characters[0].sum() == pytest.approx(where[: len(line) + 3].sum(), rel=1e-5)


def test_typos_are_suggested_and_mended_not_silently(text: Text) -> None:
    lines = ["the cta sat", "a dog sat", "the dgo ran"]
    found = text.denoise(lines)
    assert found.lines == ["the cat sat", "a dog sat", "the dog ran"]
    best = [each for each, put in zip(found.suggestions, found.applied, strict=True) if put]
    assert [(each.line, each.position, each.word, each.suggestion) for each in best] == [
        (0, 4, "cta", "cat"),
        (2, 4, "dgo", "dog"),
    ]
    assert all(0.5 <= each.probability <= 1 for each in best)
    assert text.denoise(lines, threshold=1.0).lines == lines
    assert len(text.denoise(lines, threshold=1.0).suggestions) == len(found.suggestions)
    assert "2 words corrected" in repr(found)
    assert list(found.to_frame("pandas").columns) == [
        "line",
        "position",
        "word",
        "suggestion",
        "probability",
        "applied",
    ]


def test_probabilities_of_the_suggestions_for_a_word_add_up_to_at_most_one(text: Text) -> None:
    totals: dict[Any, float] = {}
    for each in text.denoise(["the dat sat", "a cag ran", "teh doog"]).suggestions:
        totals[each.line, each.position] = totals.get((each.line, each.position), 0.0) + each.probability
    assert totals
    assert max(totals.values()) <= 1 + 1e-9


def test_a_higher_rate_of_typos_makes_suggestions_more_probable(text: Text) -> None:
    few, many = (text.denoise(["the cta sat"], rate=rate).suggestions[0].probability for rate in (1e-4, 0.2))
    assert few < many


def test_a_typo_far_down_a_long_line_is_mended(text: Text) -> None:
    long = "the cat ran to the dog " * 30
    assert text.denoise([f"{long}the cta sat"]).lines == [f"{long}the cat sat"]


def test_a_saved_model_comes_back_as_text(plain: Text, tmp_path: Path) -> None:
    path = tmp_path / "lines.safetensors"
    plain.save(path)
    again = load(path)
    assert isinstance(again, Text)
    assert again.description_ == plain.description_
    blob = plain.compress(HELD)
    assert again.decompress(blob) == HELD
    assert np.array_equal(again.transform(HELD), plain.transform(HELD))


def test_latents_of_lines(plain: Text) -> None:
    lines = [*HELD, "the cat ran to the dog " * 3]
    z = plain.transform(lines)
    rows, owners = plain.description_.rows(lines)
    assert z.shape == (4, 2)
    assert z[3] == pytest.approx(np.asarray(plain.vae_.transform(rows))[owners == 3].mean(0))
    assert plain.transform([]).shape == (0, 2)


def test_what_needs_the_decoder_says_so_without_it(plain: Text) -> None:
    for ask in (plain.generate, lambda: plain.impute(["c_t"]), lambda: plain.denoise(["the cta"])):
        with pytest.raises(Unanswerable, match="sees the tokens that are known"):
            ask()


@pytest.mark.parametrize(("lines", "words"), [([], "got no lines"), (["", ""], "got 2 empty lines")])
def test_lines_without_characters_train_nothing(lines: list[str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Text().fit(lines)


def test_labels_must_be_one_for_each_line() -> None:
    with pytest.raises(InputError, match="one class for each of 2 lines"):
        Text().fit(["a", "b"], [1])


def test_conditions_follow_the_lines(shared: Shared) -> None:
    def fit() -> Text:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", QuintetWarning)
            vae = VAE("cvae", latent_dim=2, network={"kind": "mlp", "hidden": (8,)}, epochs=1, context="none")
            return Text(vae, steps=8).fit(LINES, [len(line) % 2 for line in LINES])

    text = shared("text-classes", fit)
    lines = ["the cat ran to the dog", "a"]
    assert text.schema_.condition is not None
    assert text.decompress(text.compress(lines, [0, 1])) == lines
    assert len(text.detect(lines, condition=[0, 1])) == 2
    with pytest.raises(InputError, match="one for each of 2 lines, got 3"):
        text.detect(lines, condition=[0, 1, 1])


WORDS = st.text("abc", max_size=6)


@given(a=WORDS, b=WORDS)
def test_one_edit_is_what_it_says(a: str, b: str) -> None:
    letters = "abc"
    replaced = {a[:i] + x + a[i + 1 :] for i in range(len(a)) for x in letters}
    lost = {a[:i] + a[i + 1 :] for i in range(len(a))}
    added = {a[:i] + x + a[i:] for i in range(len(a) + 1) for x in letters}
    exchanged = {a[:i] + a[i + 1] + a[i] + a[i + 2 :] for i in range(len(a) - 1)}
    if a != b:
        assert one_edit(a, b) == (b in replaced | lost | added | exchanged)
        assert set(plain_edits(a)) == (lost | exchanged) - {a, *([""] if len(a) == 1 else [])}


@given(words=st.lists(WORDS, max_size=12, unique=True), word=WORDS)
def test_neighbours_are_all_known_words_one_edit_away(words: list[str], word: str) -> None:
    found = Neighbours(dict.fromkeys(words, 1)).of(word)
    assert sorted(found) == sorted(other for other in words if other != word and one_edit(word, other))
