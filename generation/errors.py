"""What this room refuses, and why, in words for the person who meets it."""


class GenerationError(ValueError):
    """The base of every error of this room: the message says what is wrong, where, and what to do."""


class ModelFileError(GenerationError):
    """A model's file is damaged, hostile, or does not fit its configuration."""


class DrawingError(GenerationError):
    """A picture cannot be drawn as asked."""


class DrawingCancelled(GenerationError):
    """Drawing was stopped before its last step, because the caller asked for it."""
