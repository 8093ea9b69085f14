"""One function a command; help texts live in the types of its arguments."""
