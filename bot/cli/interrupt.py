"""Ctrl-C that cannot get lost.

Python raises KeyboardInterrupt wherever the main thread happens to be. Inside a callback of the garbage collector the
exception is printed and forgotten, and a post that somebody wanted to stop would go out. So the press is remembered
(instead of printed), and asked for between stages.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType

_pressed = False


def listen() -> None:
    """Remember Ctrl-C as well as raise it; a process that was started deaf to it (in the background) stays so."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _on_press)
        sys.unraisablehook = _on_unraisable


def was_pressed() -> bool:
    """Whether Ctrl-C was pressed in this process."""
    return _pressed


def stop_if_pressed() -> None:
    """Raise the KeyboardInterrupt that may have been lost."""
    if _pressed:
        raise KeyboardInterrupt


def _on_press(_number: int, _frame: FrameType | None) -> None:
    global _pressed
    _pressed = True
    raise KeyboardInterrupt


def _on_unraisable(lost: sys.UnraisableHookArgs) -> None:
    if not issubclass(lost.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
