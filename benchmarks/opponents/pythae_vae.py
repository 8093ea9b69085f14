"""pythae's VAE on MNIST, by its own trainer, with the network of its own benchmark for MNIST: samples to a file.

Run by an interpreter that has pythae 0.1.2: ``python pythae_vae.py DATA_FOLDER OUT.npy COUNT EPOCHS``.
"""

import gzip
import sys
from pathlib import Path

import numpy as np
import torch
from pythae.models import VAE, VAEConfig
from pythae.samplers import NormalSampler
from pythae.trainers import BaseTrainer, BaseTrainerConfig


def main(folder: str, out: str, count: int, epochs: int) -> None:
    raw = gzip.decompress((Path(folder) / "MNIST" / "raw" / "train-images-idx3-ubyte.gz").read_bytes())
    images = np.frombuffer(raw, np.uint8, offset=16).reshape(-1, 1, 28, 28).astype(np.float32) / 255
    torch.manual_seed(0)
    # its defaults: 500 hidden units, mean squared error; 32 latents as ours
    model = VAE(VAEConfig(input_dim=(1, 28, 28), latent_dim=32))
    config = BaseTrainerConfig(
        output_dir="pythae", num_epochs=epochs, learning_rate=1e-3, per_device_train_batch_size=128, no_cuda=True
    )
    trainer = BaseTrainer(model=model, train_dataset=_dataset(images), training_config=config)
    trainer.train()
    samples = NormalSampler(model).sample(num_samples=count, batch_size=500, return_gen=True)
    np.save(out, np.rint(255 * samples.clamp(0, 1).cpu().numpy()[:, 0]).astype(np.uint8))


def _dataset(images):
    from pythae.data.datasets import BaseDataset

    rows = torch.from_numpy(images)
    return BaseDataset(rows, torch.ones(len(rows)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
