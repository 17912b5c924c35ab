"""What people teach: an edit of a brief in review is kept as an example for the language-model writer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.records import Records
    from generation.prompting import Brief


def learn(records: Records, post_id: str, person: str, before: Brief, after: Brief) -> None:
    """Keep an edit as an example, in the form of config/prompts/examples.jsonl; a later one of a post replaces it.

    What a language model may not answer (links, names of accounts, a single word) is no example for it.
    """
    from generation.prompting.llm import Example

    row = example_row(before, after)
    try:
        Example.from_row(row)
    except ValueError:
        return
    records.keep_example(post_id, person, row)


def example_row(before: Brief, after: Brief) -> dict[str, Any]:
    """A draft, what a person wanted drawn for it, and what it `was` before."""
    wanted = set(after.prompt.lower().replace(",", " ").split())
    return {
        "draft": after.draft,
        "normalized": after.normalized,
        "prompt": after.prompt,
        "negative": [word for word in after.negative if word.lower() not in wanted],
        "alt_text": after.alt_text,
        "topics": list(after.topics),
        "was": before.prompt,
    }
