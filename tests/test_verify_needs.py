"""What a copy needs where that goes by the number of copies of a role, and the room for data beside the others."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from obplace.catalogue import load
from obplace.catalogue.load import build
from obplace.disks import usable_data
from obplace.problem import Problem
from obplace.rules import Graded, Rule, Step
from obplace.verify import verify
from tests.ruled import ruled
from tests.small import GB, TB
from tests.tiny import catalogue

BOOK = load()
BY_DB = Graded("web", "db", (Step(0, 1, ()), Step(2, 3, (("units", 25),)), Step(4, 9, (("units", 5),))))


def said(problem: Problem, placement: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the violations as text."""
    return [str(violation) for violation in verify(problem, placement)]


def machines(*units: int) -> list[dict[str, Any]]:
    """Return machines a, b, ... of so many units."""
    return [{"machine": name, "units": amount} for name, amount in zip("abcdef", units, strict=False)]


@pytest.mark.parametrize(("db", "enough"), [("b", 10), ("bc", 25), ("bcd", 25), ("bcde", 10)])
def test_needs_go_by_the_copies_that_run(db: str, enough: int):
    """Beside one db a web needs its own 10 units, beside two or three 25; no step asks less than the catalogue."""
    kit = catalogue({"web": 10, "db": 10})
    placement = {"a": ["web"], **{name: ["db"] for name in db}}
    small, large = (
        ruled(kit, machines(units, *[10] * 4), {"web": 1, "db": len(db)}, BY_DB) for units in (enough - 1, enough)
    )

    assert said(small, placement) == [f"web: {enough} of units: a has {enough - 1}"]
    assert said(large, placement) == []


def test_needs_without_a_step_are_the_catalogue_s():
    """Where no step holds for the number of copies, that is what is wrong."""
    problem = ruled(catalogue({"web": 10, "db": 10}), machines(10, 10), {"web": 1, "db": 1}, late(BY_DB))

    assert said(problem, {"a": ["web"], "b": ["db"]}) == [
        "what web needs goes by the number of db, in 1 step: 1 db run, there are steps for 2 to 3"
    ]


def late(rule: Graded) -> Graded:
    """Return the rule with its second step alone."""
    return Graded(rule.role, rule.by, rule.steps[1:2])


def test_what_a_step_adds_is_not_included_in_a_host():
    """The host's 30 units hold the web's 10, not the 15 that the step adds."""
    kit = catalogue({"web": 10, "db": 30}, included=[("web", "db")])
    problem = ruled(kit, machines(44, 45, 30), {"web": 1, "db": 2}, BY_DB)

    assert said(problem, {"a": ["web", "db"], "c": ["db"]}) == ["web and db: 45 of units: a has 44"]
    assert said(problem, {"b": ["web", "db"], "c": ["db"]}) == []


def test_a_step_may_ask_for_what_the_catalogue_does_not():
    """A role without a minimum of a resource needs all that the step says, whatever the machine's other roles."""
    rule = Graded("oat", "ocp", (Step(1, 1, (("storage", TB),)),))
    small, large = (
        ruled(BOOK, [server("a", storage), server("b", 2 * TB)], {"ocp": 1, "oat": 1}, rule) for storage in (TB - 1, TB)
    )
    placement = {"a": ["oat"], "b": ["ocp"]}

    assert said(small, placement) == ["oat: 1 TB of storage: a has 999999999999 B"]
    assert said(large, placement) == []


def test_the_highest_grade_is_needed():
    """What does not add up is needed once: grades 3 and 2 are 3 together, whatever the headroom."""
    kit = build(
        {
            "name": "graded",
            "title": "graded",
            "source": "made up",
            "levels": ["only"],
            "colocation": "free",
            "resources": {"grade": {"kind": "count", "combine": "max"}},
            "roles": [
                {"name": role, "minimum": {"only": {"needs": {"grade": grade}}}}
                for role, grade in (("web", "3"), ("db", "2"))
            ],
        }
    )
    rows = [{"machine": "a", "grade": 2}, {"machine": "b", "grade": 3}]
    problem = replace(ruled(kit, rows, {"web": 1, "db": 1}), headroom=Fraction(1, 2))

    assert said(problem, {"a": ["web", "db"]}) == ["web and db: 3 of grade: a has 2"]
    assert said(problem, {"b": ["web", "db"]}) == []


# Room for data

STORAGE, MEMORY = 4 * TB, 64 * GB


def server(name: str, storage: int | None = STORAGE, memory: int | None = MEMORY) -> dict[str, Any]:
    """Return a machine of so many bytes."""
    row = {"machine": name, "cpu": "32", "ip": f"10.0.0.{ord(name)}"}
    sizes = {"storage": storage, "memory": memory}
    return row | {key: None if size is None else f"{size} B" for key, size in sizes.items()}


def holding(data: int) -> Rule:
    """Return the rule that one OBServer has so many bytes for data, and more of them need none."""
    return Graded("observer", "observer", (Step(1, 1, (), data), Step(2, 9, ())))


def asked(data: int, row: dict[str, Any], **counts: int) -> Problem:
    """Return the problem of one OBServer and others on one machine."""
    return ruled(BOOK, [row, server("b")], {"observer": 1, **counts}, holding(data))


def room(storage: int = STORAGE, memory: int = MEMORY) -> int:
    """Return the bytes that such a machine has for data."""
    found = usable_data(BOOK, storage, memory)
    assert found is not None
    return found


def test_room_for_data():
    """A byte more than there is room for is too much; where two run each needs none."""
    problem = asked(room() + 1, server("a"))

    (violation,) = said(problem, {"a": ["observer"]})
    assert " of data for each observer: a has room for " in violation
    assert said(asked(room(), server("a")), {"a": ["observer"]}) == []
    assert said(problem, {"a": ["observer"], "b": ["observer"]}) == ["at most 1 observer: 2 run"]


def test_other_roles_take_from_the_room():
    """An ODP beside it takes 200 GB of storage and 8 GB of memory first."""
    left = room(STORAGE - 200 * 10**9, MEMORY - 8 * GB)
    placement = {"a": ["observer", "odp"]}

    (violation,) = said(asked(left + 1, server("a"), odp=1), placement)
    assert " of data for each observer: a has room for " in violation
    assert said(asked(left, server("a"), odp=1), placement) == []


@pytest.mark.parametrize("missing", ["storage", "memory"])
def test_unknown_room_is_not_enough(missing: str):
    """Without the storage or the memory nothing is known of the room for data."""
    texts = said(asked(1, server("a", **{missing: None})), {"a": ["observer"]})

    assert any(text.endswith("1 B of data for each observer: a has room for an unknown amount") for text in texts)
