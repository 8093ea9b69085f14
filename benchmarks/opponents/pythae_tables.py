"""pythae's MIWAE on the cells of a table, by its own trainer: ``python pythae_tables.py FOLDER``, of pythae 0.1.2.

FOLDER holds ``plan.json`` (seed, minutes, rows) and arrays of cells from 0 to 1: ``train.npy``, ``odd.npy`` and
``holes.npy``, NaN where missing. It gets ``rows.npy``, drawn; ``odd.out.npy``, reconstructed; ``holes.out.npy``,
missing cells by ten reconstructions from the column's means; ``seconds.json``.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import MIWAE, MIWAEConfig
from pythae.samplers import NormalSampler
from pythae.trainers import BaseTrainer, BaseTrainerConfig

LATENTS, ROUNDS = 16, 10


def fitted(cells, epochs, folder):
    """MIWAE after some epochs."""
    config = MIWAEConfig(input_dim=(cells.shape[1],), latent_dim=LATENTS, number_gradient_estimates=2, number_samples=5)
    model = MIWAE(config)
    plan = BaseTrainerConfig(
        output_dir=str(folder / "pythae"),
        num_epochs=epochs,
        learning_rate=1e-3,
        per_device_train_batch_size=256,
        no_cuda=True,
    )
    rows = torch.from_numpy(cells)
    data = BaseDataset(rows, torch.ones(len(rows)))
    BaseTrainer(model=model, train_dataset=data, training_config=plan).train()
    return model.eval()


def reconstructed(model, cells):
    """The decoder's means, in parts."""
    with torch.no_grad():
        parts = [model.reconstruct(part) for part in torch.from_numpy(cells).split(512)]
    return torch.cat(parts).reshape(len(cells), -1).numpy()


def main(name):
    folder = Path(name)
    plan = json.loads((folder / "plan.json").read_text())
    train, odd, holes = (np.load(folder / f"{part}.npy").astype(np.float32) for part in ("train", "odd", "holes"))
    mean, seconds = np.nanmean(train, 0), {}
    train, odd = (np.where(np.isnan(part), mean, part) for part in (train, odd))
    torch.manual_seed(plan["seed"])
    began = time.perf_counter()
    fitted(train, 1, folder)
    epoch = time.perf_counter() - began
    model = fitted(train, max(1, int((60 * plan["minutes"] - epoch) / epoch)), folder)
    seconds["fit"], began = time.perf_counter() - began, time.perf_counter()
    drawn = NormalSampler(model).sample(num_samples=plan["rows"], batch_size=500, return_gen=True)
    seconds["generate"], began = time.perf_counter() - began, time.perf_counter()
    np.save(folder / "rows.npy", drawn.reshape(plan["rows"], -1).cpu().numpy())
    np.save(folder / "odd.out.npy", reconstructed(model, odd))
    seconds["score"], began = time.perf_counter() - began, time.perf_counter()
    full = np.where(np.isnan(holes), mean, holes)
    for _ in range(ROUNDS):
        full = np.where(np.isnan(holes), reconstructed(model, full), holes)
    seconds["impute"] = time.perf_counter() - began
    np.save(folder / "holes.out.npy", full)
    (folder / "seconds.json").write_text(json.dumps(seconds))


if __name__ == "__main__":
    main(sys.argv[1])
