"""Edits in the latent space: traversals, paths, attributes, augmentation, clusters, classes, translation."""
