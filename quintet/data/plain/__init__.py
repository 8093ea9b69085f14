"""Frames of any library as plain arrays, and back without loss: values, missing cells, types, index and labels."""
