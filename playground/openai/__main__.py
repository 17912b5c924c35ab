"""`python -m playground.openai`: the stand-in on this machine only."""

from __future__ import annotations

import argparse
import sys

from playground.openai.app import openai_app
from playground.serving import add_options, serve


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m playground.openai", description=__doc__)
    add_options(parser, port=8500)
    options = parser.parse_args()
    return serve(
        "The stand-in of OpenAI",
        lambda _: openai_app(),
        lambda address: f"OpenAI: {address}/v1",
        port=options.port,
        parent=options.parent,
    )


if __name__ == "__main__":
    sys.exit(main())
