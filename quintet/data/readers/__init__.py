"""Readers: files, folders and data frames to arrays, names and labels."""
