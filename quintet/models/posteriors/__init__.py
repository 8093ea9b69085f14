"""Approximate posteriors q(z|x): from an encoder's features to a distribution over the latents."""
