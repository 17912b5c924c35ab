"""A token that does not show itself in a `repr`, a log line, a traceback or a pickle."""

from __future__ import annotations

import hmac
from typing import NoReturn


class Secret:
    """Holds a token or key; only `reveal()` gives it back, at the moment it is put into a request."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself: hand it on, never keep it in a variable that a traceback could print."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> NoReturn:
        raise TypeError("A Secret is not pickled: hand over what it unlocks, or encrypt `reveal()` yourself.")
