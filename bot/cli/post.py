"""`easel post` and `easel review`: one draft the whole way, in a terminal or a script."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.session import Answers, Session, parse_picks, person
from bot.pipeline.seeds import SEED_LIMIT, first_seeds

if TYPE_CHECKING:
    from bot.records import Records
    from bot.settings import Settings

MAX_COUNT = 10
MAX_FILE_BYTES = 1_000_000
"""A draft is text of at most 40,000 characters; a larger file is not a draft and is not read."""


Approve = Annotated[str, typer.Option(help="Approve without asking: 'best', or numbers such as 1,3.")]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Ask nothing; without --approve the best clean picture is taken.")
]
Carousel = Annotated[bool, typer.Option("--carousel", help="LinkedIn: several pictures as pages to leaf through.")]
AsJson = Annotated[bool, typer.Option("--json", help="End with one JSON object on the last line of standard output.")]


def post(
    draft: Annotated[str, typer.Argument(help="The draft of the post, or - to read it from standard input.")] = "",
    file: Annotated[Path | None, typer.Option(help="Read the draft from a file.")] = None,
    article: Annotated[
        str, typer.Option(help="An article to illustrate: a web address or a file. DRAFT is then the post beside it.")
    ] = "",
    to: Annotated[str, typer.Option(help="Networks, such as x,linkedin. Default: the setting `networks`.")] = "",
    at: Annotated[str, typer.Option(help='When: "tomorrow 9:00", "mon 14:30", ISO, or slot. Default: now.')] = "",
    count: Annotated[int | None, typer.Option(help="Candidates to draw, 1 to 10.")] = None,
    generator: Annotated[
        str, typer.Option(help="Who draws: a name of `easel models list`, openai, or openai:MODEL. Default: `model`.")
    ] = "",
    improve: Annotated[
        bool, typer.Option("--improve", help="Try variants of the prompt first, and draw with the one that fits best.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Seed of the first candidate; the others count on from it.")] = None,
    approve: Approve = "",
    yes: Yes = False,
    carousel: Carousel = False,
    json: AsJson = False,
) -> None:
    """Paint a post: understand the draft, draw candidates, check them, let you choose, publish."""
    from bot.pipeline.planning import refuse_unpublishable
    from bot.pipeline.studio import Studio
    from bot.pipeline.understanding import understand_article
    from bot.pipeline.writing import refuse_unreachable_writer
    from bot.quota import refuse_over_quota
    from bot.records.options import PostOptions
    from bot.schedule import parse_time
    from bot.settings import load_settings
    from generation.prompting import clean_draft

    settings = load_settings()
    given = read_draft(draft, file)
    text = "" if article and not given else clean_draft(given)[0]
    networks = parse_networks(to) if to else list(settings.networks)
    count = settings.count if count is None else count
    refuse_out_of_range(count, seed)
    parse_picks(approve, range(1, count + 1))
    next_slot = at.strip().lower() == "slot"
    due_at = parse_time(at, settings.zone, datetime.now(UTC)) if at and not next_slot else None

    refuse_unreachable_writer(settings)
    studio = Studio(settings)
    if next_slot:
        refuse_without_slots(studio.records, networks)
    refuse_over_quota(studio.records, settings, person())
    draws = studio.generator_for(generator)
    refuse_unable_to_draw(settings, draws, improve=improve)
    read = understand_article(studio, article, text) if article else None
    text = read.draft if read else text
    refuse_unpublishable(text, networks)
    studio.open_painter(draws)
    row = studio.records.create_post(
        person(),
        text,
        networks,
        due_at,
        settings.zone.key,
        next_slot=next_slot,
        options=PostOptions(model=generator or None, improve=improve) if generator or improve else None,
    )
    if read:
        studio.records.add_brief(row.id, read.to_dict(), [])
    Session(studio, row.id, Answers(approve, yes, json, carousel)).run(first_seeds(seed, count))


def review(
    post_id: Annotated[str, typer.Argument(metavar="POST", help="The id that `easel post` printed.")],
    approve: Approve = "",
    yes: Yes = False,
    carousel: Carousel = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="Begin again with a post whose process was killed while it prepared it.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Go on with a post that waits for a decision, or whose drawing was interrupted."""
    from bot.pipeline.studio import Studio
    from bot.settings import load_settings

    settings = load_settings()
    Session(Studio(settings), post_id, Answers(approve, yes, json, carousel)).resume(
        first_seeds(None, settings.count), anew=anew
    )


def refuse_out_of_range(count: int, seed: int | None) -> None:
    """Raise Misuse for a number of candidates or a seed that there is not."""
    from bot.errors import Misuse

    if not 1 <= count <= MAX_COUNT:
        raise Misuse(f"--count {count} is out of range: 1 to {MAX_COUNT} candidates can be drawn.")
    if seed is not None and not 0 <= seed < SEED_LIMIT:
        raise Misuse(f"--seed {seed} is out of range: use 0 to {SEED_LIMIT - 1}.")


def refuse_unable_to_draw(settings: Settings, draws: str, *, improve: bool) -> None:
    """Raise before anything is kept if who `draws` (empty: the model in use) cannot, or not so often."""
    from bot.errors import Misuse
    from bot.pipeline.generators import asks_a_server, refuse_unusable_generator

    if draws:
        refuse_unusable_generator(settings, draws)
    if improve and asks_a_server(draws or settings.model):
        raise Misuse("--improve draws many small pictures; a server would charge for each. Choose a model of your own.")


def refuse_without_slots(records: Records, networks: Sequence[str]) -> None:
    """Raise Misuse before anything is drawn if an account has no weekly slots to publish in."""
    from bot.accounts import account_name
    from bot.schedule import next_free_slot

    for network in networks:
        next_free_slot(records, network, account_name(records, network), datetime.now(UTC))


def read_draft(argument: str, file: Path | None) -> str:
    """The draft from the argument, standard input or a file; a file that is no text is refused unread."""
    from bot.errors import Misuse

    if file is not None and argument:
        raise Misuse("Give the draft as an argument or with --file, not both.")
    if file is not None:
        if not file.is_file():
            raise Misuse(f"There is no file {file}.")
        if file.stat().st_size > MAX_FILE_BYTES:
            raise Misuse(f"{file} has {file.stat().st_size:,} bytes; a draft has at most {MAX_FILE_BYTES:,}.")
        data = file.read_bytes()
    elif argument == "-":
        data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise Misuse(f"Standard input holds more than {MAX_FILE_BYTES:,} bytes; that is no draft.")
    else:
        return argument
    try:
        return data.decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError as error:
        source = file or "Standard input"
        raise Misuse(f"{source} is not UTF-8 text (byte {error.start}). Save it as UTF-8 and try again.") from None


def parse_networks(text: str) -> list[str]:
    """The networks named in `--to`, each once, in their order."""
    from typing import get_args

    from bot.errors import Misuse
    from bot.settings import Network

    known = get_args(Network)
    names = list(dict.fromkeys(name.strip().lower() for name in text.split(",") if name.strip()))
    for name in names:
        if name not in known:
            raise Misuse(f"There is no network {name!r}. Choose from {', '.join(known)}.")
    if not names:
        raise Misuse(f"--to names no network. Choose from {', '.join(known)}.")
    return names
