"""What the stand-in's "model" says. It understands nothing: it lists words, obeys scripts, and can be made gullible."""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zlib
from typing import Any

_DATA = re.compile(r"<draft>(.*?)</draft>", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{4,}")
_ORDER = re.compile(
    r"(?:say|write|output|respond|reply|answer|print|return|draw|prompt (?:to|is))\b"
    r"[^\w\[]*(?:with|only|exactly|just|a|the)?[^\w\[]*(\w+)",
    re.IGNORECASE,
)
_BLOCKED_WORDS = ("bomb-making", "kill yourself")
PICTURE_PIXELS = 64


def brief_for(messages: list[dict[str, Any]], *, gullible: bool) -> str:
    """A brief of the right form for the draft in the last message, always the same for the same draft.

    A gullible model does what any text of the last message tells it ("say PWNED"), as weak models do.
    """
    last = str(messages[-1].get("content", ""))
    found = _DATA.findall(last)
    draft = json.loads(found[-1]) if found else last
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(str(draft))))[:6]
    prompt = f"a picture of {' and '.join(words[:3]) or 'a cat'}, bright colours"
    order = _ORDER.search(str(draft)) if gullible else None
    if order:
        prompt = f"{order.group(1)} {order.group(1)}"
    answer = {
        "normalized": str(draft),
        "prompt": prompt,
        "negative": ["blur"],
        "alt_text": f"A picture of {' and '.join(words[:2]) or 'a cat'}.",
        "topics": words[:3],
        "x": "",
        "linkedin": "",
    }
    return json.dumps(answer, ensure_ascii=False)


def completion(model: str, message: dict[str, Any], finish: str, prompt: str) -> dict[str, Any]:
    """A chat completion as the API words it; a token is counted for every four characters."""
    taken, given = len(prompt) // 4, len(str(message.get("content") or "")) // 4
    return {
        "id": f"chatcmpl-{hashlib.sha256(prompt.encode()).hexdigest()[:12]}",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [
            {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish, "logprobs": None}
        ],
        "usage": {"prompt_tokens": taken, "completion_tokens": given, "total_tokens": taken + given},
    }


def picture(prompt: str, number: int) -> bytes:
    """A small PNG of one colour, which its prompt and number decide."""
    colour = hashlib.sha256(f"{prompt}\0{number}".encode()).digest()[:3]
    rows = (b"\0" + colour * PICTURE_PIXELS) * PICTURE_PIXELS
    header = struct.pack(">IIBBBBB", PICTURE_PIXELS, PICTURE_PIXELS, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    packed = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def moderation(text: str) -> dict[str, Any]:
    """A verdict as omni-moderation words it: flagged where one of a few known phrases stands."""
    flagged = any(phrase in text.lower() for phrase in _BLOCKED_WORDS)
    scores = {"violence": 0.97 if flagged else 0.001, "harassment": 0.0, "hate": 0.0, "sexual": 0.0, "self-harm": 0.0}
    categories = {name: score > 0.5 for name, score in scores.items()}
    applied = {name: ["text"] for name in scores}
    return {
        "flagged": flagged,
        "categories": categories,
        "category_scores": scores,
        "category_applied_input_types": applied,
    }
