"""The container: the compressed file's layout in bytes, its blocks and index, and salvage of damaged files."""
