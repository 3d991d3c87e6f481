"""A plan may give zones to machines: those that its rules speak of, where the pool's cell is blank."""

from collections.abc import Mapping, Sequence
from typing import Any

from obplace.problem import Problem
from obplace.rules import Across, Rule, Spread
from obplace.verify import verify
from tests.ruled import ruled
from tests.tiny import catalogue

KIT = catalogue({"web": 10})


def asked(rule: Rule, cells: str, zoned: Sequence[str] = ("1", "2")) -> Problem:
    """Return the problem that asks for this rule on machines a, b, ... of these zones, a dash is blank; "" is none."""
    rows: list[dict[str, Any]] = [{"machine": name, "units": 10} for name in "abc"[: len(cells) or 3]]
    if cells:
        rows = [row | {"zone": None if cell == "-" else cell} for row, cell in zip(rows, cells, strict=True)]
    return ruled(KIT, rows, {"web": 1}, rule, zoned=zoned, bounded=False)


def said(problem: Problem, used: str, zones: Mapping[str, str]) -> list[str]:
    """Return the violations as text where web runs on these machines."""
    return [str(violation) for violation in verify(problem, {name: ["web"] for name in used}, zones)]


ZONED = Spread("web", "zone", 2)


def test_given_zone_is_the_machine_s_zone():
    """Where the pool's zone is blank rules read the one that is given."""
    problem = asked(ZONED, "1--")
    rule = "web runs in exactly 2 zones, evenly"

    assert said(problem, "ab", {"b": "2"}) == []
    assert said(problem, "ab", {"b": "1"}) == [f"{rule}: it runs in 1: 1"]
    assert said(problem, "abc", {"b": "2"}) == [f"{rule}: the zone of c is not known"]


def test_zone_of_a_pool_without_zones():
    """The plan may give them all."""
    problem = asked(ZONED, "")

    assert said(problem, "ab", {"a": "1", "b": "2"}) == []


def test_given_zone_does_not_contradict_the_pool():
    """The pool's own zone may be said again, another may not, and rules read the pool's."""
    problem = asked(ZONED, "12")

    assert said(problem, "ab", {"a": "1"}) == []
    assert said(problem, "ab", {"a": "2"}) == ["zones of the pool: a is in 1, the plan says 2"]


def test_given_zone_is_one_that_is_asked_for():
    """Not any name, and none at all where no rule asks for zones; the pool's own needs nobody's leave."""
    assert said(asked(ZONED, "1-"), "ab", {"b": "3"}) == ["zones that the plan may give: 3 to b, of 1, 2"]
    assert said(asked(ZONED, "1-", zoned=()), "ab", {"b": "2"}) == ["zones that the plan may give: 2 to b, of none"]
    assert said(asked(Across("web", "zone", 1), "1-", zoned=()), "a", {"a": "1"}) == []


def test_zone_is_given_to_servers():
    """A machine that runs nothing has no zone in a plan."""
    problem = asked(ZONED, "12-")

    assert said(problem, "ab", {"c": "2"}) == ["a server runs something: c is given a zone and runs nothing"]
