"""Text: one model of lines of text, and the five questions about them."""

from __future__ import annotations

from typing import Self

from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from quintet import arguments as a
from quintet.arguments.checking import constructor, hold_parameters
from quintet.data.schema import Schema
from quintet.data.sequences.text.description import TextDescription
from quintet.data.sequences.text.reading import read_lines
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.estimators._text import compression, denoising, detection, generation, imputation, latents, training
from quintet.estimators._text.token_rows import TextModel
from quintet.estimators.fitted_repr import fitted_repr
from quintet.estimators.vae import VAE


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

    generate = generation.generate
    impute = imputation.impute
    detect = detection.detect
    denoise = denoising.denoise
    compress = compression.compress
    decompress = compression.decompress
    transform = latents.transform
    log_prob = latents.log_prob

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
    def save(self, path: a.File, *, force: bool = True) -> None:
        """Write everything to one safetensors file, as ``VAE.save``; ``quintet.load`` reads it."""
        check_is_fitted(self, "vae_")
        self.vae_.save(path, force=force)
