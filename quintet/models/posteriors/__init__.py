"""Approximate posteriors q(z|x): maps from an encoder's features to a distribution over the latents."""
