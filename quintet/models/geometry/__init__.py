"""Models with latents on a sphere or in hyperbolic space."""
