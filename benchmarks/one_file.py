"""Weights file of a record: command line options, and the model that they fit or load."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from common import MOST_EPOCHS, Array, options, peak_gib, reset_peak

from quintet import VAE, load
from quintet.cli.option_values import settings, value

QUICK = {"epochs": 10, "max_minutes": 1.0}
QUICK_ROWS = 20_000


def model_options(description: str) -> argparse.ArgumentParser:
    """The options of every benchmark, and those that make or find a model."""
    parser = options(description)
    parser.add_argument("--model", type=Path, metavar="FILE", help="a trained file instead of a fit")
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the trained file here; --model takes it up")
    parser.add_argument("--preset", default="best")
    parser.add_argument("--minutes", type=float, default=60.0, help="limit of the fit")
    parser.add_argument(
        "--epochs", type=int, default=MOST_EPOCHS, help="most of them; by default the limit ends the fit"
    )
    parser.add_argument("--variant", help="the preset's, where not given")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="of the variant or the training"
    )
    parser.add_argument("--latent-dim", metavar="N|auto", help="number of latents")
    parser.add_argument("--network", metavar="JSON", help='such as {"kind": "conv", "channels": 32}')
    parser.add_argument("--also", default="{}", metavar="JSON", help='more of VAE\'s parameters: {"calibration": 0.05}')
    parser.add_argument("--device", default="auto")
    return parser


def unfitted(args: Any, **own: Any) -> VAE:
    """The model that the options describe; ``own`` are the script's parameters of VAE."""
    given: dict[str, Any] = {"preset": args.preset, "epochs": args.epochs, "max_minutes": args.minutes}
    given |= {"device": args.device, **own}
    if args.variant is not None:
        given["variant"] = args.variant
    if args.latent_dim is not None:
        given["latent_dim"] = value(args.latent_dim)
    if args.network is not None:
        given["network"] = json.loads(args.network) if args.network.startswith("{") else args.network
    given |= json.loads(args.also)
    vae = VAE(random_state=args.seed, verbose=sys.stderr.isatty(), **given)
    return vae.set_params(**settings(args.variant or "vae", args.set))


def trained(args: Any, rows: Array, **own: Any) -> tuple[VAE, Path, dict[str, float | str]]:
    """The model, a file of it, and what its fit cost: minutes of training, of all, and memory in GiB."""
    if args.model is not None:
        vae, path, found = load(args.model, device=args.device), args.model, {}
    else:
        if args.quick:
            rows, own = rows[:QUICK_ROWS], own | QUICK
        reset_peak()
        began = time.perf_counter()
        vae = unfitted(args, **own).fit(rows)
        found = {"fit.minutes": (time.perf_counter() - began) / 60, "memory.fit": peak_gib()}
        path = args.save or Path(tempfile.mkdtemp()) / "record.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        vae.save(path)
        print(f"fitted: {found}, written to {path}", file=sys.stderr)
    found["fit.training_minutes"] = sum(row.get("seconds", 0.0) for row in vae.history_.rows) / 60
    found["fit.weights"] = float(sum(p.numel() for p in vae.fitted_.model.parameters()))
    found["fit.file_mib"] = path.stat().st_size / 2**20
    return vae, path, found | {f"about.{name}": text for name, text in described(vae).items()}


def described(vae: VAE) -> dict[str, str]:
    """What the file itself says of how it was made."""
    kept = vae.fitted_.options
    plan = {name: value for name, value in kept["training"].items() if value}
    return {
        "variant": f"{kept['variant']} {json.dumps(kept['variant_options'])}",
        "network": json.dumps(kept["network"]),
        "latent_dim": str(vae.latent_dim_),
        "training": json.dumps(plan),
    }
