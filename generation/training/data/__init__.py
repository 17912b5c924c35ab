"""Captions and pictures to learn from: read, checked, split by caption, encoded once, and loaded in a known order."""
