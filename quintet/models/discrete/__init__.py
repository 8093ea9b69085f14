"""Models with discrete latents."""
