"""`model.toml`: what a bundle is, whose work is in it, how it likes to draw, and the SHA-256 of each of its files."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from generation.errors import DrawingError, ModelFileError
from generation.requests import SamplingSettings

MANIFEST_NAME = "model.toml"

# Ours has 3 kB; a manifest of a quarter of a megabyte is something else.
_LARGEST_MANIFEST = 256 << 10
_MOST_FILES = 100
_LONGEST_TEXT = 10_000

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_FILE_NAME = re.compile(r"(?:[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}/)?[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Source:
    """One work that went into the weights or lies in the bundle."""

    name: str
    licence: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True)
class Manifest:
    """The content of a `model.toml`. `files` maps each path inside the bundle to its SHA-256."""

    name: str
    description: str = ""
    licence: str = "unknown"
    parent: str = ""
    made_by: str = ""
    sources: tuple[Source, ...] = ()
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    training: Mapping[str, Any] = field(default_factory=dict)
    """How it was fine-tuned: data, plan, figures and curves, as `easel train run` tells them."""
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def revision(self) -> str:
        """One SHA-256 over the names and hashes of all files: equal revisions draw equal pictures."""
        lines = "".join(f"{self.files[path]}  {path}\n" for path in sorted(self.files))
        return hashlib.sha256(lines.encode()).hexdigest()

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Read and check a `model.toml`. Raises ModelFileError that names the file and the field."""
        try:
            if path.stat().st_size > _LARGEST_MANIFEST:
                raise ModelFileError(f"{path}: is larger than {_LARGEST_MANIFEST} bytes, so it is no manifest.")
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise ModelFileError(
                f"{path.parent}: has no {MANIFEST_NAME}, so it is no bundle; `easel models add` makes one of it."
            ) from error
        except OSError as error:
            raise ModelFileError(f"{path}: cannot be read ({error.strerror or error}).") from error
        except ModelFileError:  # a ValueError, too
            raise
        except (ValueError, RecursionError) as error:
            raise ModelFileError(f"{path}: is no TOML ({str(error)[:80]}).") from error
        return cls.from_table(table, where=str(path))

    @classmethod
    def from_table(cls, table: Mapping[str, Any], where: str) -> Manifest:
        """Check the tables of a `model.toml`. Raises ModelFileError that names the field."""
        provenance = _table(table, "provenance", where)
        sources = table.get("sources", [])
        if not isinstance(sources, list) or not all(isinstance(source, dict) for source in sources):
            raise ModelFileError(f"{where}: sources is no list of tables.")
        return cls(
            name=checked_name(_text(table, "name", where), where),
            description=_text(table, "description", where, default=""),
            licence=_text(table, "licence", where, default="unknown"),
            parent=_text(provenance, "parent", where, default=""),
            made_by=_text(provenance, "made_by", where, default=""),
            sources=tuple(
                Source(
                    name=_text(source, "name", where),
                    licence=_text(source, "licence", where),
                    url=_text(source, "url", where, default=""),
                    note=_text(source, "note", where, default=""),
                )
                for source in sources
            ),
            sampling=_sampling(_table(table, "sampling", where), where),
            training=_table(table, "training", where),
            files=_files(_table(table, "files", where), where),
        )

    def to_toml(self) -> str:
        """The text of the `model.toml`."""
        lines = [
            f"name = {_quoted(self.name)}",
            f"description = {_quoted(self.description)}",
            f"licence = {_quoted(self.licence)}",
            "",
            "[provenance]",
            f"parent = {_quoted(self.parent)}",
            f"made_by = {_quoted(self.made_by)}",
            "",
            "[sampling]",
            f"guidance_scale = {float(self.sampling.guidance_scale)}",
            f"temperature = {float(self.sampling.temperature)}",
            f"top_k = {self.sampling.top_k}",
            f"top_p = {float(self.sampling.top_p)}",
            f"use_negative = {str(self.sampling.use_negative).lower()}",
        ]
        for source in self.sources:
            lines += ["", "[[sources]]", f"name = {_quoted(source.name)}", f"licence = {_quoted(source.licence)}"]
            lines += [f"{key} = {_quoted(value)}" for key in ("url", "note") if (value := getattr(source, key))]
        if self.training:
            lines += ["", *_table_lines("training", self.training)]
        lines += ["", "[files]", *(f"{_quoted(path)} = {_quoted(self.files[path])}" for path in sorted(self.files))]
        return "\n".join(lines) + "\n"


def checked_name(name: str, where: str) -> str:
    """Return `name` if it can name a bundle and its folder. Raises ModelFileError."""
    if not _NAME.fullmatch(name) or name.endswith((".part", ".lock")):
        raise ModelFileError(
            f"{where}: {name[:80]!r} cannot name a model; use up to 64 of a-z, 0-9, dot, dash and underscore."
        )
    return name


def _quoted(text: str) -> str:
    # JSON's escapes are TOML's, but for the one control character that JSON lets stand.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _table_lines(name: str, table: Mapping[str, Any]) -> list[str]:
    """A table as TOML, its own tables after its values. Values are texts, numbers, truths and lists of those."""
    values = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    lines = [f"[{name}]", *(f"{_quoted(key)} = {_value(value)}" for key, value in values.items())]
    for key, value in table.items():
        if isinstance(value, Mapping):
            lines += ["", *_table_lines(f"{name}.{_quoted(key)}", value)]
    return lines


def _value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(item) for item in value)}]"
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _table(table: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    value = table.get(name, {})
    if not isinstance(value, dict):
        raise ModelFileError(f"{where}: {name} is no table.")
    return value


def _text(table: Mapping[str, Any], name: str, where: str, default: str | None = None) -> str:
    value = table.get(name, default)
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise ModelFileError(f"{where}: {name} is {'missing' if value is None else 'no text of a sane length'}.")
    return value


def _sampling(table: Mapping[str, Any], where: str) -> SamplingSettings:
    known = [option.name for option in fields(SamplingSettings)]
    for name in table:
        if name not in known:
            raise ModelFileError(f"{where}: sampling.{name} is no option; known are {', '.join(known)}.")
    try:
        return SamplingSettings(**table)
    except DrawingError as error:
        raise ModelFileError(f"{where}: sampling.{error}") from error


def _files(table: Mapping[str, Any], where: str) -> Mapping[str, str]:
    if len(table) > _MOST_FILES:
        raise ModelFileError(f"{where}: files lists {len(table)} files; a bundle has at most {_MOST_FILES}.")
    for path, digest in table.items():
        if not _FILE_NAME.fullmatch(path):
            raise ModelFileError(f"{where}: files names {path[:80]!r}, which is no path inside of a bundle.")
        if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
            raise ModelFileError(f"{where}: files.{path} is no SHA-256.")
    return dict(table)
