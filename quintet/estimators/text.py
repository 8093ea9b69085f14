"""Text: one model of lines of text, and the five questions about them."""

from __future__ import annotations

from typing import Any, Self

from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from quintet import arguments as a
from quintet.arguments.checking import constructor, hold_parameters
from quintet.data.schema import Array, Schema
from quintet.data.sequences.text.description import TextDescription
from quintet.data.sequences.text.reading import read_lines
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._answers.fitted_estimator import seed_for
from quintet.estimators._text import coding, denoising, detecting, generating, imputing, latents, training
from quintet.estimators._text.corrections import TextCorrections
from quintet.estimators._text.detections import TextDetections
from quintet.estimators._text.token_rows import TextModel
from quintet.estimators.fitted_repr import fitted_repr
from quintet.estimators.vae import VAE
from quintet.tasks.detect.decision import Decision


class Text(BaseEstimator):  # type: ignore[misc]
    """Lines of text: new ones, missing and strange characters, typos, and files in few bits.

    A line becomes rows of tokens of one ``VAE``: its characters, an end, and padding. Every Unicode string and every
    file can be written so, characters that training has not seen as their bytes; a line longer than a row goes on in
    further rows.

    Parameters
    ----------
    vae : VAE, default=None
        The model to train, with its parameters; it is cloned. None: ``VAE()``, or ``VAE("cvae")`` where ``fit`` is
        given labels.
    tokens : {"characters", "bytes", "byte_pairs"}, default="characters"
        What a token is; "byte_pairs": pieces of words, learnt by the package tokenizers.
    vocabulary : int, default=1000
        Most pieces of a vocabulary of byte pairs.
    steps : int, default=None
        Tokens of a row; None: as many as hold 99 % of the lines, at most 256.
    random_state : int, RandomState instance or None, default=0
        Seed of the model; it takes the place of ``vae``'s.

    Attributes
    ----------
    vae_ : VAE
        The trained model of rows of tokens.
    description_ : TextDescription
        The vocabulary, and the steps of a row.

    Examples
    --------
    >>> from quintet import VAE, Text
    >>> lines = ["the cat sat", "the dog sat", "a cat ran"] * 30
    >>> text = Text(VAE(epochs=2)).fit(lines)
    >>> text.decompress(text.compress(["the cat ran", "日本"]))
    ['the cat ran', '日本']
    """

    __repr__ = fitted_repr

    @constructor
    def __init__(
        self,
        vae: VAE | None = None,
        *,
        tokens: a.TextTokens = "characters",
        vocabulary: a.Count = 1000,
        steps: a.StepsWithEnds | None = None,
        random_state: a.RandomState | None = 0,
    ) -> None:
        self.vae: VAE | None = vae
        self.tokens: a.TextTokens = tokens
        self.vocabulary: a.Count = vocabulary
        self.steps: a.StepsWithEnds | None = steps
        self.random_state: a.RandomState | None = random_state

    @public
    def fit(
        self, lines: a.LinesLike, y: a.Labels | None = None, *, checkpoint: a.File | None = None, resume: bool = False
    ) -> Self:
        """Train on lines.

        Parameters
        ----------
        lines : strings, one for each line, or the path or the bytes of a file in UTF-8.
        y : (n,), a class of each line for a conditional variant; others ignore it.
        checkpoint, resume : as in ``VAE.fit``.
        """
        hold_parameters(self)
        found = read_lines(lines).all
        model = VAE("vae" if y is None else "cvae") if self.vae is None else clone(self.vae)
        model.set_params(random_state=self.random_state)
        chosen = (self.tokens, self.vocabulary, self.steps)
        self.vae_ = training.fitted(model, found, y, chosen, {"checkpoint": checkpoint, "resume": resume})
        return self

    @classmethod
    @public
    def of(cls, vae: a.FittedVAE) -> Self:
        """Around a trained model of rows that were cut from text."""
        found = vae.schema_.sequence
        if not isinstance(found, TextDescription):
            raise InputError("vae must be a model of lines of text: make one by Text().fit(lines).")
        made = cls(vae, tokens=found.tokens, steps=found.steps, random_state=vae.random_state)
        made.vae_ = vae
        return made

    @property
    def schema_(self) -> Schema:
        """What a row of the model is."""
        check_is_fitted(self, "vae_")
        schema: Schema = self.vae_.schema_
        return schema

    @property
    def description_(self) -> TextDescription:
        """The vocabulary, and the steps of a row."""
        return TextModel.of(self.vae_).description

    @public
    def generate(
        self,
        n: a.Count = 1,
        *,
        prompt: a.Prompt = "",
        temperature: a.NotNegative = 1.0,
        top_p: a.TopP = 1.0,
        condition: a.Condition | None = None,
        batch_rows: a.BatchRows = 256,
        random_state: a.RandomState | None = None,
    ) -> list[str]:
        """New lines, at most as long as a row behind the prompt.

        Parameters
        ----------
        n : how many.
        prompt : what every line begins with.
        temperature : of the tokens: below 1 probable ones become more probable; 0: the most probable one.
        top_p : draw from the fewest tokens that have this probability together.
        condition : class of all lines, or of each; None: drawn as in the training lines.
        random_state : seed; None: the model's, so that the same call gives the same lines.
        """
        text = self._model("generate")
        seed = seed_for(self.vae_, random_state)
        return generating.generate(text, n, prompt, condition, temperature, top_p, batch_rows, seed)

    @public
    def impute(
        self,
        lines: a.LinesLike,
        *,
        mark: a.Mark = "_",
        draws: a.DrawsOrMean = 0,
        condition: a.Condition | None = None,
        batch_rows: a.BatchRows = 128,
        random_state: a.RandomState | None = None,
    ) -> Any:
        """Lines with a character in the place of each mark, by what stands on both sides.

        Parameters
        ----------
        mark : what stands for a missing character; of bytes and byte pairs for a missing token.
        draws : 0 for the most probable characters, each alone; k for a list of k joint draws.
        """
        text, given = self._model("impute"), read_lines(lines)
        seed = seed_for(self.vae_, random_state)
        found = imputing.impute(text, given.all, mark, draws, condition, batch_rows, seed)
        answers = [given.in_form(each) for each in found]
        return answers if draws else answers[0]

    @public
    def detect(
        self,
        lines: a.LinesLike,
        *,
        fdr: a.Share | None = None,
        false_alarms: a.OpenShare | None = None,
        score: str = "default",
        condition: a.Condition | None = None,
        batch_rows: a.BatchRows = 256,
    ) -> TextDetections:
        """How strange each line is, with a p-value, and which of its words and characters are.

        Parameters
        ----------
        fdr, false_alarms, score : as in ``VAE.detect``.
        """
        text, given = self._model("detect"), read_lines(lines)
        rule = Decision.of(fdr, false_alarms, self.vae_.false_alarms)
        return detecting.detect(text, given.all, rule, condition, score, batch_rows)

    @public
    def denoise(
        self,
        lines: a.LinesLike,
        *,
        threshold: a.Share = 0.5,
        rate: a.OpenShare = 0.02,
        condition: a.Condition | None = None,
        batch_rows: a.BatchRows = 128,
    ) -> TextCorrections:
        """Typos: suggestions with their probabilities, and the lines with the probable ones in place.

        Parameters
        ----------
        threshold : probability from which a suggestion is put in place.
        rate : share of the words that are mistyped, as far as is known beforehand.
        """
        text, given = self._model("denoise"), read_lines(lines)
        return denoising.denoise(text, given, threshold, rate, condition, batch_rows)

    @public
    def compress(
        self,
        lines: a.LinesLike,
        condition: a.Condition | None = None,
        *,
        effort: a.Effort = "normal",
        batch_rows: a.BatchRows = 256,
    ) -> bytes:
        """Lines or a file to few bytes; ``decompress`` gives the strings, or the bytes of the file, back exactly."""
        text = self._model("compress")
        return coding.compress(text, read_lines(lines), condition, {"effort": effort, "batch_rows": batch_rows})

    @public
    def decompress(self, blob: a.Blob, *, batch_rows: a.BatchRows = 256) -> Any:
        """What was compressed: a list or an array of strings, or the bytes of a file."""
        return coding.decompress(self._model("compress"), blob, batch_rows=batch_rows)

    @public
    def transform(self, lines: a.LinesLike, *, batch_rows: a.BatchRows = 256) -> Array:
        """Latents of lines, (n, latent_dim); of a line of several rows their mean."""
        return latents.transform(self._model(), read_lines(lines).all, batch_rows)

    @public
    def log_prob(self, lines: a.LinesLike, condition: a.Condition | None = None, *, draws: a.Draws = 100) -> Array:
        """log p(line) in nats, (n,), by importance sampling, as of ``VAE.log_prob``."""
        return latents.log_prob(self._model(), read_lines(lines).all, condition, draws)

    @public
    def save(self, path: a.File, *, force: bool = True) -> None:
        """Write everything to one safetensors file, as ``VAE.save``; ``quintet.load`` reads it."""
        check_is_fitted(self, "vae_")
        self.vae_.save(path, force=force)

    def _model(self, question: str | None = None) -> TextModel:
        check_is_fitted(self, "vae_")
        return TextModel.of(self.vae_, question)
