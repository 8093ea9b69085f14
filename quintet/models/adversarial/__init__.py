"""Critics and models that are trained against one."""
