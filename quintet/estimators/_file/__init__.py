"""A fitted estimator's file: header, saving, restoring."""
