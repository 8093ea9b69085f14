"""What is settled on a few rows before the work begins: the kind of noise, and the columns and types of the answers."""

from __future__ import annotations

import warnings

import pyarrow

from quintet.errors import QuintetWarning
from quintet.scale.question import Question
from quintet.scale.scorer import Scorer
from quintet.scale.source.dataset import Dataset
from quintet.tasks.denoise.noise_kind_choice import SAMPLE, NoiseKindChoice, sampled_places


def settled(scorer: Scorer, source: Dataset | None, columns: list[str], rows: int) -> tuple[Question, pyarrow.Schema]:
    """The question without what is chosen from rows, and the schema of its answers.

    The kind of noise is chosen on the rows on which ``VAE.denoise`` of the whole source would choose it. A model that
    cannot answer, or a source that does not fit it, raises its error here; warnings come with the answers.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", QuintetWarning)
        return _settled(scorer, source, columns, rows)


def _settled(scorer: Scorer, source: Dataset | None, columns: list[str], rows: int) -> tuple[Question, pyarrow.Schema]:
    question = scorer.question
    if source is None:
        return question, scorer.generate(min(rows, SAMPLE)).schema
    if question.lacks_noise:
        sample = source.sample(sampled_places(rows).numpy(), columns)
        question = question.with_option("noise", _noise(scorer, sample))
        scorer = Scorer.of(scorer.vae, question)
    else:
        sample = source.read(0, min(rows, SAMPLE), columns)
    if question.fills and scorer.vae.schema_.columns:
        sample = _with_missing_cells(sample, {column.name for column in scorer.vae.schema_.modelled})
    return question, scorer(sample).schema.remove_metadata()


def _noise(scorer: Scorer, sample: pyarrow.Table) -> NoiseKindChoice:
    """The choice of ``VAE.denoise`` for all rows, from the sample that it would take of them."""
    question, vae = scorer.question, scorer.vae
    _, report = vae.denoise(
        scorer.rows(sample), condition=scorer.condition(sample), return_report=True, **question.options
    )
    return NoiseKindChoice(report.kind, report.evidence, report.least)


def _with_missing_cells(sample: pyarrow.Table, modelled: set[str]) -> pyarrow.Table:
    """The sample and a row without any cell, since answers in place of missing cells may have wider types."""
    first = sample.slice(0, 1)
    empty = [
        pyarrow.nulls(1, field.type) if field.name in modelled else first.column(field.name) for field in sample.schema
    ]
    return pyarrow.concat_tables([sample, pyarrow.table(empty, schema=sample.schema)]).combine_chunks()
