"""Variants that were written against version 0.1 run, with a deprecation that gives the new names."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from quintet import VAE, load, variants
from quintet.renamed import renamed

NAMES_OF_0_1 = """
data.rows: Batch Rows
data.sources: load_data
model.adversary: FOOLED deceived judged latent_critic row_critic smoothed told_apart won_outright
model.base: Draw Layer Model blank is_full
model.codebook: Codebook
model.codec: Codec Maps OneHot Scalar
model.degrade: KINDS degrade kind_for
model.fitted: Fitted
model.flat: Flat Scaled
model.flows: KINDS autoregressive backward forward
model.generator: Generator
model.guide: Guide evaluating forward_kl frozen_posterior guide_stage mixture_kl tamed
model.hyperbolic: Hyperbolic
model.introspective: autoencode tell_rows
model.ladder: Ladder
model.leapfrog: LONGEST TEMPERINGS Leapfrog
model.matching: autoencode tell_latents
model.matching_rows: GAMES ROWS match_both tell_rows
model.metrics: Centroids Flat
model.moving: Moving
model.objective_controlled: Controlled
model.objective_critic: Correlated
model.objective_importance: DoublyReparameterised ImportanceWeighted
model.objective_layers: LayeredELBO
model.objective_mmd: KERNELS mmd
model.objective_moments: KINDS Moments
model.objective_smooth: WEIGHTS Smooth normalise
model.objective_tc: ESTIMATORS TotalCorrelation
model.objectives: ELBO
model.one_hots: OneHots annealed_stage
model.perceptual: Perceptual picture_stage spread_stage
model.posteriors: Deterministic
model.posteriors_flow: FlowPosterior KINDS
model.priors_flow: FlowPrior
model.priors_mixture: MixturePrior VampPrior
model.quantised: Quantised code_stages
model.recipe: Moment Player Recipe Stage Terms
model.refine: refine
model.sequence: Sequence Told
model.similarity: autoencode tell_rows
model.soft_introspective: decode encode
model.sphere: Directions Sphere
model.spoil: spoil
model.stages: Objective joint_stage loss_of
model.top_down: sizes_of
model.translating: Pairs Translating stages_of
model.variant: Variant
report: auroc
variants.categorical: Categorical
"""
"""What variants and pages of version 0.1 take from modules that are called otherwise now."""

WRITTEN_FOR_0_1 = """
from dataclasses import dataclass
from typing import ClassVar

from quintet.data.rows import Batch
from quintet.data.schema import Schema
from quintet.model.flat import Flat
from quintet.model.guide import guide_stage
from quintet.model.objectives import ELBO
from quintet.model.recipe import Moment, Player, Recipe, Stage, Terms
from quintet.model.variant import Variant
from quintet.networks import Network
from quintet.noise import Noise


@dataclass(frozen=True)
class Slow(Variant):
    summary: ClassVar[str] = "a bound whose rate counts half until half of the training is done"
    until: float = 0.5

    def build(self, schema: Schema, latent_dim: int, network: Network) -> Recipe:
        model, objective = Flat(schema, latent_dim, network, self.likelihood_of(schema)), ELBO()

        def loss(batch: Batch, noise: Noise, moment: Moment) -> Terms:
            draw = model.draw(batch.x, batch.observed, noise, batch.condition)
            terms = objective(batch.x, batch.observed, draw, Moment(rate_weight=moment.rate_weight))
            assert terms.rate is not None
            return Terms(terms.loss - 0.5 * (moment.t < self.until) * terms.rate.sum(-1), terms.distortion, terms.rate)

        guide, guiding = guide_stage(model)
        return Recipe(model, (Stage("joint", (Player("model", (model,), loss),), 0.8), guiding), guide)
"""


@pytest.mark.parametrize("line", NAMES_OF_0_1.split("\n")[1:-1], ids=lambda line: line.partition(":")[0])
def test_what_0_1_offered_is_there_and_says_its_new_name(line: str) -> None:
    module, _, names = line.partition(": ")
    for name in names.split():
        with pytest.warns(DeprecationWarning, match="is now") as caught:
            found = getattr(importlib.import_module(f"quintet.{module}"), name)
        (warning,) = caught
        match = re.fullmatch(rf"quintet\.{module}\.{name} is now (quintet[\w.]+)\.(\w+)\.", str(warning.message))
        assert match is not None
        assert getattr(importlib.import_module(match[1]), match[2]) is found
        assert warning.filename == __file__


def test_every_former_module_of_the_table_is_there() -> None:
    import quintet.model

    for name, homes in quintet.model.MODULES.items():
        module = importlib.import_module(f"quintet.model.{name}")
        assert getattr(quintet.model, name) is module
        with pytest.raises(AttributeError, match=f"module 'quintet.model.{name}' has no attribute 'nothing'"):
            _ = module.nothing
        for former, new in quintet.model.NAMES.get(name, {}).items():
            assert any(hasattr(importlib.import_module(f"quintet.{home}"), new) for home in homes.split()), former


def test_a_variant_written_for_0_1_trains_answers_and_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "written_for_0_1.py").write_text(WRITTEN_FOR_0_1)
    installed = tmp_path / "written_for_0_1-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: written_for_0_1\nVersion: 1\n")
    (installed / "entry_points.txt").write_text("[quintet.variants]\nslow = written_for_0_1:Slow\n")
    monkeypatch.syspath_prepend(tmp_path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        variants.get("slow")
    messages = {str(warning.message) for warning in caught}
    assert "quintet.model.recipe.Moment is now quintet.models.recipe.StepContext." in messages
    assert {(warning.category, Path(warning.filename).parent) for warning in caught} == {(DeprecationWarning, tmp_path)}
    X = np.random.default_rng(0).normal(size=(60, 3))
    vae = VAE("slow", latent_dim=1, epochs=1, network="mlp", random_state=0).fit(X)
    vae.save(tmp_path / "slow.safetensors")
    assert (load(tmp_path / "slow.safetensors").score_samples(X[:4]) == vae.score_samples(X[:4])).all()


def test_importing_the_former_package_imports_nothing_else_and_changes_nothing_else() -> None:
    script = (
        "import sys, warnings, quintet\n"
        "before, finders, filters = set(sys.modules), list(sys.meta_path), list(warnings.filters)\n"
        "import quintet.model.flat\n"
        "assert (sys.meta_path, warnings.filters) == (finders, filters)\n"
        "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('quintet.model.')))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["quintet.model", "quintet.renamed"]


def test_a_moved_module_gives_nothing_that_python_asks_for() -> None:
    give = renamed("quintet.old", ("quintet.errors",), {"Mistake": "InputError"})
    with pytest.raises(AttributeError, match=r"'quintet.old' has no attribute '__path__'"):
        give("__path__")
    with pytest.warns(DeprecationWarning, match=r"^quintet\.old\.Mistake is now quintet\.errors\.InputError\.$"):
        assert give("Mistake").__name__ == "InputError"


def test_nothing_of_the_package_uses_former_names() -> None:
    package = Path(__file__).parents[2] / "quintet"
    former = re.compile(r"(from|import) quintet\.(model|data\.rows|data\.sources)\b")
    assert not [file for file in package.rglob("*.py") if former.search(file.read_text(encoding="utf-8"))]
