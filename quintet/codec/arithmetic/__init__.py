"""float64 arithmetic with the same bits on every machine, independent of threads and batch size."""
