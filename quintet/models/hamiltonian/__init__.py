"""Hamiltonian VAE: leapfrog integration of latents, and its metrics."""
