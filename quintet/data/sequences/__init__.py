"""Series, text and sound as rows of steps: how they are read, cut into rows, and written."""
