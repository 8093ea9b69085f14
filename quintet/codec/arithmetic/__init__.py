"""float64 arithmetic with the same bits on every machine, whatever the threads and the batch."""
