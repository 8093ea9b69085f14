"""pythae's models for disentanglement, by its own trainers: posterior means of the training rows to files.

Run by an interpreter that has pythae 0.1.2: ``python pythae_disentangle.py ROWS.npy OUT PLAN.json``. The plan holds
``models`` (name -> options), ``epochs``, ``batch``, ``latents``, ``hidden``, ``rate``, ``seed`` and ``threads``; OUT
gets NAME.npy for each, and a line ``NAME SECONDS`` goes to standard output when one is trained.
"""

import json
import logging
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import (
    INFOVAE_MMD,
    VAE,
    BetaTCVAE,
    BetaTCVAEConfig,
    BetaVAE,
    BetaVAEConfig,
    FactorVAE,
    FactorVAEConfig,
    INFOVAE_MMD_Config,
    VAEConfig,
)
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.trainers import AdversarialTrainer, AdversarialTrainerConfig, BaseTrainer, BaseTrainerConfig
from torch import nn

KINDS = {
    "vae": (VAE, VAEConfig),
    "beta": (BetaVAE, BetaVAEConfig),
    "beta_tc": (BetaTCVAE, BetaTCVAEConfig),
    "factor": (FactorVAE, FactorVAEConfig),
    "info": (INFOVAE_MMD, INFOVAE_MMD_Config),
}


class Encoder(BaseEncoder):
    """cells - hidden - hidden - 2 x latents."""

    def __init__(self, cells, hidden, latents):
        BaseEncoder.__init__(self)
        self.body = nn.Sequential(nn.Linear(cells, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.mean, self.log_variance = nn.Linear(hidden, latents), nn.Linear(hidden, latents)

    def forward(self, x):
        features = self.body(x)
        return ModelOutput(embedding=self.mean(features), log_covariance=self.log_variance(features))


class Decoder(BaseDecoder):
    """latents - hidden - hidden - cells, sigmoid."""

    def __init__(self, cells, hidden, latents):
        BaseDecoder.__init__(self)
        self.body = nn.Sequential(nn.Linear(latents, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.last = nn.Sequential(nn.Linear(hidden, cells), nn.Sigmoid())

    def forward(self, z):
        return ModelOutput(reconstruction=self.last(self.body(z)))


def trained(name, options, x, plan, folder):
    """A model of one kind, trained."""
    torch.manual_seed(plan["seed"])
    kind, config = KINDS[name]
    sizes = (x.shape[1], plan["hidden"], plan["latents"])
    settings = config(input_dim=(x.shape[1],), latent_dim=plan["latents"], reconstruction_loss="bce", **options)
    model = kind(settings, encoder=Encoder(*sizes), decoder=Decoder(*sizes))
    common = {
        "output_dir": folder,
        "num_epochs": plan["epochs"],
        "per_device_train_batch_size": plan["batch"],
        "no_cuda": True,
        "seed": plan["seed"],
        "keep_best_on_train": False,
    }
    rows = BaseDataset(x, torch.zeros(len(x)))
    if name == "factor":
        rates = {"autoencoder_learning_rate": plan["rate"], "discriminator_learning_rate": plan["rate"]}
        AdversarialTrainer(model, rows, training_config=AdversarialTrainerConfig(**common, **rates)).train()
    else:
        BaseTrainer(model, rows, training_config=BaseTrainerConfig(**common, learning_rate=plan["rate"])).train()
    return model.eval()


def main(path, out, plan):
    plan = json.loads(Path(plan).read_text())
    torch.set_num_threads(plan["threads"])
    logging.disable(logging.CRITICAL)
    x = torch.from_numpy(np.load(path))
    answers, sys.stdout = sys.stdout, sys.stderr
    for name, options in plan["models"].items():
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            model = trained(name, options, x, plan, folder)
        seconds = time.perf_counter() - began
        with torch.no_grad():
            np.save(Path(out) / f"{name}.npy", model.encoder(x).embedding.numpy())
        print(name, seconds, file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:4])
