"""The operations of PyTorch whose results IEEE 754 defines to the last bit, by their names in ``torch.ops.aten``."""

SHAPES = """
alias arange as_strided cat clone constant_pad_nd contiguous copy detach diagonal empty empty_like expand eye fill flip
full full_like is_same_size lift_fresh lift_fresh_copy narrow new_empty new_full new_ones new_zeros ones ones_like
permute pixel_shuffle pixel_unshuffle repeat reshape roll scalar_tensor select select_scatter slice slice_scatter split
split_with_sizes squeeze t stack to transpose tril tril_indices triu unbind unfold unsafe_split unsafe_view unsqueeze
upsample_nearest2d view zero zeros zeros_like _local_scalar_dense _reshape_alias _to_copy _unsafe_view
"""
ONE = """
abs bitwise_not ceil clamp clamp_max clamp_min floor hardtanh isfinite isinf isnan leaky_relu logical_not nan_to_num neg
reciprocal relu round sgn sign sqrt threshold
"""
TWO = """
bitwise_and bitwise_or copysign div eq equal floor_divide ge gt le logical_and logical_or lt maximum minimum mul ne
remainder where
"""
SELECTIONS = """
all amax amin aminmax any argmax argmin embedding gather index index_select masked_fill max min nonzero scatter
"""
WITH_FACTOR = frozenset(("add", "sub", "rsub"))
"""Defined unless ``alpha`` multiplies the second number: some machines round once then, others twice."""

ON_INTEGERS = frozenset(("sum", "cumsum", "cumprod", "sort", "argsort"))
"""Defined on integers: on floats the order of sums matters, or that of equal numbers."""

DEFINED = frozenset(" ".join((SHAPES, ONE, TWO, SELECTIONS)).split())


class NotExact(Exception):
    """An operation whose last bits may differ between machines."""
