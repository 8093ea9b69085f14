"""Each question asked of whole pictures, patch by patch."""
