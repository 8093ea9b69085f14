"""The lossy code of images: p(coefficient of a block | visible coefficients of this and the blocks around it)."""
