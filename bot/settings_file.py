"""Change one setting in the easel.toml of Easel's home, and leave everything else in it as it stands."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path

from bot.errors import EaselError
from bot.settings import read_toml


def set_setting(file: Path, name: str, value: str) -> None:
    """Write `name = "value"` into `file`, in place of an older line or before the first table.

    Raises:
        Misuse: the file is no TOML.
        EaselError: the file is written in a way that a line cannot be changed in safely; a person has to.
    """
    before = read_toml(file)
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    line = f"{name} = {json.dumps(value, ensure_ascii=False)}\n"
    changed, count = re.subn(rf"^{re.escape(name)}[ \t]*=.*\n?", lambda _: line, text, count=1, flags=re.MULTILINE)
    if not count:
        changed = line + text
    try:
        after = tomllib.loads(changed)
    except tomllib.TOMLDecodeError:
        after = {}
    if after != before | {name: value}:
        raise EaselError(f"{file} cannot be changed safely; write this line into it: {line.strip()}")
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.part")
    part.write_text(changed, encoding="utf-8")
    os.replace(part, file)
