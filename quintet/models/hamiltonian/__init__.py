"""Latents moved by Hamiltonian dynamics, and the metrics that they move in."""
