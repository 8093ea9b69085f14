"""Sizes by opponents' packers, for ``series_systems.py``: of text and of columns of numbers."""

import numpy as np


def sizes_pcodec(plan, arrays, clock):
    """Bytes of each array, in the order of its name."""
    from pcodec import ChunkConfig, standalone

    best = ChunkConfig(compression_level=12)
    sizes = [len(standalone.simple_compress(np.ascontiguousarray(arrays[name]), best)) for name in sorted(arrays)]
    clock("compress")
    return {"bytes": np.array(sizes)}


def sizes_zstd(plan, arrays, clock):
    """Bytes of ``text``; of it with ``before`` as a dictionary; of ``whole``."""
    import zstandard

    before, text, whole = (arrays[name].tobytes() for name in ("before", "text", "whole"))
    plain = [len(zstandard.ZstdCompressor(level=22).compress(part)) for part in (text, whole)]
    clock("compress")
    given = zstandard.ZstdCompressionDict(before, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    how = zstandard.ZstdCompressionParameters.from_level(22, window_log=27, enable_ldm=True)
    primed = min(
        len(zstandard.ZstdCompressor(dict_data=given, compression_params=how).compress(text)),
        plain[1] - len(zstandard.ZstdCompressor(level=22).compress(before)),
    )
    return {"bytes": np.array([plain[0], primed, plain[1]])}


def sizes_ppmd(plan, arrays, clock):
    """Bytes of ``text`` by PPMd of order 8; what it adds to ``before``; of ``whole``."""
    import pyppmd

    def size(data):
        coder = pyppmd.Ppmd7Encoder(8, 64 << 20)
        return len(coder.encode(data) + coder.flush())

    before, text, whole = (arrays[name].tobytes() for name in ("before", "text", "whole"))
    plain = [size(text), size(whole)]
    clock("compress")
    return {"bytes": np.array([plain[0], plain[1] - size(before), plain[1]])}


def sizes_parquet(plan, arrays, clock):
    """Bytes of each array as the one column of a Parquet file, zstd 22, in its best coding, less an empty file's."""
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    def size(array, coding):
        file = io.BytesIO()
        table = pa.table({"x": array})
        how = {"compression": "zstd", "compression_level": 22, "write_statistics": False}
        how |= (
            {"use_dictionary": True} if coding is None else {"use_dictionary": False, "column_encoding": {"x": coding}}
        )
        pq.write_table(table, file, row_group_size=max(1, len(array)), **how)
        return file.getbuffer().nbytes

    sizes = []
    for name in sorted(arrays):
        codings = (
            None,
            "PLAIN",
            "BYTE_STREAM_SPLIT",
            *(("DELTA_BINARY_PACKED",) if arrays[name].dtype.kind == "i" else ()),
        )
        sizes.append(min(size(arrays[name], coding) - size(arrays[name][:0], coding) for coding in codings))
    clock("compress")
    return {"bytes": np.array(sizes)}


def sizes_alp(plan, arrays, clock):
    """Bytes of each array by ALP (Afroozeh and Boncz, 2024); whole numbers as they are or as differences.

    As float64 where the package cannot encode an array: 0.8.3 overflows on some that are no short decimals.
    """
    from alp import encode

    def size(column):
        try:
            return len(encode(column))
        except OverflowError:
            return column.nbytes

    sizes = []
    for name in sorted(arrays):
        column = arrays[name].astype(np.float64)
        found = [size(column)]
        if arrays[name].dtype.kind == "i":
            found.append(size(np.diff(column)) + 8)
        sizes.append(min(found))
    clock("compress")
    return {"bytes": np.array(sizes)}
