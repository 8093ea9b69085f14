"""The question ``detect`` about text: scores and p-values of lines, and the surprise of their characters."""

from __future__ import annotations

from typing import Any

import numpy as np

from quintet.arguments import BatchRows, Condition, LinesLike, OpenShare, Share
from quintet.data.sequences.text.reading import read_lines
from quintet.data.sequences.text.rows import row_content
from quintet.entry_points import public
from quintet.estimators._text.detections import TextDetections, of_characters
from quintet.estimators._text.text_estimator import TextEstimator, model_of
from quintet.estimators._text.token_rows import TextModel, of_each_row, of_lines
from quintet.tasks.detect.decision import Decision


@public
def detect(
    self: TextEstimator,
    lines: LinesLike,
    *,
    fdr: Share | None = None,
    false_alarms: OpenShare | None = None,
    score: str = "default",
    condition: Condition | None = None,
    batch_rows: BatchRows = 256,
) -> TextDetections:
    """How strange each line is, with a p-value, and which of its words and characters are.

    Parameters
    ----------
    fdr, false_alarms, score : as in ``VAE.detect``.
    """
    text, given = model_of(self, "detect"), read_lines(lines)
    rule = Decision.of(fdr, false_alarms, self.vae_.false_alarms)
    return _judged_lines(text, given.all, rule, condition, score, batch_rows)


def _judged_lines(
    text: TextModel, lines: list[str], rule: Decision, condition: Any, score: str, batch_rows: int
) -> TextDetections:
    """Scores of lines by those of their rows."""
    rows, owners = text.description.rows(lines)
    if not lines:
        none = np.zeros(0)
        return TextDetections(none, none, none.astype(bool), (), none, (), str(rule))
    each = of_each_row(condition, owners, len(lines))
    found = text.vae.detect(rows, condition=each, score=score, false_alarms=0.5, batch_rows=batch_rows)
    vocabulary, scores, p, characters, ends = text.description.vocabulary(), [], [], [], []
    for line, own in zip(lines, of_lines(owners, len(lines)), strict=True):
        places = range(own.start, own.stop)
        scores.append(found.scores[own].max())
        p.append(min(1.0, len(places) * found.p_values[own].min()))
        nats, tokens = found.where[own].reshape(-1).astype(np.float64), rows[own].reshape(-1)
        length = (len(places) - 1) * rows.shape[1] + row_content(rows[places.stop - 1])
        kept = tokens[:length].tolist()
        characters.append(of_characters(line, kept, nats[:length], vocabulary.byte_counts(kept)))
        ends.append(nats[length])
    p_values = np.array(p)
    rule.warn(p_values, found.calibration_rows)
    return TextDetections(
        np.array(scores),
        p_values,
        rule.anomalies(p_values),
        tuple(characters),
        np.array(ends),
        tuple(lines),
        str(rule),
        found.calibration_rows,
    )
