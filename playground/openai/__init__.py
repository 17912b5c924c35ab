"""A local stand-in of an OpenAI-compatible server: chat completions, images and moderation, with faults on demand."""

from __future__ import annotations

from playground.openai.process import LocalOpenAI, running_openai

__all__ = ["LocalOpenAI", "running_openai"]
