"""Models whose latents are codes."""
