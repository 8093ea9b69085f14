"""pythae's VAE with the network 784-400-20-400-784, by its own trainer, an epoch whenever a line comes in.

Run by an interpreter that has pythae 0.1.2: ``python pythae_epochs.py ROWS.npy BATCH THREADS DEVICE``. Each line on
standard input starts an epoch; its seconds and its loss go to standard output. pythae takes the first GPU unless DEVICE
is "cpu".
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time

import numpy as np
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import VAE, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from torch import nn


class Encoder(BaseEncoder):
    """784 - 400 - 2 x 20."""

    def __init__(self) -> None:
        BaseEncoder.__init__(self)
        self.body = nn.Sequential(nn.Linear(784, 400), nn.ReLU())
        self.mean, self.log_variance = nn.Linear(400, 20), nn.Linear(400, 20)

    def forward(self, x: torch.Tensor) -> ModelOutput:
        """Mean and log variance."""
        features = self.body(x)
        return ModelOutput(embedding=self.mean(features), log_covariance=self.log_variance(features))


class Decoder(BaseDecoder):
    """20 - 400 - 784, sigmoid: pythae's cross-entropy takes probabilities."""

    def __init__(self) -> None:
        BaseDecoder.__init__(self)
        self.body = nn.Sequential(nn.Linear(20, 400), nn.ReLU(), nn.Linear(400, 784), nn.Sigmoid())

    def forward(self, z: torch.Tensor) -> ModelOutput:
        """Probabilities."""
        return ModelOutput(reconstruction=self.body(z))


def main(path: str, batch: int, threads: int, device: str) -> None:
    """Wait for lines; an epoch for each."""
    torch.set_num_threads(threads)
    logging.disable(logging.CRITICAL)
    x = torch.from_numpy(np.load(path))
    config = VAEConfig(input_dim=(784,), latent_dim=20, reconstruction_loss="bce")
    model = VAE(config, encoder=Encoder(), decoder=Decoder())
    with tempfile.TemporaryDirectory() as folder:
        plan = BaseTrainerConfig(
            output_dir=folder,
            num_epochs=1,
            learning_rate=1e-3,
            per_device_train_batch_size=batch,
            no_cuda=device == "cpu",
        )
        trainer = BaseTrainer(model, BaseDataset(x, torch.zeros(len(x))), training_config=plan)
        trainer.prepare_training()
        answers, sys.stdout = sys.stdout, sys.stderr
        for epoch, _ in enumerate(sys.stdin, start=1):
            began = time.perf_counter()
            loss = trainer.train_step(epoch)
            print(time.perf_counter() - began, float(loss), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
