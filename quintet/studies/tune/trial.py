"""One trial: an estimator with the options of the trial, its fit, which may end early, and its figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from quintet import variants
from quintet.studies.tune.defaults import Defaults
from quintet.studies.tune.dimension import Dimension
from quintet.studies.tune.space import has_option

if TYPE_CHECKING:
    from quintet.estimators import VAE


def suggested(trial: Any, space: Sequence[Dimension], defaults: Defaults) -> dict[str, Any]:
    """The options of a trial, by their full names; those of another variant are left out."""
    found: dict[str, Any] = {"variant": defaults.variant}
    for dimension in space:
        if has_option(found["variant"], dimension.name):
            found[dimension.name] = dimension.suggest(trial)
    return found


def estimator_of(base: VAE, options: Mapping[str, Any], defaults: Defaults) -> VAE:
    """An estimator with the options of a trial; what the trial has no option for is the first fit's."""
    from sklearn.base import clone

    name = options["variant"]
    known = dict(defaults.variant_options) if name == defaults.variant else variants.get(name).images_by
    own = {key: value for key, value in known.items() if key in {f for f in _fields(name)}}
    own |= _of(options, "variant")
    vae: VAE = clone(base)
    vae.set_params(variant=variants.get(name)(**own), latent_dim=options.get("latent_dim", defaults.latent_dim))
    if (network := _network(options, defaults)) is not None:
        vae.set_params(network=network)
    plan = {"epochs": defaults.training["epochs"], **_of(options, "training")}
    return vae.set_params(epochs=None, **{f"training__{key}": value for key, value in plan.items()})


def _fields(variant: str) -> list[str]:
    return list(variants.get(variant).__dataclass_fields__)


def _of(options: Mapping[str, Any], owner: str) -> dict[str, Any]:
    return {name.partition("__")[2]: value for name, value in options.items() if name.startswith(f"{owner}__")}


def _network(options: Mapping[str, Any], defaults: Defaults) -> dict[str, Any] | None:
    """Kind and options of the network; None for the user's own functions."""
    if defaults.network.get("kind") == "own":
        return None
    own = _of(options, "network")
    found = dict(defaults.network)
    if "width" in own or "depth" in own:
        hidden = found["hidden"]
        width, depth = own.pop("width", hidden[0]), own.pop("depth", len(hidden))
        found["hidden"] = (width,) * depth
    return found | own


class Pruning:
    """Callback of ``fit``: reports the held-out bound of each epoch of the first stage, and ends a poor trial.

    The bound is -ELBO in nats a row, whatever the weight of the rate, so that trials can be compared.
    """

    def __init__(self, trial: Any) -> None:
        self.trial, self.stage, self.reported = trial, "", 0

    def __call__(self, row: Mapping[str, Any]) -> None:
        """Report an epoch's row of the history.

        Raises
        ------
        optuna.TrialPruned
            The bound is worse than those of earlier trials after as many epochs.
        """
        self.stage = self.stage or row["stage"]
        if row["stage"] != self.stage or "val_distortion" not in row:
            return
        self.trial.report(row["val_distortion"] + row.get("val_rate", 0.0), row["epoch"])
        self.reported += 1
        if self.trial.should_prune():
            from quintet.extras import extra

            with extra("tune", "quintet.studies.tune"):
                from optuna import TrialPruned

            raise TrialPruned(f"ended after {row['epoch']} epochs")
