"""Translation between two domains: a latent space for each, and a mapping between them."""
