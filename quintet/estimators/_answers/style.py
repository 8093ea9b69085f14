"""Style: what the latents hold beside the condition."""

from __future__ import annotations

from typing import Any

from quintet.arguments import Condition, OneOrMore
from quintet.entry_points import public
from quintet.errors import InputError, Unanswerable
from quintet.estimators._answers.containers import in_output_container, one_or_more
from quintet.estimators._answers.fitted_estimator import FittedEstimator, fitted_for
from quintet.estimators._input.user_rows import rows_of_cells
from quintet.estimators.encoding import encode
from quintet.tasks.edit.traversal import decode_means


@public
def transfer_style(
    self: FittedEstimator,
    content: OneOrMore,
    style: OneOrMore,
    *,
    content_condition: Condition | None = None,
    style_condition: Condition | None = None,
) -> Any:
    """The content of some rows in the style of others: z of ``style``, decoded under the condition of ``content``.

    Parameters
    ----------
    content, style : one row each, or n rows each, or one style for n rows.
    content_condition, style_condition : None: each row's likeliest.
    """
    fitted = fitted_for(self, "transform")
    if fitted.schema.condition is None:
        raise Unanswerable(
            "Style is what a condition leaves over, and this model has none: train variant='cvae' with labels as "
            "y, or carry rows from one set into the look of another by Translator."
        )
    what, single = one_or_more(fitted.schema, content, "content")
    how, _ = one_or_more(fitted.schema, style, "style")
    if len(how) not in (1, len(what)):
        raise InputError(f"style must be one row, or one for each of {len(what)} rows of content, got {len(how)}.")
    _, known = encode(fitted, rows_of_cells(what, fitted.schema, content_condition), 256)
    z, _ = encode(fitted, rows_of_cells(how, fitted.schema, style_condition), 256)
    rows = fitted.schema.to_user(decode_means(fitted, z.expand(len(what), -1), known))
    return rows[0] if single and not fitted.schema.columns else in_output_container(self, rows)
