"""Moderators that read a text."""
