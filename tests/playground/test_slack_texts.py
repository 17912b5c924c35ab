"""Slack's texts as HTML: formatted as Slack does it, and harmless whatever is in them."""

import re

import pytest

from playground.slack.page.mrkdwn import date, markdown, mrkdwn, plain

NAMES = {"U1": "Ana", "C1": "launches"}


def shown(text):
    return str(mrkdwn(text, lambda some_id: NAMES.get(some_id, some_id), "Europe/Madrid"))


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _thin_ ~gone~", "<strong>bold</strong> <em>thin</em> <s>gone</s>"),
        ("snake_case_name 2*3*4", "snake_case_name 2*3*4"),
        ("`*x*`", "<code>*x*</code>"),
        ("```\na *b*\n```", "<pre>a *b*</pre>"),
        ("&lt;3 &amp;amp;", "&lt;3 &amp;amp;"),
        ("a\n&gt; b\nc", "a<br><blockquote>b</blockquote>c"),
        ("<@U1> in <#C1>", '<span class="mention">@Ana</span> in <span class="mention">#launches</span>'),
        ("<!channel>", '<span class="mention">@channel</span>'),
        ("&lt;!channel&gt;", "&lt;!channel&gt;"),
        (":rocket: :no_such_thing:", "🚀 :no_such_thing:"),
        ("<!date^0^{date_num} {time}|then>", "<time>1970-01-01 01:00</time>"),
    ],
)
def test_it_is_formatted_as_slack_does_it(text, html):
    assert shown(text) == html


def test_links_lead_where_they_say_and_nowhere_else():
    assert shown("<https://a.example/?b=c&amp;d=e|here>") == (
        '<a href="https://a.example/?b=c&amp;d=e" target="_blank" rel="noreferrer noopener">here</a>'
    )
    assert 'href="https://a.example/x_y_z"' in shown("see https://a.example/x_y_z.")
    assert shown("<javascript:alert(1)|here>") == "here"


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<https://a.example/" onmouseover="alert(1)|x>',
    "*<b onclick=alert(1)>*",
    "`</code><script>alert(1)</script>`",
    "\x000\x00 \x00999\x00",
    '<@"><script>alert(1)</script>|x>',
    "<!date^1^{date}\"'><script>|x>",
    "[x](javascript:alert(1))",
    "![x](https://a.example/track.png)",
    "<!subteam^S1|<script>>",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("show", [shown, lambda text: str(plain(text)), lambda text: str(markdown(text))])
def test_nothing_in_a_text_becomes_markup_of_its_own(show, text):
    html = show(text)
    tags = re.findall(r"<[^>]*>", html)
    for tag in tags:
        assert not re.search(r"\bon\w+\s*=", re.sub(r'"[^"]*"', '""', tag))
        assert re.match(r"</?(a|p|br|code|pre|strong|em|s|span|time|blockquote|ul|ol|li)\b", tag), tag
    assert 'href="javascript:' not in html
    assert "\x00" not in html


def test_dates_are_those_of_the_reader():
    assert date(1_764_576_000, "{date_short_pretty} at {time}", "Asia/Tokyo") == "Dec 1, 2025 at 17:00"
