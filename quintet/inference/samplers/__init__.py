"""Samplers of z for generation: the prior, or samplers fitted to the training rows' latents.

The latter read only the bank of training latents, so they work for every variant; latents of a conditional model are
pooled over conditions.
"""
