"""The command line. Each command is a module of its own; nothing heavy is imported before a command runs."""

from __future__ import annotations

import errno
import os
import sys

import typer

from bot.cli import (
    accounts,
    brief,
    compare,
    dataset,
    demo,
    doctor,
    edit,
    examples,
    interrupt,
    models,
    moderate,
    moderation,
    playground,
    post,
    prompt,
    provenance,
    queue,
    serve,
    show,
    train,
    upkeep,
)
from bot.errors import EaselError

app = typer.Typer(
    name="easel",
    help="Easel paints your posts: slang in, pictures out, approved by people, published once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(demo.demo)
app.command()(playground.playground)
app.command()(post.post)
app.command()(post.review)
app.command()(brief.brief)
app.command()(moderate.moderate)
app.command()(provenance.provenance)
app.command()(compare.compare)
app.command()(queue.queue)
app.command()(edit.edit)
app.command()(examples.examples)
app.command()(queue.reschedule)
app.command()(queue.publish)
app.command()(queue.cancel)
app.command()(queue.confirm)
app.command()(queue.take_down)
app.add_typer(models.app, name="models")
app.add_typer(moderation.app, name="moderation")
app.add_typer(prompt.app, name="prompt")
app.add_typer(train.app, name="train")
app.add_typer(dataset.app, name="dataset")
app.add_typer(accounts.accounts, name="accounts")
app.add_typer(accounts.slots, name="slots")
app.command()(doctor.doctor)
app.command()(serve.serve)
app.command()(serve.bot)
app.command()(serve.worker)
app.command()(show.audit)
app.command()(upkeep.backup)
app.command()(upkeep.restore)
app.command()(upkeep.retention)
app.add_typer(upkeep.data, name="data")
app.add_typer(show.config, name="config")


def main() -> None:
    """Run a command; an error that a person can meet is one line on standard error, never a traceback."""
    interrupt.listen()
    try:
        app()
    except SystemExit:
        raise  # here already, so that an orderly end does not import the rooms' errors below
    except KeyboardInterrupt:
        fail("Stopped.", 1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left: nothing more to say
        sys.exit(1)
    except OSError as error:
        fail(disk_message(error), 1)
    except MemoryError:
        fail("Out of memory. Draw fewer candidates (--count), or use a smaller model (`easel models list`).", 1)
    except room_errors() as error:
        fail(str(error), exit_status(error))


def room_errors() -> tuple[type[Exception], ...]:
    """The errors that rooms raise for people; only imported once something was raised."""
    from generation.errors import GenerationError
    from generation.prompting.brief import DraftError
    from moderation.errors import ModerationError
    from publishers.errors import PublishError

    return EaselError, DraftError, GenerationError, ModerationError, PublishError


def exit_status(error: Exception) -> int:
    """2 for what was asked wrongly, 1 for what failed."""
    from generation.prompting.brief import DraftError

    return 2 if isinstance(error, DraftError) else getattr(error, "exit_status", 1)


def disk_message(error: OSError) -> str:
    """What an operating system's error means to a person."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"No space is left on the disk{where}. Nothing was half-written; free some space and try again."
    return f"{error.strerror or error}{where}. Check that the path exists and that Easel may use it."


def fail(message: str, status: int) -> None:
    """One line on standard error, and the exit status."""
    one_line = " ".join(message.split())
    sys.stderr.write(f"easel: {one_line}\n")
    if interrupt.was_pressed():
        sys.stderr.flush()
        os._exit(status)  # a thread that still opens the model would hold the exit up; what must last is on disk
    sys.exit(status)
