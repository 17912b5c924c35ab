"""Settings of a stand-in that can be changed by name while it runs."""

from __future__ import annotations

from typing import Any


class Changeable:
    """The base of a stand-in's settings, a data class of plain values."""

    def change(self, wishes: dict[str, Any]) -> None:
        """Set what is named; ValueError for a name or type there is not."""
        for name, value in wishes.items():
            known = type(getattr(self, name, None))
            if name not in vars(self):
                raise ValueError(f"There is no setting {name[:40]!r}; there are {', '.join(vars(self))}.")
            if type(value) is not known and not (known is float and type(value) is int):
                raise ValueError(f"{name} is {known.__name__}, not {type(value).__name__}.")
        for name, value in wishes.items():
            setattr(self, name, value)
