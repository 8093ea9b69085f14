"""What `fit` does, step by step: configuration, training, and what is measured after it."""
