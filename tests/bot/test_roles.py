"""Who may do what follows from three layers of rules; whoever is not named may not."""

import pytest

from bot.errors import Misuse
from bot.roles import Role, Rules, rules_for


def test_as_shipped_everybody_asks_and_approves_and_the_workspace_admins_rule(home):
    rules = rules_for("C1", home, {})
    assert rules.allow("U1", Role.REQUESTER)
    assert rules.allow("U1", Role.APPROVER)
    assert not rules.allow("U1", Role.ADMIN)
    assert rules.allow("U1", Role.ADMIN, runs_workspace=True)


def test_guests_are_nobody_until_they_are_named():
    assert not any(Rules().allow("UG", role, is_guest=True) for role in Role)
    assert Rules(requesters=("*", "UG")).allow("UG", Role.REQUESTER, is_guest=True)


def test_named_roles_include_those_below_and_nobody_else():
    rules = Rules(requesters=("UR",), approvers=("UA",), admins=("UB",))
    assert [rules.allow("UR", role) for role in Role] == [True, False, False]
    assert [rules.allow("UA", role) for role in Role] == [True, True, False]
    assert [rules.allow("UB", role) for role in Role] == [True, True, True]
    assert [rules.allow("UX", role, runs_workspace=True) for role in Role] == [False, False, False]


def test_a_channel_goes_over_everywhere_and_of_the_same_place_slack_goes_over_the_file(home):
    home.mkdir()
    (home / "roles.toml").write_text(
        '[everywhere]\napprovers = ["UA"]\n[channels.C1]\napprovers = ["UB"]\ntwo_people = true\n'
    )
    everywhere, here = {"approvers": ["UC"], "requesters": ["UR"], "two_people": False}, {"approvers": ["UD"]}
    assert rules_for("C2", home, {}).approvers == ("UA",)
    assert rules_for("C1", home, {}) == Rules(approvers=("UB",), two_people=True)
    assert rules_for("C2", home, {"": everywhere}) == Rules(approvers=("UC",), requesters=("UR",))
    assert rules_for("C1", home, {"": everywhere}) == Rules(approvers=("UB",), requesters=("UR",), two_people=True)
    assert rules_for("C1", home, {"C1": here}) == Rules(approvers=("UD",), two_people=True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[everywhere]\napprover = []", "unknown rule 'approver'"),
        ('[everywhere]\napprovers = "UA"', "list of Slack member ids"),
        ("[everywhere]\ntwo_people = 1", "no bool"),
        ("[everywhere]\ntrusted_score = true", "no float"),
        ("[channel.C1]\n", "unknown table 'channel'"),
    ],
)
def test_a_file_that_holds_no_rules_is_named_with_what_is_wrong(home, text, told):
    home.mkdir()
    (home / "roles.toml").write_text(text)
    with pytest.raises(Misuse, match=told) as met:
        rules_for("C1", home, {})
    assert "roles.toml" in str(met.value)
