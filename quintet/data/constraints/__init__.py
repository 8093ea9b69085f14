"""Laws that hold in every row of a table: allowed combinations, sums, orders."""
