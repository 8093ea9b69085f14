"""Latents on a sphere and in hyperbolic space."""
