"""What the oracle takes each rule to mean, from both sides."""

from collections.abc import Sequence

import pytest

from obplace.problem import Problem
from obplace.rules import (
    Across,
    Alike,
    Apart,
    AtLeast,
    AtMost,
    Beside,
    Budget,
    Either,
    Graded,
    Layout,
    Limit,
    Majority,
    Ratio,
    Rule,
    Same,
    Spread,
    Step,
    Where,
    Within,
)
from tests.oracle import best, holds
from tests.ruled import ruled
from tests.tiny import catalogue

KIT = catalogue({"web": 10, "db": 20}, free=True)
MACHINES = [
    {"machine": "a", "units": 30, "cost": 1, "idc": "north", "zone": "z1", "arch": "x86_64", "tags": "ssd"},
    {"machine": "b", "units": 30, "cost": 2, "idc": "north", "zone": "z2", "arch": "x86_64", "tags": "ssd,new"},
    {"machine": "c", "units": 40, "cost": 3, "idc": "south", "zone": "z3", "arch": "aarch64", "tags": ""},
    {"machine": "d", "units": 60, "cost": 4, "idc": "south", "zone": "", "arch": "", "tags": ""},
]


def problem(*rules: Rule, zoned: Sequence[str] = (), **said: object) -> Problem:
    """Return the problem over the four machines in which only these rules hold."""
    return ruled(KIT, MACHINES, {"web": 1, "db": 1}, *rules, zoned=zoned, bounded=False, **said)


WEB, DB, BOTH = ["web"], ["db"], ["db", "web"]


@pytest.mark.parametrize(
    ("rule", "kept", "broken"),
    [
        (AtLeast(("web", "db"), 3), {"a": BOTH, "b": WEB}, {"a": BOTH}),
        (AtMost(("web", "db"), 2), {"a": BOTH}, {"a": BOTH, "b": WEB}),
        # Three web for every two db: 2 * 2 >= 3 * 1, but 2 * 2 < 3 * 2.
        (Ratio("web", "db", 3, 2), {"a": BOTH, "b": WEB}, {"a": BOTH, "b": BOTH}),
        (Limit("web", "idc", 1), {"a": WEB, "c": WEB}, {"a": WEB, "b": WEB}),
        (Across("web", "idc", 2), {"a": WEB, "c": WEB}, {"a": WEB, "b": WEB}),
        (Spread("web", "zone", 2), {"a": WEB, "c": WEB}, {"a": WEB, "b": WEB, "c": WEB}),
        # d's zone is not known, so nothing runs there for which a rule reads zones.
        (Across("web", "zone", 1), {"c": WEB}, {"c": WEB, "d": WEB}),
        # Two zones in the north and one in the south; without c there is but one IDC.
        (Layout("web", "idc", (1, 2)), {"a": WEB, "b": WEB, "c": WEB}, {"a": WEB, "b": WEB}),
        (Apart("web", "db", None), {"a": WEB, "b": DB}, {"a": BOTH}),
        (Apart("web", "db", "idc"), {"a": WEB, "c": DB}, {"a": WEB, "b": DB}),
        (Beside("web", "db"), {"a": BOTH, "b": DB}, {"a": BOTH, "b": WEB}),
        (Beside(None, "db"), {"a": BOTH, "b": DB}, {"a": DB, "b": WEB}),
        (Where("web", "tags", ("new",), allowed=True), {"a": DB, "b": WEB}, {"a": WEB}),
        (Where("web", "tags", ("new",), allowed=False), {"a": WEB}, {"b": WEB}),
        (Where("web", "arch", ("x86_64", "aarch64"), allowed=True), {"a": WEB, "c": WEB}, {"d": WEB}),
        (Where("web", "arch", ("aarch64",), allowed=False), {"a": WEB, "d": WEB}, {"c": WEB}),
        (Same("web", "arch", None), {"a": WEB, "b": WEB}, {"a": WEB, "c": WEB}),
        (Same("web", "arch", "idc"), {"a": WEB, "c": WEB}, {"c": WEB, "d": WEB}),
        (Alike("web", "units", 10), {"a": WEB, "c": WEB}, {"a": WEB, "d": WEB}),
        (Either((("web", 2), ("db", 1))), {"a": WEB, "b": WEB}, {"a": WEB}),
        (Either((("web", 2), ("db", 1))), {"a": DB}, {"a": BOTH, "b": WEB}),
        (Budget(4, "4"), {"a": WEB, "c": WEB}, {"b": WEB, "c": WEB}),
        # From two copies on each needs 40 units.
        (
            _GRADED := Graded("web", "web", (Step(1, 1, ()), Step(2, 2, (("units", 40),)))),
            {"a": WEB},
            {"a": WEB, "d": WEB},
        ),
        (_GRADED, {"c": WEB, "d": WEB}, {"c": DB}),  # without a copy there is no step
    ],
)
def test_oracle_rule(rule: Rule, kept: dict[str, list[str]], broken: dict[str, list[str]]):
    """Each rule lets through the nearest placement that keeps it, and not the one that breaks it."""
    assert holds(problem(rule), kept)
    assert not holds(problem(rule), broken)


def test_oracle_majority_of_copies():
    """Of three copies two may not be lost, of two not one; an arbiter elsewhere is the third vote."""
    rule = Majority("web", "idc", None, None)
    with_arbiter = Majority("web", "idc", None, "db")

    assert not holds(problem(rule), {"a": WEB, "b": WEB, "c": WEB})  # the north has 2 of 3
    assert not holds(problem(rule), {"a": WEB, "c": WEB})  # 1 of 2 is no majority
    assert not holds(problem(with_arbiter), {"a": BOTH, "c": WEB})  # the north has 2 of 3 votes
    assert not holds(problem(with_arbiter), {"a": WEB, "c": WEB})  # no arbiter runs
    west = [*MACHINES, {**MACHINES[0], "machine": "e", "idc": "west"}]
    wide = ruled(KIT, west, {"web": 1, "db": 1}, with_arbiter, bounded=False)
    assert holds(wide, {"a": WEB, "c": WEB, "e": DB})


def test_oracle_majority_of_zones():
    """A zone with a machine in either of two IDCs is lost with each; what counts is zones, not copies."""
    rule = Majority("web", "idc", 3, None)
    zones = ("z1", "z2", "z3", "z4")

    assert not holds(problem(rule, zoned=zones), {"a": WEB, "b": WEB, "d": WEB}, {"d": "z3"})  # north: 2 of 3
    assert not holds(problem(rule, zoned=zones), {"a": WEB, "c": WEB, "d": WEB}, {"d": "z1"})  # south: z3 and z1
    assert holds(problem(rule, zoned=zones), {"a": WEB, "c": WEB, "d": WEB}, {"d": "z3"})  # one in each


def test_oracle_within():
    """A zone with machines in two IDCs lies in neither."""
    rule = Within("web", "idc")

    assert holds(problem(rule, zoned=("z3",)), {"c": WEB, "d": WEB}, {"d": "z3"})
    assert not holds(problem(rule, zoned=("z1",)), {"a": WEB, "d": WEB}, {"d": "z1"})


def test_oracle_gives_zones():
    """A plan gives zones of the problem, and only where the pool has none."""
    rule = Spread("web", "zone", 1)

    assert holds(problem(rule, zoned=("z9",)), {"d": WEB}, {"d": "z9"})
    assert not holds(problem(rule, zoned=("z9",)), {"d": WEB}, {"d": "z8"})
    assert not holds(problem(rule, zoned=("z9",)), {"a": WEB}, {"a": "z9"})
    alone = problem(rule, AtLeast(("web",), 1), AtMost(("db",), 0), zoned=("z8", "z9"))
    assert best(alone).ways == 4  # on one of four machines: d in z8 and d in z9 are one way


def test_oracle_lays_out_zones():
    """Of five zones over two and three machines of two IDCs there is one layout, 2-3, whatever their names."""
    machines = [{"machine": name, "units": 30, "idc": idc} for name, idc in zip("abcde", "nnsss", strict=True)]
    rules = [AtLeast(("web",), 5), AtMost(("db",), 0), Spread("web", "zone", 5)]
    zones = ("v", "w", "x", "y", "z")

    for layout, ways in (((2, 3), 1), ((1, 4), None)):
        found = best(
            ruled(KIT, machines, {"web": 5, "db": 1}, *rules, Layout("web", "idc", layout), zoned=zones, bounded=False)
        )
        assert (found and found.ways) == ways


def test_oracle_keeps_within_budget():
    """One server would do, for 4; with 3 to spend it takes a and b for 1 + 2, although servers come first."""
    rules = [AtLeast(("web",), 2), AtLeast(("db",), 2)]
    kit = catalogue({"web": 10, "db": 20}, free=True, most=2)

    def found(*more: Rule) -> tuple[int, ...] | None:
        answer = best(ruled(kit, MACHINES, {"web": 1, "db": 1}, *rules, *more, bounded=False))
        return answer and answer.objectives

    assert found() == (1,)  # d has 60 = 2 * 10 + 2 * 20 units
    assert found(Budget(3, "3")) == (2,)
    assert found(Budget(2, "2")) is None


def test_oracle_takes_the_best_step():
    """Two web need 40 units each, three but 30: with three of them a, b and c for 6 are cheaper than c and d for 7."""
    graded = Graded("web", "web", (Step(2, 2, (("units", 40),)), Step(3, 3, (("units", 30),))))
    rules = [AtLeast(("web",), 2), AtMost(("web",), 3), graded]

    def found(order: Sequence[str]) -> tuple[int, ...]:
        return best(problem(*rules, objectives=order)).objectives

    assert found(("servers", "cost")) == (2, 7)
    assert found(("cost", "servers")) == (6, 3)


def test_oracle_minimizes_difference():
    """Two of 30 units differ by nothing and cost 3; the cheapest two of 40 and more differ by 20."""
    rules = [AtLeast(("web",), 2), Alike("web", "units", None), Where("web", "tags", ("new",), allowed=False)]

    assert best(problem(*rules, objectives=("alike", "cost"))).objectives == (10, 4)  # a and c
    assert best(problem(*rules, AtLeast(("web",), 3), objectives=("alike", "cost"))).objectives == (30, 8)
