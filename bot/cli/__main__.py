"""`python -m bot.cli`, the same as `easel`."""

from bot.cli import main

main()
