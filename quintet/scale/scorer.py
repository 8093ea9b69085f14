"""One question to batches of Arrow rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow

from quintet.arguments import ArrowBatch, ColumnNames, Count, CountOrZero, ModelLike, Option
from quintet.data.readers.arrow.rows import INDEX
from quintet.entry_points import public
from quintet.errors import InputError
from quintet.scale import answers
from quintet.scale.cells import CellColumns
from quintet.scale.question import ALL, Question

if TYPE_CHECKING:
    from quintet.estimators import VAE


class Scorer:
    """A question of a model to batches of rows, which answers each batch as part of the whole source.

    A row's answer depends on the row, the options and its place in the source, and on nothing else: neither on the
    size of the batches nor on the process that answers.

    Parameters
    ----------
    model : path of a model's file, or a fitted ``VAE``.
    question : "detect", "impute", "denoise", "transform" or "generate".
    condition : column of the batches with the condition of each row, or several; for conditional models.
    keep : columns of the batches that stand beside the answers: "all", "none", or names.
    where : add to the answers of "detect" how surprising each cell is, in nats.
    options : of the question: ``false_alarms``, ``score`` and ``effort`` of "detect"; ``effort`` and ``random_state``
        of "impute"; ``noise``, ``rate``, ``effort`` and ``random_state`` of "denoise"; ``sampler``, ``temperature`` and
        ``random_state`` of "generate".
    """

    @public
    def __init__(
        self,
        model: ModelLike,
        question: str,
        *,
        condition: ColumnNames | None = None,
        keep: ColumnNames = ALL,
        where: bool = False,
        **options: Option,
    ) -> None:
        self.vae = model_of(model)
        self.question = Question.of(question, condition, keep, where, options)
        self._cells: tuple[pyarrow.Schema, CellColumns] | None = None

    @classmethod
    def of(cls, vae: VAE, question: Question) -> Scorer:
        """The scorer of a model of ``model_of`` and a question that was checked before."""
        made = cls.__new__(cls)
        made.vae, made.question, made._cells = vae, question, None
        return made

    @public
    def __call__(self, batch: ArrowBatch, first_row: CountOrZero = 0) -> pyarrow.Table:
        """The answers to a batch, a row for each of its rows, in its order.

        Parameters
        ----------
        batch : ``pyarrow.Table`` or ``RecordBatch``. Of "generate" each row is a condition.
        first_row : place of its first row in the source; draws depend on the seed and a row's place.

        Returns
        -------
        pyarrow.Table
            "detect": row, the kept columns, score, p_value, is_anomaly, of a table also strangest_column. "transform":
            row, the kept columns, z0, z1, ... "impute" and "denoise": the batch with other values. "generate": the
            model's columns.
        """
        table = pyarrow.Table.from_batches([batch]) if isinstance(batch, pyarrow.RecordBatch) else batch
        question, schema, condition = self.question, self.vae.schema_, self.condition(table)
        if question.name == "generate":
            made = answers.generated(self.vae, len(table), condition, question, first_row)
            return _beside(table, made, self._kept(table, made))
        cells, rows = self._cells_of(table.schema), self.rows(table)
        if question.fills:
            answer = answers.filled(self.vae, rows, condition, question, first_row)
            made = answers.filled_columns(answer, schema, cells, table.schema)
            return _beside(table, made, {*self._kept(table, made), *made})
        if question.name == "detect":
            made = answers.detect(self.vae, rows, condition, question, cells)
        else:
            made = answers.transform(self.vae, rows, condition)
        places = np.arange(first_row, first_row + len(table))
        kept = self._kept(table, {answers.ROW, *made})
        return pyarrow.table({answers.ROW: places, **{name: table.column(name) for name in kept}, **made})

    @public
    def generate(self, n: Count, first_row: CountOrZero = 0) -> pyarrow.Table:
        """Rows ``first_row`` to ``first_row + n`` of "generate" without a source."""
        return pyarrow.table(answers.generated(self.vae, n, None, self.question, first_row))

    def rows(self, table: pyarrow.Table) -> Any:
        """The cells of a batch as the model's methods take them: a table, or an array (n, *row_shape)."""
        return self._cells_of(table.schema).rows(table, self.vae.schema_, hasattr(self.vae, "feature_names_in_"))

    def condition(self, table: pyarrow.Table) -> Any:
        """The condition of each row of a batch, (n,) or (n, columns); None where the question names no columns."""
        return answers.condition_of(table, self.question)

    def columns(self, source: pyarrow.Schema) -> list[str]:
        """The columns of a source that are read: cells, condition, and those that are kept."""
        needed = {*self.question.condition, *(self.question.keep or ())}
        if self.question.name != "generate":
            needed |= set(self._cells_of(source).names)
        lacking = sorted(needed - set(source.names))
        if lacking:
            raise InputError(f"The source has no column {lacking[0]!r}: keep= and condition= name columns of it.")
        every = self.question.keep is None
        return [name for name in source.names if name in needed or (every and not INDEX.fullmatch(name))]

    def _cells_of(self, source: pyarrow.Schema) -> CellColumns:
        if self._cells is None or not self._cells[0].equals(source):
            self._cells = source, CellColumns.of(self.vae.schema_, source, self.question.condition)
        return self._cells[1]

    def _kept(self, table: pyarrow.Table, made: Any) -> list[str]:
        """Columns of the batch beside the answers; a name of both is refused, but of rows that are made anew."""
        keep = None if self.question.keep is None else set(self.question.keep)
        fresh = self.question.name in ("impute", "denoise", "generate")
        kept = [name for name in table.column_names if keep is None or name in keep]
        twice = next((name for name in kept if name in made), None)
        if twice is not None and not fresh:
            raise InputError(
                f"The source has a column {twice!r}, which is the name of an answer: rename it, or leave it out with "
                "keep= (--keep)."
            )
        return [name for name in kept if name not in made]


def model_of(model: Any) -> VAE:
    """A fitted ``VAE`` from its file, or one that shares all with the user's: answers to batches show no progress."""
    from quintet.estimators import VAE, load

    found = _sharing(model) if hasattr(model, "schema_") else load(model)
    if not isinstance(found, VAE):
        raise InputError(
            f"Bulk answers need a model of rows, got one of {type(found).__name__.lower()}: fit its rows as a table."
        )
    found.verbose = False
    return found


def _sharing(model: Any) -> Any:
    twin = object.__new__(type(model))
    twin.__dict__.update(model.__dict__)
    return twin


def _beside(table: pyarrow.Table, made: dict[str, Any], kept: Any) -> pyarrow.Table:
    """The kept columns of a batch in its order, with the values of ``made`` where it has such, and the rest of it."""
    columns = {name: made[name] if name in made else table.column(name) for name in table.column_names if name in kept}
    return pyarrow.table({**columns, **{name: values for name, values in made.items() if name not in columns}})
