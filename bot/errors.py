"""Errors that a person can meet. The command line shows each once, as one line, and never as a traceback."""


class EaselError(RuntimeError):
    """Something failed although it was asked for rightly: exit status 1."""

    exit_status = 1


class Misuse(EaselError):
    """The request itself is wrong, and the message says how to ask instead: exit status 2."""

    exit_status = 2


class Refused(EaselError):
    """A transition met another state than it needs; the message names the state it met."""
