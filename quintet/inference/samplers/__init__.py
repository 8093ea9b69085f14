"""Where z comes from when rows are generated: the prior, or what is known of the training rows' own latents.

Each of the others knows the kept latents of training rows only, so it serves any variant, and a conditional model's
latents are pooled.
"""
