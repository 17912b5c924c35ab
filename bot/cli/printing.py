"""What commands print for programs."""

from __future__ import annotations

import sys


def print_json(plain: object) -> None:
    """One line of JSON on standard output, in the letters themselves."""
    from json import dumps

    sys.stdout.write(dumps(plain, ensure_ascii=False) + "\n")
