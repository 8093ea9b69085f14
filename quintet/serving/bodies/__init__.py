"""Rows of a request and of an answer: as JSON, as a stream of Arrow, and as PNG."""
