"""One post of the outbox as a page to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

STYLE = """
:root { color-scheme: light dark; --paper: light-dark(#f4f3ef, #121317); --card: light-dark(#fff, #1c1e24);
  --ink: light-dark(#17181c, #ececf1); --quiet: light-dark(#5b606b, #9ba1ad);
  --line: light-dark(#dddad2, #32353e) }
* { box-sizing: border-box }
body { margin: 0; padding: 3rem 1rem; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.55 system-ui, sans-serif }
article { max-width: 36rem; margin: auto; padding: 1.5rem; background: var(--card);
  border: 1px solid var(--line); border-radius: 1rem }
header, figcaption { color: var(--quiet); font-size: .875rem }
p { white-space: pre-wrap; overflow-wrap: anywhere }
figure { margin: 1rem 0 0 }
img { display: block; width: 100%; border-radius: .75rem }
figcaption { margin-top: .4rem }
"""


def post_page(network: str, text: str, pictures: Sequence[Mapping[str, str]]) -> str:
    """HTML of a post; each picture has a `file` beside the page and an `alt`."""
    figures = "".join(_figure(picture["file"], picture["alt"]) for picture in pictures)
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{escape(network)} · outbox</title>
<style>{STYLE}</style>
<article>
<header>Outbox · stands in for {escape(network)}</header>
<p>{escape(text)}</p>
{figures}
</article>
</html>
"""


def _figure(file: str, alt: str) -> str:
    if file.endswith(".pdf"):
        return f'<p><a href="{escape(file)}">{escape(alt or file)}</a></p>'
    picture = f'<img src="{escape(file)}" alt="{escape(alt)}">'
    return f"<figure>{picture}<figcaption>{escape(alt)}</figcaption></figure>"
