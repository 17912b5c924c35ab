"""One process at a time holds a lock, and a system without such locks is told so in one line."""

import sys

import pytest

from bot.errors import EaselError
from bot.locks import locked


def test_a_lock_is_held_by_one_and_free_again_afterwards(tmp_path):
    file = tmp_path / "one.lock"
    with locked(file, wait=False), pytest.raises(BlockingIOError), locked(file, wait=False):
        pass
    with locked(file, wait=True):
        pass


def test_a_system_without_locks_is_told_where_it_can_run(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)  # as on Windows
    with pytest.raises(EaselError, match="Windows Subsystem for Linux"), locked(tmp_path / "one.lock", wait=False):
        pass
