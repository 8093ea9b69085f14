"""Numerical state of each call: isolation from the process's settings, and local random generators.

The modules are imported one by one: some do without PyTorch, as the commands that need no model do.
"""
