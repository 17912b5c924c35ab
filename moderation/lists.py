"""The lists that a policy names: TOML files a person edits, with a digest of their content as a version."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

from moderation.errors import PolicyError

DIGEST_LETTERS = 12


def read_list(path: Path) -> tuple[dict[str, Any], str]:
    """The tables of a TOML file and a short digest of its bytes.

    Raises:
        PolicyError: missing, unreadable or no TOML; with the line where there is one.
    """
    try:
        raw = path.read_bytes()
        return tomllib.loads(raw.decode()), hashlib.sha256(raw).hexdigest()[:DIGEST_LETTERS]
    except OSError as error:
        raise PolicyError(f"{path}: the list cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path}: not UTF-8 text (byte {error.start}). Save the file as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(f"{path}: not TOML: {error}.") from error
