"""The feeds as pages: what a reader of each local network would see."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from html import escape, unescape

from playground.networks.world import Post, Upload, World, now

STYLE = """
:root { color-scheme: light dark; --paper: light-dark(#f3f2ee, #101114); --card: light-dark(#fff, #1a1c21);
  --ink: light-dark(#16181d, #eceef2); --quiet: light-dark(#606672, #989fac); --line: light-dark(#e0ded8, #2c2f37);
  --accent: light-dark(#1c64d1, #7cb1ff) }
.x { --accent: light-dark(#0f1419, #e7e9ea) }
.linkedin { --accent: light-dark(#0a66c2, #70b5f9) }
@font-face { font-family: Emoji; src: local("Noto Color Emoji"), local("Apple Color Emoji"), local("Segoe UI Emoji");
  unicode-range: U+231A-231B, U+2600-2604, U+260E, U+2614-2615, U+26A1, U+26BD-26BE, U+2705, U+2728, U+274C, U+2764,
  U+2B50, U+1F000-1FAFF }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 Emoji, system-ui, sans-serif }
nav { position: sticky; top: 0; z-index: 1; display: flex; gap: 1.25rem; align-items: baseline;
  padding: .9rem max(1rem, calc(50% - 18rem)); background: var(--card); border-bottom: 1px solid var(--line) }
.framed nav { display: none } /* the page around it has its own */
nav strong { color: var(--accent); font-size: 1.125rem; margin-right: auto }
nav a { color: var(--quiet); text-decoration: none; padding: .2rem 0 }
nav a:hover { color: var(--ink) }
nav a[aria-current] { color: var(--ink); box-shadow: 0 2px var(--accent) }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 3px }
main { max-width: 38rem; margin: 1.5rem auto 4rem; padding: 0 1rem; display: grid; gap: 1rem }
article { background: var(--card); border: 1px solid var(--line); border-radius: .9rem; padding: 1.1rem 1.25rem }
header { display: flex; gap: .7rem; align-items: center }
.face { flex: none; width: 2.5rem; height: 2.5rem; border-radius: 50%; display: grid; place-items: center;
  background: var(--accent); color: var(--card); font-weight: 650 }
.who { font-weight: 600; line-height: 1.25 }
time, .note, figcaption { color: var(--quiet); font-size: .875rem }
.text { white-space: pre-wrap; overflow-wrap: anywhere; margin: .8rem 0 0 }
.text:empty { display: none }
.text a { color: var(--accent) }
.pictures { display: grid; gap: .4rem; margin-top: .9rem; grid-template-columns: 1fr }
.pictures:has(figure + figure) { grid-template-columns: 1fr 1fr }
figure { margin: 0 }
img { display: block; width: 100%; aspect-ratio: var(--shape, auto); object-fit: cover; border-radius: .6rem;
  background: var(--line) }
.pictures:has(figure + figure) img { --shape: 1 }
figcaption { margin: .3rem .1rem .5rem }
.document { display: block; margin-top: .9rem; padding: .9rem 1rem; border: 1px solid var(--line); border-radius: .6rem;
  color: inherit; text-decoration: none }
.note { margin: .8rem 0 0; padding-top: .7rem; border-top: 1px solid var(--line) }
.consent label { display: flex; gap: .6rem; padding: .5rem 0 }
.consent ul { margin: .8rem 0; padding-left: 1.2rem; color: var(--quiet) }
.consent button { font: inherit; padding: .6rem 1.2rem; border-radius: 2rem; border: 1px solid var(--line);
  background: none; color: inherit; cursor: pointer; margin: .8rem .5rem 0 0 }
.consent button[value=allow] { background: var(--accent); color: var(--card); border-color: transparent }
.empty { text-align: center; color: var(--quiet); padding: 4rem 1rem }
"""
REFRESH = """
if (top !== self) document.documentElement.classList.add("framed");
setInterval(async () => {
  try {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const fresh = page.querySelector("main"), main = document.querySelector("main");
    if (fresh && fresh.innerHTML !== main.innerHTML) main.replaceWith(fresh);
  } catch { /* the playground has stopped: keep showing what there was */ }
}, 2000);
"""
NAMES = {"x": "X", "linkedin": "LinkedIn"}
LINK = re.compile(r"https?://[^\s<>\"]+[\w/]")


def feed_page(world: World, network: str, only: str | None = None) -> str:
    """All posts of a network, the newest first, or only one of them."""
    posts = [post for post in reversed(world.posts[network].values()) if only in {None, post.id}]
    shown = "".join(_post(world, network, post) for post in posts)
    empty = "There is no such post." if only else f"Nothing on {NAMES[network]} yet. Posts appear here by themselves."
    return page(network, shown or f'<p class="empty">{empty}</p>', REFRESH)


def page(network: str, body: str, script: str = "") -> str:
    """A page of a network."""
    links = "".join(
        f'<a href="/{name}/"{" aria-current=page" if name == network else ""}>{title}</a>'
        for name, title in NAMES.items()
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{NAMES[network]} · playground</title>
<style>{STYLE}</style>
</head>
<body class="{network}">
<nav><strong>{NAMES[network]}, locally</strong>{links}<a href="/_journal">Journal</a></nav>
<main>{body}</main>
<script>{script}</script>
</body>
</html>
"""


def _post(world: World, network: str, post: Post) -> str:
    account = world.tokens.accounts.get((network, post.author))
    name = account.name if account else post.author
    uploads = [world.uploads[upload_id] for upload_id in post.uploads if upload_id in world.uploads]
    text = post.text
    for entity in post.entities:
        text = text.replace(entity["url"], "" if "media_key" in entity else entity["expanded_url"])
    notes = ["Labelled as made with AI"] if post.made_with_ai else []
    # X hands out escaped text; LinkedIn's is plain.
    plain = unescape(text).strip() if network == "x" else text
    return f"""<article id="{escape(post.id)}">
<header><span class="face" aria-hidden="true">{escape(name[:1].upper())}</span>
<span><span class="who">{escape(name)}</span><br>{_time(post.at)}</span></header>
<p class="text">{_linked(plain)}</p>
{_media(post, uploads)}
{"".join(f'<p class="note">{note}</p>' for note in notes)}
</article>"""


def _media(post: Post, uploads: Sequence[Upload]) -> str:
    if uploads and uploads[0].kind == "document":
        address = f"/_media/{escape(uploads[0].id)}"
        return f'<a class="document" href="{address}">{escape(post.title or "Document")} · PDF</a>'
    figures = "".join(
        f'<figure><img src="/_media/{escape(upload.id)}" alt="{escape(alt)}">'
        f"<figcaption>{escape(alt) or 'No alt text'}</figcaption></figure>"
        for upload, alt in zip(uploads, post.alts, strict=False)
    )
    return f'<div class="pictures">{figures}</div>' if figures else ""


def _time(at: datetime) -> str:
    day = "Today" if at.date() == now().date() else f"{at:%d %B %Y}"
    return f'<time datetime="{at.isoformat()}">{day}, {at:%H:%M} UTC</time>'


def _linked(text: str) -> str:
    parts, place = [], 0
    for match in LINK.finditer(text):
        address = escape(match[0])
        parts += [escape(text[place : match.start()]), f'<a href="{address}" rel="noreferrer">{address}</a>']
        place = match.end()
    return "".join([*parts, escape(text[place:])])
