"""Moderators that look at a picture, and the reading of picture files that nobody has checked yet."""
