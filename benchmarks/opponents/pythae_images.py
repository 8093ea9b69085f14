"""pythae's VAE on colour images by its own trainer: samples to a file.

Run by an interpreter that has pythae 0.1.2: ``python pythae_images.py TRAIN.npy OUT.npy COUNT MINUTES mlp|conv``; the
network is its default or that of its own benchmark for CIFAR. One epoch is timed by the processor, so that other work
on the machine costs none, then as many are trained as the minutes allow; epochs.txt beside OUT.npy has their number.
"""

import sys
import time
from pathlib import Path

import numpy as np
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import VAE, VAEConfig
from pythae.models.nn.benchmarks.cifar import Decoder_Conv_AE_CIFAR, Encoder_Conv_VAE_CIFAR
from pythae.samplers import NormalSampler
from pythae.trainers import BaseTrainer, BaseTrainerConfig

MOST_EPOCHS = 400


def trained(images, network, epochs):
    torch.manual_seed(0)
    config = VAEConfig(input_dim=(3, 32, 32), latent_dim=32)
    own = {"encoder": Encoder_Conv_VAE_CIFAR(config), "decoder": Decoder_Conv_AE_CIFAR(config)}
    model = VAE(config, **(own if network == "conv" else {}))
    plan = BaseTrainerConfig(
        output_dir="pythae", num_epochs=epochs, learning_rate=1e-3, per_device_train_batch_size=64, no_cuda=True
    )
    rows = torch.from_numpy(images)
    BaseTrainer(model=model, train_dataset=BaseDataset(rows, torch.ones(len(rows))), training_config=plan).train()
    return model


def main(train, out, count, minutes, network):
    images = np.moveaxis(np.load(train), -1, 1).astype(np.float32) / 255
    began = time.process_time()
    model = trained(images, network, 1)
    epoch = (time.process_time() - began) / torch.get_num_threads()
    epochs = int(min(MOST_EPOCHS, 60 * float(minutes) / epoch))
    if epochs > 1:
        model = trained(images, network, epochs)
    samples = NormalSampler(model).sample(num_samples=int(count), batch_size=100, return_gen=True)
    found = np.rint(255 * samples.clamp(0, 1).cpu().numpy()).astype(np.uint8)
    np.save(out, np.moveaxis(found, 1, -1))
    Path(out).with_name("epochs.txt").write_text(str(max(1, epochs)))


if __name__ == "__main__":
    main(*sys.argv[1:])
