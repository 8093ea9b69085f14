"""The joint p(x, z) and its posterior, priors, objectives, the partial encoder, and what a variant is."""
