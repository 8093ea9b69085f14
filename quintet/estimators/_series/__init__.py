"""The parts of ``Series``: fit, each of its questions, and its compressed file."""
