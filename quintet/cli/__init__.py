"""The `quintet` command: one function a command; help texts live in the types of its arguments."""
