"""What a model of patches says of whole pictures, one question a file."""
