"""Limits of the service: sizes of a request and of its answer, and times."""

from __future__ import annotations

from dataclasses import dataclass

from quintet.arguments import Count, Positive
from quintet.arguments.checking import hold_fields
from quintet.serving.refusals import Refusal


@dataclass(frozen=True)
class Limits:
    """What the service accepts, and how long it waits.

    Parameters
    ----------
    rows : most rows of a request, and of an answer with the draws of each row.
    cells : most cells (rows times cells of a row) of a request, and of an answer.
    body_bytes : most bytes of a request's body, with or without a content-length.
    value_bytes : most bytes of one text value.
    waiting : most requests that wait for one model; further ones are refused with 503.
    connections : most open connections; further ones are closed.
    head_seconds : longest time for the head of a request (request line and headers).
    body_seconds : longest time for the body of a request.
    send_seconds : longest time in which a client takes the next part of an answer.
    wait_seconds : longest time from a body's end to its answer; the computation that runs is not interrupted.
    shutdown_seconds : time for running requests to finish when the service is stopped.
    """

    rows: Count = 10_000
    cells: Count = 10_000_000
    body_bytes: Count = 32 * 2**20
    value_bytes: Count = 2**16
    waiting: Count = 256
    connections: Count = 1024
    head_seconds: Positive = 10.0
    body_seconds: Positive = 60.0
    send_seconds: Positive = 60.0
    wait_seconds: Positive = 120.0
    shutdown_seconds: Positive = 60.0

    def __post_init__(self) -> None:
        hold_fields(self)

    def check_rows(self, rows: int, cells_of_a_row: int = 1) -> None:
        """Refuse a batch that is over the limit, before it is converted.

        Raises
        ------
        Refusal
            413, with the limit.
        """
        if rows > self.rows:
            raise Refusal(
                413, "too_many_rows", f"A request must have at most {self.rows:,} rows, got {rows:,}: send several."
            )
        if rows * cells_of_a_row > self.cells:
            raise Refusal(
                413,
                "too_many_cells",
                f"A request must have at most {self.cells:,} cells, got {rows:,} rows of {cells_of_a_row:,}: send "
                "fewer rows at a time.",
            )

    def check_answer(self, rows: int, cells_of_a_row: int) -> None:
        """Refuse an answer that would be over the limit, before it is computed.

        Parameters
        ----------
        rows : rows times draws.
        """
        if rows > self.rows or rows * cells_of_a_row > self.cells:
            raise Refusal(
                413,
                "answer_too_large",
                f"An answer must have at most {self.rows:,} rows, draws counted apart, and {self.cells:,} cells, got "
                f"{rows:,} rows of {cells_of_a_row:,}: ask for fewer draws or rows.",
            )
