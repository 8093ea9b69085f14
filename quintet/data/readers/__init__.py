"""Readers of files, folders and data frames: arrays, column names and labels."""
