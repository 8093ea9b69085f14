"""Figures of a fitted model, one method each: ``vae.plot.samples()``."""

from quintet.plot.plots import Plots

__all__ = ["Plots"]
