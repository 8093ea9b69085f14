"""Facts about a model at the top of its page: variant, latents, weights, training."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from quintet.errors import Unanswerable
from quintet.report.material import ReportMaterial


def variant_of(vae: Any) -> str:
    """The name of a model's variant."""
    fitted = getattr(vae, "fitted_", None)
    variant = getattr(vae, "variant", "vae") if fitted is None else fitted.options.get("variant", "vae")
    if not isinstance(variant, str):
        return type(variant).__name__.lower()
    return "vae" if variant == "auto" else variant  # what was chosen is in the options of a fitted model


def facts_of(m: ReportMaterial) -> list[tuple[str, str]]:
    """Names and values of the facts."""
    facts = [("variant", variant_of(m.vae)), ("latents", str(m.latent_dim))]
    with suppress(Unanswerable):  # a generator alone has no latents of given rows
        facts.append(("active latents", str(int((m.activity > 0.01).sum()))))
    parameters = getattr(getattr(m.vae, "fitted_", None), "model", None)
    if parameters is not None:
        facts.append(("weights", f"{sum(p.numel() for p in parameters.parameters()):,}"))
    if m.history:
        facts.append(("epochs", str(len({(r.get("stage"), r.get("epoch")) for r in m.history}))))
        seconds = sum(float(r.get("seconds") or 0) for r in m.history)
        facts.append(("training", f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"))
    return facts
