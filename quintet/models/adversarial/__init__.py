"""Adversarial training: critics, and the losses of models that train against one."""
