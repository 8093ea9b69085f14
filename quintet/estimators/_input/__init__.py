"""The user's rows on their way in: validation, splits, cells that no answer can be trusted for."""
