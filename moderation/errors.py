"""Errors of this room; each message says what is wrong, where, and what to do."""


class ModerationError(ValueError):
    """A policy, a model file or a picture that cannot be used."""


class PolicyError(ModerationError):
    """A moderation policy that cannot be applied; the message begins with file and line."""


class PictureError(ModerationError):
    """Bytes that are no picture, or a picture too large or too damaged to look at."""
