"""What a trained model keeps of its rows beside the weights: frozen dataclasses of tensors, each with a version.

``table.py`` lists them all, with their names in a weights file; the code that fits and uses them is in ``inference/``
and ``tasks/``.
"""
