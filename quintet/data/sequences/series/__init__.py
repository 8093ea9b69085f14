"""Series: a table, an array or a file of measurements over time, as regular grids of steps, and as windows of them."""
