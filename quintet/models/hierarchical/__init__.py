"""Models with several layers of latents."""
