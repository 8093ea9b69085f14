"""Posterior inference with a trained model: importance sampling, refinement, candidate search, the copula, samplers."""
