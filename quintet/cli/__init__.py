"""The `quintet` command line: one function per command, with help texts in the types of its arguments."""
