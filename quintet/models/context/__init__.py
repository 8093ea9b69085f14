"""Context decoders: p(x_i | z, visible cells), their orders, and the stage that trains them."""
