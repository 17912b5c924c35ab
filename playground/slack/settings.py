"""How the local Slack behaves; `POST /_settings` changes any of it by name."""

from __future__ import annotations

from dataclasses import dataclass

from playground.settings import Changeable


@dataclass
class Settings(Changeable):
    """The limits that Slack publishes, and delays that it does not."""

    ack_seconds: float = 3.0  # how long an app may take to acknowledge
    trigger_seconds: float = 3.0  # how long a trigger id opens a view
    processing_seconds: float = 0.6  # how long a file that was uploaded cannot be shown; Slack names no figure
    second_retry_seconds: float = 60.0  # an event is sent again at once, after a minute, and after five
    third_retry_seconds: float = 300.0
    response_url_seconds: float = 1_800.0
    response_url_uses: int = 5
    limits: bool = True  # whether calls are counted at all
    post_burst: int = 5  # messages to a channel beyond one a second; Slack says "short bursts"
    card_files: bool = True  # whether a card may show a slack_file: Slack does not say
    request_url: str = ""  # where payloads are posted, signed; empty: to Socket Mode
