"""Several layers of latents."""
