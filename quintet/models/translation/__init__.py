"""Two domains with a latent space each, and a mapping between them."""
