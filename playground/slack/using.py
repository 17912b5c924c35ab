"""Using what an app shows: elements pressed and chosen, fields filled in, and what its answer to a form does."""

from __future__ import annotations

from functools import partial
from typing import Any

from playground.slack import payloads
from playground.slack.blocks import check_view
from playground.slack.errors import Impossible, SlackError
from playground.slack.inputs import FIELDS, InputError, entered, find, options
from playground.slack.modals import ModalOrHome
from playground.slack.slack import Slack

Json = dict[str, Any]


def element_of(blocks: list[Json], action_id: str, block_id: str) -> tuple[Json, Json]:
    """The block and the element that are meant."""
    try:
        return find(blocks, action_id, block_id)
    except LookupError as error:
        raise Impossible(str(error.args[0])) from None


def action_of(slack: Slack, block: Json, element: Json, value: Any) -> Json:
    """What is said of an element that was used."""
    action = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
    action["action_ts"] = slack.workspace.ts()
    if element["type"] == "button":
        more = {name: element[name] for name in ("value", "style", "url") if name in element}
        if value is not None:
            more["value"] = str(value)  # what a window shows that was not told of a change yet
        return action | {"text": element["text"]} | more
    if element["type"] == "overflow":
        chosen = [option for option in options(element) if option.get("value") == str(value)]
        if not chosen:
            raise Impossible(f"There is no option {str(value)[:80]!r}.")
        return action | {"selected_option": chosen[0]}
    try:
        return action | entered(element, value, partial(file_shown, slack))
    except InputError as error:
        raise Impossible(str(error)) from None


def state_of(action: Json) -> Json:
    """The part of an action that stays in the element."""
    field = FIELDS[action["type"]]
    return {"type": action["type"], field: action[field]}


def enter(slack: Slack, view: ModalOrHome, values: Json) -> dict[str, str]:
    """Fill a view's fields in: what is wrong with each, by block."""
    wrong = {}
    nested = {key for key, value in values.items() if isinstance(value, dict)}
    flat = [("", action_id, value) for action_id, value in values.items() if action_id not in nested]
    flat += [(block_id, action_id, value) for block_id in nested for action_id, value in values[block_id].items()]
    for block_id, action_id, value in flat:
        block, element = element_of(view.body["blocks"], action_id, block_id)
        if element["type"] not in FIELDS:
            raise Impossible(f"Nothing can be entered into a {element['type']}.")
        try:
            value = entered(element, value, partial(file_shown, slack))
        except InputError as error:
            wrong[block["block_id"]] = str(error)
        else:
            view.values[block["block_id"]][element["action_id"]] = value
    return wrong


def respond(slack: Slack, view: ModalOrHome, body: Json) -> None:
    """Carry out what the app answered to a submission."""
    match body.get("response_action"):
        case None:
            slack.views.close(view)
        case "clear":
            slack.views.close(view, everything=True)
        case "errors":
            errors = body.get("errors")
            known = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
            if not isinstance(errors, dict) or not errors or not known.issuperset(errors):
                view.problem = f"The app's errors name no input of this view: {str(errors)[:200]}"
            else:
                view.errors = {name: str(said) for name, said in errors.items()}
        case "update" | "push" as wish:
            try:
                checked = check_view(body.get("view"), slack.what_hinders)
                if wish == "update":
                    view.change(checked)
                else:
                    slack.views.push(view.person, checked)
            except SlackError as refusal:
                view.problem = f"The app answered with a view that Slack refuses: {refusal.answer}"
        case unknown:
            view.problem = f"The app answered with an unknown response_action: {str(unknown)[:40]}"


def file_shown(slack: Slack, file: str) -> Json:
    """A file as an input's state has it."""
    return payloads.file_shown(slack, slack.workspace.file(file))
