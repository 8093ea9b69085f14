"""The header of a weights file: every field with its type and range, checked before anything is built from it."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from quintet.data.condition_column import Value
from quintet.data.schema import Schema

Scalar = bool | int | float | str | None
Plain = Scalar | list[Scalar] | list[list[Scalar]]
Options = dict[str, Plain]
"""Options of a variant, a network or a training plan; their own classes check names and ranges."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, protected_namespaces=())


class Learnt(_Part):
    """Attributes of an estimator that the file keeps as they are; one that an earlier version lacks has a default."""

    latent_dim_: int = Field(ge=1, lt=2**31)
    seed_: int = Field(ge=0)
    held_out_: int = Field(ge=0)
    notes_: list[str]
    n_features_in_: int = Field(ge=1)


class Built(_Part):
    """How the model was built."""

    variant: str
    variant_options: Options
    network: Options
    latent_dim: int = Field(ge=1, lt=2**31)
    training: Options = {}
    context: Literal["none", "columns", "grid", "wide_grid", "steps", "tokens"] = "none"
    compact: bool = False
    context_latents: bool = True
    sampler: Literal["prior", "mixture"] | None = None


class AttributePart(_Part):
    """An attribute, whose tensors are ``attribute.N.slope`` and the like."""

    name: str
    levels: tuple[Value, ...] | None
    quality: float

    @property
    def readings(self) -> int:
        """What its probe reads of a row: one number, or the log odds of each level."""
        return 1 if self.levels is None else len(self.levels)


class Epochs(_Part):
    """What ``History`` keeps."""

    rows: list[Options]
    notes: list[str]


class ModelHeader(_Part):
    """All of it."""

    versions: dict[str, str] = {}
    row: Schema = Field(alias="schema")
    options: Built
    fingerprint: str = Field(pattern="^[0-9a-f]{16}$")
    params: dict[str, Plain | dict[str, Plain | Options | dict[str, Options] | list[Options]]]
    learnt: Learnt
    reference: list[str] | None = None  # names of the artifacts' tensors
    artifact_versions: dict[str, int] = {}  # of those that are not of version 1
    attributes: list[AttributePart] = []
    feature_names_in: list[str] = []
    history: Epochs

    @model_validator(mode="after")
    def _agree(self) -> Self:
        """Refuse parts that contradict each other."""
        if self.learnt.latent_dim_ != self.options.latent_dim:
            raise ValueError("latent_dim and latent_dim_ differ")
        features = len(self.row.columns) or self.row.size
        if self.learnt.n_features_in_ != features:
            raise ValueError(f"n_features_in_ is not the number of features of a row, {features}")
        if self.feature_names_in and len(self.feature_names_in) != features:
            raise ValueError(f"feature_names_in does not name the {features} features of a row")
        names = [attribute.name for attribute in self.attributes]
        if len(set(names)) < len(names):
            raise ValueError("two attributes have one name")
        return self


def describe_invalid(problem: Any) -> str:
    """The first thing that is wrong with a header, of a ``ValidationError``: where, and what."""
    first = problem.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"] if isinstance(part, int) or str(part).isidentifier())
    return f"{where or 'header'}: {first['msg'].removeprefix('Value error, ')[:200]}"
