"""Each rule from both sides: the smallest placement that it forbids, and the nearest that it allows."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from obplace.problem import Problem
from obplace.rules import (
    Across,
    Alike,
    Apart,
    AtLeast,
    AtMost,
    Ban,
    Beside,
    Budget,
    Either,
    Graded,
    Layout,
    Limit,
    Majority,
    Pin,
    Ratio,
    Rule,
    Same,
    Spread,
    Step,
    Survive,
    Where,
    Within,
)
from obplace.verify import verify
from tests.ruled import ruled
from tests.tiny import catalogue

KIT = catalogue({"web": 10, "db": 10, "arb": 10}, most=3, free=True)


def pool(**columns: Sequence[Any]) -> list[dict[str, Any]]:
    """Return machines a, b, ... that are large enough for everything, with a cell of each column; a dash is blank."""
    number = max((len(cells) for cells in columns.values()), default=9)
    rows: list[dict[str, Any]] = [{"machine": name, "units": 90} for name in "abcdefghi"[:number]]
    return [
        row | {name: None if cells[i] == "-" else cells[i] for name, cells in columns.items()}
        for i, row in enumerate(rows)
    ]


def asked(rule: Rule, rows: Sequence[dict[str, Any]], **more: Any) -> Problem:
    """Return the problem that asks for nothing but this rule."""
    return ruled(KIT, rows, {"web": 1, "db": 1, "arb": 1}, rule, bounded=False, **more)


def runs(**where: str) -> dict[str, list[str]]:
    """Return a placement by machine from the machines of each role, one letter a copy."""
    placement: dict[str, list[str]] = {}
    for role, names in where.items():
        for name in names:
            placement.setdefault(name, []).append(role)
    return placement


def texts(problem: Problem, placement: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the violations as text."""
    return [str(violation) for violation in verify(problem, placement)]


def said(problem: Problem, **where: str) -> list[str]:
    """Return the violations of a placement that is given by the machines of each role."""
    return texts(problem, runs(**where))


def test_at_least_counts_a_group():
    """One web and one db are two together, where three are asked for."""
    problem = asked(AtLeast(("web", "db"), 3), pool())

    assert said(problem, web="a", db="b") == ["at least 3 web and db together: 2 run: 1 web, 1 db"]
    assert said(problem, web="a", db="bc") == []
    assert said(problem, db="abc") == []


def test_at_most_counts_a_group():
    """Copies on one machine count one by one."""
    problem = asked(AtMost(("web", "db"), 2), pool())

    assert said(problem, web="aa", db="a") == ["at most 2 web and db together: 3 run: 2 web, 1 db"]
    assert said(problem, web="a", db="a") == []


def test_bounds_of_one_role():
    """Without a group the number alone is said."""
    assert said(asked(AtLeast(("web",), 2), pool()), web="a") == ["at least 2 web: 1 run"]
    assert said(asked(AtMost(("web",), 1), pool()), web="ab") == ["at most 1 web: 2 run"]


@pytest.mark.parametrize(("web", "db", "kept"), [("a", "bc", True), ("a", "bcd", False), ("ab", "cde", True)])
def test_ratio_is_in_proportion(web: str, db: str, kept: bool):
    """One web for two db: two of three db leave one that wants half a web, so two webs."""
    problem = asked(Ratio("web", "db", 1, 2), pool())

    assert said(problem, web=web, db=db) == ([] if kept else ["at least 1 web for every 2 db: 1 web and 3 db run"])


def test_ratio_asks_nothing_for_nobody():
    """No db wants no web."""
    assert said(asked(Ratio("web", "db", 1, 2), pool()), arb="a") == []


def test_survive():
    """After any one machine failed two must be left: of 3 + 1 only one is, of 3 + 2 two are."""
    problem = asked(Survive("web", 2, 1), pool())

    assert said(problem, web="aaab") == ["2 web still run after any 1 machine failed: 1 are left"]
    assert said(problem, web="aaabb") == []


def test_survive_counts_each_machine():
    """3 + 1 + 1 + 1 copies survive any two failures with two copies, though one machine holds three."""
    problem = asked(Survive("web", 2, 2), pool())

    assert said(problem, web="aaabcd") == []  # 6 - 3 - 1 = 2
    assert said(problem, web="aaabc") == ["2 web still run after any 2 machines failed: 1 are left"]


def test_spread():
    """Exactly two racks, and a difference of one copy at most."""
    problem = asked(Spread("web", "rack", 2), pool(rack="1112233"))

    assert said(problem, web="ab") == ["web runs in exactly 2 racks, evenly: it runs in 1: 1"]
    assert said(problem, web="adf") == ["web runs in exactly 2 racks, evenly: it runs in 3: 1, 2, 3"]
    assert said(problem, web="abcd") == ["web runs in exactly 2 racks, evenly: 1 holds 3, 2 holds 1"]
    assert said(problem, web="abd") == []
    assert said(problem, web="abde") == []


def test_spread_needs_known_domains():
    """A copy on a machine whose rack is blank is nowhere; a role that is not spread may run there."""
    problem = asked(Spread("web", "rack", 2), pool(rack="12-"))
    rule = "web runs in exactly 2 racks, evenly"

    assert said(problem, web="ac") == [f"{rule}: the rack of c is not known", f"{rule}: it runs in 1: 1"]
    assert said(problem, web="ab", db="c") == []


def test_spread_wants_a_role_that_does_not_run():
    """No copy lies in no domain, and one is asked for."""
    assert said(asked(Spread("web", "rack", 1), pool(rack="11")), db="a") == [
        "web runs in exactly 1 rack, evenly: it runs in 0: none"
    ]


def test_limit():
    """Two copies in a rack at most, on however many machines."""
    problem = asked(Limit("web", "rack", 2), pool(rack="112"))

    assert said(problem, web="aab") == ["at most 2 web in any one rack: 1 holds 3"]
    assert said(problem, web="abccc") == ["at most 2 web in any one rack: 2 holds 3"]
    assert said(problem, web="abcc", db="aaa") == []


def test_across():
    """Three copies in one rack are in one rack."""
    problem = asked(Across("web", "rack", 2), pool(rack="1123"))

    assert said(problem, web="aab") == ["web runs in at least 2 racks: it runs in 1: 1"]
    assert said(problem, web="ac") == []
    assert said(problem, web="acd") == []


READERS = {
    "spread": Spread("web", "rack", 1),
    "limit": Limit("web", "rack", 9),
    "across": Across("web", "rack", 1),
    "layout": Layout("web", "rack", (1,)),
    "within": Within("web", "rack"),
    "majority": Majority("db", "rack", None, "web"),
    "apart": Apart("web", "db", "rack"),
    "same": Same("web", "arch", "rack"),
}


@pytest.mark.parametrize("rule", READERS.values(), ids=list(READERS))
def test_roles_run_where_their_domain_is_known(rule: Rule):
    """A rule that reads racks wants to know them, also of the arbiter, whatever the number of votes."""
    problem = asked(rule, pool(rack="112-", zone="1111", arch=["arm"] * 4))

    assert [text for text in said(problem, web="ad") if text.endswith(": the rack of d is not known")] != []
    assert [text for text in said(problem, web="a", arb="d") if "not known" in text] == []


@pytest.mark.parametrize(
    "rule",
    [Layout("web", "rack", (1,)), Within("web", "rack"), Majority("web", "rack", 3, None)],
    ids=["layout", "within", "majority"],
)
def test_roles_run_where_their_zone_is_known(rule: Rule):
    """A rule that counts zones wants to know them."""
    problem = asked(rule, pool(rack="12", zone="1-"))

    assert [text for text in said(problem, web="ab") if text.endswith(": the zone of b is not known")] != []


def test_layout():
    """Zones 1 and 2 in one IDC and zone 3 in another are 2-1, and so are they with two servers in each zone."""
    problem = asked(Layout("web", "idc", (2, 1)), pool(idc="ppppqqq", zone="1122334"))

    assert said(problem, web="ace") == []
    assert said(problem, web="abcdef") == []
    assert said(problem, web="ac") == ["the zones of web lie in exactly 2 idcs, 2-1: p has 1, 2"]
    assert said(problem, web="aceg") == ["the zones of web lie in exactly 2 idcs, 2-1: p has 1, 2; q has 3, 4"]
    assert said(problem, db="a") == ["the zones of web lie in exactly 2 idcs, 2-1: it runs in 0: none"]


def test_layout_counts_a_zone_wherever_it_lies():
    """A zone with servers in two IDCs is one of both."""
    problem = asked(Layout("web", "idc", (1, 1)), pool(idc="pqq", zone="112"))

    assert said(problem, web="ab") == []
    assert said(problem, web="abc") == ["the zones of web lie in exactly 2 idcs, 1-1: p has 1; q has 1, 2"]


def test_within():
    """A zone with servers in two racks lies in both; two zones may share one."""
    problem = asked(Within("web", "rack"), pool(rack="rrrss", zone="11221"))

    assert said(problem, web="abc", db="e") == []
    assert said(problem, web="abe") == ["every zone of web lies in one rack: 1 lies in r and s"]


def test_majority_of_copies():
    """Three of five in one IDC are too many, two of four are too many, two of five are not."""
    problem = asked(Majority("web", "idc", None, None), pool(idc="pppqqrr"))

    assert said(problem, web="abcdf") == [
        "web keeps the majority of its copies after the loss of any one idc: p holds 3 of 5 votes"
    ]
    assert len(said(problem, web="abde")) == 2  # neither may be lost
    assert said(problem, web="abdef") == []


def test_majority_with_an_arbiter():
    """2 + 2 copies with the arbiter in a third IDC are 2 of 5; in one of theirs it makes 3 of 5."""
    problem = asked(Majority("web", "idc", None, "arb"), pool(idc="ppqqrr"))
    rule = "web keeps the majority of its copies and the arb after the loss of any one idc"

    assert said(problem, web="abcd") == [f"{rule}: p holds 2 of 4 votes", f"{rule}: q holds 2 of 4 votes"]
    assert said(problem, web="abcd", arb="e") == []
    assert said(problem, web="abcd", arb="a") == [f"{rule}: p holds 3 of 5 votes"]


def test_arbiter_of_an_odd_number_has_no_vote():
    """Beside 2 of 5 copies in its IDC it changes nothing."""
    problem = asked(Majority("web", "idc", None, "arb"), pool(idc="ppqqr"))

    assert said(problem, web="abcde", arb="a") == []


def test_several_arbiters_are_one_vote():
    """It is lost with any of them, and never counts twice in one IDC."""
    problem = asked(Majority("web", "idc", None, "arb"), pool(idc="ppqqrr"))

    assert said(problem, web="abcd", arb="ef") == []
    assert said(problem, web="abcd", arb="ea") == [
        "web keeps the majority of its copies and the arb after the loss of any one idc: p holds 3 of 5 votes"
    ]


def test_majority_of_zones():
    """What counts is the zones that have a server in the IDC, not how many servers: all of zone 1 are one vote."""
    problem = asked(Majority("web", "idc", 3, None), pool(idc="ppppqr", zone="111223"))
    rule = "web keeps the majority of its 3 zones after the loss of any one idc"

    assert said(problem, web="abcef") == []
    assert said(problem, web="adf") == [f"{rule}: p holds 2 of 3 votes"]


def test_majority_of_two_zones_and_the_arbiter():
    """2F1A: two zones in two IDCs and the arbiter in a third one."""
    problem = asked(Majority("web", "idc", 2, "arb"), pool(idc="pqr", zone="12-"))
    rule = "web keeps the majority of its 2 zones and the arb after the loss of any one idc"

    assert said(problem, web="ab", arb="c") == []
    assert said(problem, web="ab", arb="b") == [f"{rule}: q holds 2 of 3 votes"]
    assert said(problem, web="ab") == [f"{rule}: p holds 1 of 2 votes", f"{rule}: q holds 1 of 2 votes"]


def test_apart():
    """Not on one machine; in one rack they may be."""
    problem = asked(Apart("web", "db", None), pool(rack="11"))

    assert said(problem, web="a", db="a") == ["web and db share no server: a runs both"]
    assert said(problem, web="a", db="b") == []


def test_apart_in_domains():
    """Not in one rack, so on one machine neither."""
    problem = asked(Apart("web", "db", "rack"), pool(rack="1122"))

    assert said(problem, web="ac", db="b") == ["web and db share no rack: 1 has web on a, db on b"]
    assert said(problem, web="c", db="c") == ["web and db share no rack: 2 has web on c, db on c"]
    assert said(problem, web="ab", db="cd") == []


def test_beside():
    """Each server of web runs db too; db needs no web."""
    problem = asked(Beside("web", "db"), pool())

    assert said(problem, web="ab", db="a") == ["every server that runs web runs db too: b runs web"]
    assert said(problem, web="a", db="ab") == []


def test_beside_everything():
    """An agent on each server, whatever runs there."""
    problem = asked(Beside(None, "arb"), pool())

    assert said(problem, web="a", db="b", arb="a") == ["every server runs arb: b runs db"]
    assert said(problem, web="a", db="b", arb="abc") == []


def test_where_a_label_is_wanted():
    """One of two systems; a blank cell is not known to hold it."""
    problem = asked(Where("web", "os", ("linux", "bsd"), allowed=True), pool(os=["linux", "bsd", "plan9", "-"]))
    rule = "web runs only where os is linux or bsd"

    assert said(problem, web="ab", db="cd") == []
    assert said(problem, web="cd") == [f"{rule}: the os of c is plan9", f"{rule}: the os of d is not known"]


def test_where_a_label_is_not_wanted():
    """A blank cell holds none of what is not wanted."""
    problem = asked(Where("web", "arch", ("arm",), allowed=False), pool(arch=["arm", "x86", "-"]))

    assert said(problem, web="a") == ["web runs only where arch is not arm: the arch of a is arm"]
    assert said(problem, web="bc", db="a") == []


def test_where_goes_by_tags():
    """One of the machine's tags will do, one that is not wanted is too many."""
    rows = pool(tags=["new fast", "old", "-"])
    wanted = asked(Where("web", "tags", ("fast",), allowed=True), rows)
    barred = asked(Where("web", "tags", ("fast",), allowed=False), rows)

    assert said(wanted, web="a") == []
    assert said(wanted, web="b") == ["web runs only where tags is fast: the tags of b are old"]
    assert said(wanted, web="c") == ["web runs only where tags is fast: the tags of c are not known"]
    assert said(barred, web="a") == ["web runs only where tags is not fast: the tags of a are fast, new"]
    assert said(barred, web="bc") == []


def test_same():
    """One architecture over all machines of the role, and it has to be known."""
    problem = asked(Same("web", "arch", None), pool(arch=["arm", "arm", "x86", "-"]))
    rule = "all web run on the same arch"

    assert said(problem, web="ab", db="cd") == []
    assert said(problem, web="abc") == [f"{rule}: a is arm, c is x86"]
    assert said(problem, web="ad") == [f"{rule}: the arch of d is not known"]


def test_same_in_each_domain():
    """Each zone agrees in itself."""
    problem = asked(Same("web", "arch", "zone"), pool(arch=["arm", "arm", "x86", "arm"], zone="1122"))

    assert said(problem, web="abc") == []
    assert said(problem, web="abcd") == ["all web of one zone run on the same arch: in 2 c is x86, d is arm"]


def test_alike():
    """Twenty units apart are too far, ten are not; what is unknown is never alike."""
    rows = [{"machine": name, "units": units} for name, units in zip("abcd", (70, 80, 90, None), strict=True)]
    problem = asked(Alike("web", "units", 10), rows)
    rule = "the units of the servers of web differs by at most 10 base units"

    assert said(problem, web="ab", db="c") == []
    assert said(problem, web="abc") == [f"{rule}: a has 70, c has 90"]
    assert f"{rule}: the units of d is not known" in said(problem, web="ad")


def test_alike_without_a_limit():
    """Any difference will do, but there is one only where all is known."""
    rows = [{"machine": name, "units": units} for name, units in zip("abc", (10, 90, None), strict=True)]
    problem = asked(Alike("web", "units", None), rows)

    assert said(problem, web="ab") == []
    assert "the units of the servers of web may differ: the units of c is not known" in said(problem, web="c")


def test_graded_wants_a_step():
    """For four db nothing is said; for none there is a step, and it holds for no web too."""
    problem = asked(Graded("web", "db", (Step(0, 1, ()), Step(2, 3, (("units", 20),)))), pool())

    assert said(problem, web="a", db="bcde") == [
        "what web needs goes by the number of db, in 2 steps: 4 db run, there are steps for 0 to 1, 2 to 3"
    ]
    assert len(said(problem, db="bcde")) == 1
    assert said(problem, web="a") == []


def test_either():
    """Two webs or one db: not both, not neither, not another number."""
    problem = asked(Either((("web", 2), ("db", 1))), pool())
    rule = "exactly one of 2 web or 1 db"

    assert said(problem, web="ab") == []
    assert said(problem, db="a", arb="b") == []
    assert said(problem, web="ab", db="c") == [f"{rule}: 2 web, 1 db run"]
    assert said(problem, web="a") == [f"{rule}: 1 web, 0 db run"]
    assert said(problem, arb="a") == [f"{rule}: 0 web, 0 db run"]


def test_budget():
    """Servers at 1.50, 2.00 and none: 3.50 are spent to the last cent, what has no price is beyond any budget."""
    problem = asked(Budget(350, "3.50"), pool(cost=["1.50", "2.00", "0.01", "-"]))

    assert said(problem, web="ab") == []
    assert said(problem, web="ab", db="c") == ["the servers cost at most 3.50: they cost 3.51"]
    assert said(problem, web="a", db="d") == ["the servers cost at most 3.50: d has no price"]


def test_pin():
    """The role runs there, whatever else does."""
    problem = asked(Pin("web", "a"), pool())

    assert said(problem, db="b", web="b") == ["web runs on a: a runs nothing"]
    assert said(problem, db="a", web="b") == ["web runs on a: a runs db"]
    assert said(problem, web="a", db="a") == []


def test_rules_name_rows():
    """A pin to a row of several machines holds when one of them runs the role, a ban holds for all of them."""
    rows = pool(quantity=[2, 1])
    pinned, banned = asked(Pin("web", "a"), rows), asked(Ban("a"), rows)

    assert texts(pinned, {"a#1": ["db"], "b": ["web"]}) == ["web runs on a: a runs db"]
    assert texts(pinned, {"a#1": ["db"], "a#2": ["web"]}) == []
    assert texts(banned, {"a#2": ["web"]}) == ["nothing runs on a: a#2 runs web"]
    assert texts(banned, {"b": ["web"]}) == []


def test_ban():
    """Nothing runs there."""
    problem = asked(Ban("a"), pool())

    assert said(problem, web="a", db="a") == ["nothing runs on a: a runs web and db"]
    assert said(problem, web="b") == []


def test_rules_are_told_in_the_order_in_which_they_stand():
    """An empty placement breaks the lower bound of every role."""
    problem = ruled(KIT, pool(), {"web": 1, "db": 2})

    assert said(problem) == ["at least 1 web: 0 run", "at least 2 db: 0 run"]
