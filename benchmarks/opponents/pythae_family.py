"""One of pythae's models on MNIST by its own trainer: figures of the test rows and samples, to a file.

Run by an interpreter that has pythae 0.1.2:
``python pythae_family.py NAME TRAIN.npy TEST.npy OUT.npz EPOCHS BATCH LATENTS SEED``.
"""

import sys
import time

import numpy as np
import torch
from pythae import models, samplers, trainers
from pythae.data.datasets import BaseDataset
from torch.nn.functional import binary_cross_entropy, softplus

ADVERSARIAL = {"Adversarial_AE", "FactorVAE"}
COUPLED = {"PIWAE"}
BOTH = {"VAEGAN"}
OTHER_POSTERIORS = {"SVAE", "PoincareVAE", "VAE_IAF", "VAE_LinNF", "VAMP", "Adversarial_AE", "VAEGAN"}
OPTIONS = {
    "BetaVAE": {"beta": 4.0},
    "BetaTCVAE": {"beta": 6.0},
    "FactorVAE": {"gamma": 10.0},
    "DisentangledBetaVAE": {"beta": 4.0, "C": 25.0, "warmup_epoch": 5},
    "VQVAE": {"num_embeddings": 64, "use_ema": True},
}


def build(name: str, latents: int):
    """The model with its default networks, cross-entropy where it is offered."""
    kind = getattr(models, name)
    config_name = {"Adversarial_AE": "Adversarial_AE_Config", "INFOVAE_MMD": "INFOVAE_MMD_Config"}.get(name)
    for guess in (config_name, f"{name}Config", f"{name}_Config"):
        if guess and hasattr(models, guess):
            config = getattr(models, guess)
            break
    options = dict(OPTIONS.get(name, {}))
    if "reconstruction_loss" in config.__dataclass_fields__ and name not in ("VAEGAN", "MSSSIM_VAE"):
        options["reconstruction_loss"] = "bce"
    model = kind(config(input_dim=(1, 28, 28), latent_dim=latents, **options))
    if name == "HVAE":  # which reads the decoder's sigmoid as logits under "bce", and learns nothing
        model._log_p_x_given_z = lambda back, x: -cross_entropy(back, x)
    return model


def train(name: str, model, x, epochs: int, batch: int) -> float:
    """Seconds of its own trainer."""
    shared = dict(output_dir="pythae", num_epochs=epochs, per_device_train_batch_size=batch, no_cuda=True)
    if name in ADVERSARIAL:
        config = trainers.AdversarialTrainerConfig(
            autoencoder_learning_rate=1e-3, discriminator_learning_rate=1e-3, **shared
        )
        trainer = trainers.AdversarialTrainer
    elif name in COUPLED:
        config = trainers.CoupledOptimizerTrainerConfig(
            encoder_learning_rate=1e-3, decoder_learning_rate=1e-3, **shared
        )
        trainer = trainers.CoupledOptimizerTrainer
    elif name in BOTH:
        config = trainers.CoupledOptimizerAdversarialTrainerConfig(
            encoder_learning_rate=1e-3, decoder_learning_rate=1e-3, discriminator_learning_rate=1e-3, **shared
        )
        trainer = trainers.CoupledOptimizerAdversarialTrainer
    else:
        config = trainers.BaseTrainerConfig(learning_rate=1e-3, **shared)
        trainer = trainers.BaseTrainer
    run = trainer(model=model, train_dataset=BaseDataset(x, torch.ones(len(x))), training_config=config)
    began = time.perf_counter()
    run.train()
    return time.perf_counter() - began


def sample(name: str, model, x, count: int):
    """Samples by the sampler that the library has for it."""
    if name in ("AE", "RAE_GP", "RAE_L2"):
        sampler = samplers.GaussianMixtureSampler(model, samplers.GaussianMixtureSamplerConfig(n_components=10))
        sampler.fit(x)
    elif name == "VAMP":
        sampler = samplers.VAMPSampler(model)
    elif name == "SVAE":
        sampler = samplers.HypersphereUniformSampler(model)
    elif name == "PoincareVAE":
        sampler = samplers.PoincareDiskSampler(model)
    elif name == "VQVAE":
        return None
    else:
        sampler = samplers.NormalSampler(model)
    return sampler.sample(num_samples=count, batch_size=500, return_gen=True).reshape(count, -1).clamp(0, 1)


def cross_entropy(back, x):
    """Nats a row."""
    flat = back.reshape(*back.shape[:-3], -1).clamp(1e-6, 1 - 1e-6) if back.dim() > 2 else back.clamp(1e-6, 1 - 1e-6)
    return binary_cross_entropy(flat, x.reshape(len(x), -1).expand_as(flat), reduction="none").sum(-1)


def figures(name: str, model, x) -> dict:
    """Reconstruction error; the bound and -log p by 50 importance samples for diagonal normals under N(0, I)."""
    found = {}
    pieces = x.split(500)
    with torch.no_grad():
        if name in ("VAE_IAF", "VAE_LinNF", "VAMP"):
            parts = [model(BaseDataset(part, torch.ones(len(part)))[:]) for part in pieces]
            found["bound"] = float(np.mean([float(p.recon_loss + p.reg_loss) for p in parts]))
        if name not in ("HVAE", "RHVAE"):  # which reconstruct by a path
            with torch.set_grad_enabled(name == "RAE_GP"):  # which takes gradients inside
                back = torch.cat([model.reconstruct(part).detach() for part in pieces])
            found["mse"] = float(((back.reshape(len(x), -1) - x.reshape(len(x), -1)) ** 2).mean())
        coded = model.encoder(x)
        if "log_covariance" in coded and name not in OTHER_POSTERIORS:
            mean, log_var = coded.embedding, coded.log_covariance
            if name == "HVAE":  # whose spread is not the usual one
                log_var = 2 * softplus(log_var).log()
            rate = 0.5 * (log_var.exp() + mean**2 - 1 - log_var).sum(1)
            bound, weights = [], []
            for _ in range(50):
                noise = torch.randn_like(mean)
                z = mean + noise * (0.5 * log_var).exp()
                distortion = cross_entropy(model.decoder(z).reconstruction, x)
                bound.append(distortion + rate)
                weights.append(-distortion - 0.5 * (z**2).sum(1) + 0.5 * (noise**2 + log_var).sum(1))
            found["bound"] = float(torch.stack(bound).mean())
            found["nll"] = float(-(torch.stack(weights).logsumexp(0) - np.log(50)).mean())
    return found


def main(
    name: str, train_file: str, test_file: str, out: str, epochs: str, batch: str, latents: str, seed: str
) -> None:
    torch.manual_seed(int(seed))
    torch.distributions.Distribution.set_default_validate_args(False)  # grey cells are no zeros and ones
    x = torch.from_numpy(np.load(train_file)).reshape(-1, 1, 28, 28)
    test = torch.from_numpy(np.load(test_file)).reshape(-1, 1, 28, 28)
    model = build(name, int(latents))
    seconds = train(name, model, x, int(epochs), int(batch))
    model.eval()
    found = figures(name, model, test)
    new = sample(name, model, x, 2000)
    arrays = {} if new is None else {"samples": new.detach().numpy().astype(np.float32)}
    np.savez(out, seconds=seconds, **found, **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
