"""The one error of this room. It says what went wrong and, above all, whether the network may have acted."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """What is known about a request that did not end well."""

    REFUSED = "refused"
    """Nothing was posted and the same request would be refused again: a person has to change something."""
    UNKNOWN = "unknown"
    """The network may have acted: look the post up before anything else is sent."""
    RETRY_AFTER = "retry_after"
    """Nothing was posted; the same request may succeed later (`PublishError.retry_after` seconds)."""


class Reason(StrEnum):
    """Why, in a word that a program can act on."""

    INVALID = "invalid"  # the post breaks a rule of the network; found before or by the network
    UNAUTHORIZED = "unauthorized"  # the token is wrong, revoked or run out: the account has to be connected anew
    FORBIDDEN = "forbidden"  # the token is right but does not allow this: a scope or permission is missing
    PAYMENT = "payment"  # the app's credit at the network is used up
    DUPLICATE = "duplicate"  # the network says it already has this text
    VERSION = "version"  # the network no longer serves the API version asked for
    RATE_LIMIT = "rate_limit"
    SERVER = "server"  # the network failed (5xx)
    CONNECTION = "connection"  # no connection, or it broke
    TIMEOUT = "timeout"
    UNREADABLE = "unreadable"  # an answer came that cannot be understood
    STORAGE = "storage"  # the local disk
    NOT_FOUND = "not_found"


class PublishError(RuntimeError):
    """A post could not be published, looked up or taken down.

    `str(error)` is one line for a person: what, where, what to do. It never holds a token.
    """

    def __init__(
        self,
        message: str,
        outcome: Outcome = Outcome.REFUSED,
        reason: Reason = Reason.INVALID,
        network: str = "",
        retry_after: float | None = None,
    ) -> None:
        # All of it goes into `args`, so that the error survives pickling between processes.
        super().__init__(message, outcome, reason, network, retry_after)
        self.message = message
        self.outcome = outcome
        self.reason = reason
        self.network = network
        self.retry_after = retry_after

    def __str__(self) -> str:
        return self.message

    def reclassified(self, reason: Reason, outcome: Outcome | None = None) -> PublishError:
        """The same line with a reason that its raiser could not know."""
        return PublishError(self.message, outcome or self.outcome, reason, self.network, self.retry_after)
