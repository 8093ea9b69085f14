"""Options of the questions, with their ranges: fields of a request's query, and of the body of ``generate``.

Their names and meanings are those of the estimators' methods; ``seed`` is ``random_state``.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from quintet.arguments import LARGEST_SEED

Effort = Literal["low", "normal", "high"]
NOT_GIVEN: Any = None
"""Default of an option whose type has no null: a query cannot spell it."""
SEED = Field(NOT_GIVEN, ge=0, le=LARGEST_SEED, description="Seed of the draws; the model's own unless given.")
NAME = r"^[A-Za-z0-9_ .-]{1,64}$"
CONDITION = Field(
    NOT_GIVEN, max_length=1000, description="Condition of all rows, of a conditional model: a name, a number or JSON."
)


class Options(BaseModel):
    """Options of a question; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    question: ClassVar[str] = ""

    @property
    def arguments(self) -> dict[str, Any]:
        """What was given, by the names of the estimator's arguments."""
        names = {"seed": "random_state"}
        return {names.get(name, name): getattr(self, name) for name in sorted(self.model_fields_set)}


class Detect(Options):
    """How strange each row is."""

    question: ClassVar[str] = "detect"
    fdr: float = Field(NOT_GIVEN, ge=0, le=1, description="Bound on the share of normal rows among those flagged.")
    false_alarms: float = Field(NOT_GIVEN, gt=0, lt=1, description="Flag rows whose p-value is at most this.")
    score: str = Field("default", pattern=NAME, description="default, or the name of one component of the score.")
    effort: Effort = "normal"
    cells: bool = Field(False, description="Also the surprise of each cell, in nats.")
    condition: str = CONDITION

    @property
    def arguments(self) -> dict[str, Any]:
        """Without ``cells``, which is of the answer alone."""
        return {name: value for name, value in super().arguments.items() if name != "cells"}


class Impute(Options):
    """Missing cells filled."""

    question: ClassVar[str] = "impute"
    draws: int = Field(0, ge=0, le=1000, description="0: the mean; k: k draws for each row.")
    effort: Effort = "normal"
    seed: int = SEED
    mark: str = Field("_", min_length=1, max_length=8, description="Of text: what stands for a missing character.")
    condition: str = CONDITION


class Denoise(Options):
    """Rows without their noise."""

    question: ClassVar[str] = "denoise"
    noise: str = Field("auto", pattern=NAME, description="Kind of noise, or auto.")
    rate: float = Field(NOT_GIVEN, ge=0, le=1e6, description="Share of corrupted cells, or spread of normal noise.")
    effort: Effort = "normal"
    seed: int = SEED
    condition: str = CONDITION


class Compress(Options):
    """Rows to few bits."""

    question: ClassVar[str] = "compress"
    effort: Effort = "normal"
    condition: str = CONDITION


class Decompress(Options):
    """Rows of a compressed file."""

    question: ClassVar[str] = "decompress"


class Forecast(Options):
    """Steps to come, of series."""

    question: ClassVar[str] = "forecast"
    steps: int = Field(24, ge=1, le=10_000, description="How many steps.")
    effort: Effort = "normal"
    seed: int = SEED


class Generate(Options):
    """New rows; the JSON body of the request."""

    question: ClassVar[str] = "generate"
    n: int = Field(1, ge=1, le=1_000_000, description="How many rows, series or lines.")
    condition: bool | int | float | str | list[Any] | dict[str, Any] = Field(
        NOT_GIVEN, description="One for all rows, or a list of one for each, of a conditional model."
    )
    given: dict[str, Any] = Field(NOT_GIVEN, description="Of a table: what columns shall be.")
    temperature: float = Field(1.0, ge=0, le=100)
    sampler: str = Field(NOT_GIVEN, pattern=NAME)
    steps: int = Field(NOT_GIVEN, ge=1, le=100_000, description="Of series: steps of each.")
    prompt: str = Field(NOT_GIVEN, max_length=10_000, description="Of text: what every line begins with.")
    top_p: float = Field(NOT_GIVEN, gt=0, le=1, description="Of text.")
    seed: int = SEED
