"""Lines of text as rows of tokens, and back: vocabularies, files of lines, rows of a fixed number of steps."""
