"""The compressed file: its layout in bytes, its blocks, and what can be read of a damaged one."""
