"""The batch size of answers on few rows."""


def batch_of(rows: int, most: int = 128) -> int:
    """``batch_rows`` of few rows: answers pad a batch to its size, so 12 rows would cost as much as 128."""
    return min(most, -(-rows // 4) * 4)
