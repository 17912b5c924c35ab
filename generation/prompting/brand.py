"""The brand profile: how this sender's pictures look and what never appears in them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from generation.errors import GenerationError

STYLE_WORD_LIMIT = 8
PALETTE_LIMIT = 4


class BrandError(GenerationError):
    """A brand profile that cannot be used; the message names the file, the key and what is expected."""


@dataclass(frozen=True, slots=True)
class Brand:
    """`style` ends every prompt and `palette` words colour it; `avoid` words never appear; `voice` and `generator` are
    wishes for the language model's wording and for who draws.
    """

    style: str = ""
    palette: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    voice: str = ""
    generator: str = ""

    @classmethod
    def load(cls, path: Path | str) -> Brand:
        """Read a profile such as `config/brand.toml`; a missing file is an empty profile.

        Raises:
            BrandError: the file is no TOML, has unknown keys or values of a wrong kind.
        """
        path = Path(path)
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return cls()
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BrandError(f"{path} cannot be read: {error}.") from error
        return cls.from_values(values, str(path))

    @classmethod
    def from_values(cls, values: dict[str, object], source: str) -> Brand:
        """Check a profile's values, wherever they come from; `source` names it in errors.

        Raises:
            BrandError: as for `load`.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise BrandError(
                f"{source}: {unknown[0]} is no key of a brand profile; the keys are {', '.join(sorted(known))}."
            )
        texts = {key: _text(values.get(key, ""), key, source) for key in ("style", "voice", "generator")}
        lists = {key: _words(values.get(key, []), key, source) for key in ("palette", "avoid")}
        if len(texts["style"].split()) > STYLE_WORD_LIMIT:
            raise BrandError(
                f"{source}: style has more than {STYLE_WORD_LIMIT} words; a prompt has room for few. Shorten it."
            )
        if len(lists["palette"]) > PALETTE_LIMIT:
            raise BrandError(f"{source}: palette has more than {PALETTE_LIMIT} colours. Keep the most important.")
        return cls(texts["style"], lists["palette"], lists["avoid"], texts["voice"], texts["generator"])

    def values(self) -> dict[str, object]:
        """The profile as `from_values` takes it and JSON holds it."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in plain.items()}

    @property
    def colours(self) -> str:
        """The palette as the prompt says it: "teal and orange colours"."""
        if not self.palette:
            return ""
        return " and ".join(filter(None, (", ".join(self.palette[:-1]), self.palette[-1]))) + " colours"

    def avoids(self, phrase: str) -> bool:
        """Whether a phrase holds a word, or words, that the brand always avoids."""
        words = f" {phrase.lower()} "
        return any(f" {word.lower()} " in words or f" {word.lower()}s " in words for word in self.avoid)


def _text(value: object, key: str, source: str) -> str:
    if not isinstance(value, str) or "\n" in value:
        raise BrandError(f"{source}: {key} must be one line of text.")
    return value.strip()


def _words(value: object, key: str, source: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
        raise BrandError(f'{source}: {key} must be a list of words, such as ["teal", "orange"].')
    return tuple(word.strip() for word in value)
