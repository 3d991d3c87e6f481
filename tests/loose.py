"""Random rules and random placements, most of them wrong, on which the two judges of placements must agree."""

from collections.abc import Iterator
from random import Random

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
from tests.ruled import ruled
from tests.tiny import catalogue

ROLES = ("web", "db", "arb")
ZONES = ("z1", "z2", "z3")
MACHINES = "abcdef"
Placement = dict[str, list[str]]


def loose(seed: int) -> Problem:
    """Return a problem of one to three rules of any kinds, in which roles run as often as they like."""
    rng = Random(seed)
    kit = catalogue(
        {"web": rng.choice((5, 10)), "db": rng.choice((5, 10, 20)), "arb": 5},
        most=rng.choice((1, 2)),
        free=rng.random() < 0.3,
        added=[("web", "db"), ("arb", "web")],
        included=[("arb", "db")],
    )
    rules = {type(each): each for each in (_rule(rng) for _ in range(rng.choice((1, 1, 2, 3))))}
    return ruled(
        kit,
        [_machine(rng, name) for name in MACHINES[: rng.randint(3, len(MACHINES))]],
        dict.fromkeys(ROLES, 1),
        *rules.values(),
        zoned=rng.choice(((), ZONES)),
        objectives=rng.choice((("servers",), ("servers", "cost"))),
        bounded=False,
    )


def placements(problem: Problem, seed: int, number: int) -> Iterator[tuple[Placement, dict[str, str]]]:
    """Yield placements on some of the machines, and the zones that they give to some of these."""
    rng = Random(seed)
    names = problem.pool.names(range(len(problem.pool)))
    for _ in range(number):
        chosen = rng.sample(names, rng.randint(1, len(names)))
        roles = rng.sample(ROLES, rng.choice((1, 1, 2, 3)))
        placement = {name: sorted(rng.choices(roles, k=rng.choice((1, 1, 1, 2)))) for name in chosen}
        yield placement, {name: rng.choice(ZONES) for name in chosen if rng.random() < 0.4}


def _machine(rng: Random, name: str) -> dict[str, object]:
    return {
        "machine": name,
        "units": rng.choice((20, 40, 40, 60, None)),
        "cost": rng.choice((None, 1, 3, 5, 5, 5)),
        "idc": rng.choice(("north", "north", "south", None)) if name > "a" else "north",
        "rack": rng.choice(("r1", "r2")),
        "zone": rng.choice(("z1", "z2", None, None)) if name > "a" else "z1",
        "arch": rng.choice(("x86_64", "x86_64", "aarch64", None)),
        "os": rng.choice(("anolis", "kylin")),
        "tags": rng.choice(("", "ssd", "ssd,new")),
    }


def _rule(rng: Random) -> Rule:
    role, other = rng.sample(ROLES, 2)
    level, number = rng.choice(("idc", "zone", "rack")), rng.randint(1, 3)
    roles = rng.choice(((role,), (role, other)))
    column, values = rng.choice((("arch", ("x86_64",)), ("os", ("anolis", "kylin")), ("tags", ("ssd", "new"))))
    steps = [Step(0, 1, (("units", 10),)), Step(2, rng.choice((2, 4)), (("units", rng.choice((15, 25))),))]
    return rng.choice(
        (
            AtLeast(roles, number),
            AtMost(roles, number),
            Ratio(role, other, number, rng.randint(1, 3)),
            Survive(role, number, rng.randint(1, 2)),
            Spread(role, level, number),
            Limit(role, level, number),
            Across(role, level, number),
            Layout(role, rng.choice(("idc", "rack")), rng.choice(((1, 1), (2,), (2, 1), (1,)))),
            Within(role, rng.choice(("idc", "rack"))),
            Majority(role, level, rng.choice((None, 2, 3)), rng.choice((None, other))),
            Apart(role, other, rng.choice((None, level))),
            Beside(rng.choice((role, None)), other),
            Where(role, column, values[: rng.randint(1, 2)], rng.random() < 0.5),
            Same(role, rng.choice(("arch", "os")), rng.choice((None, level))),
            Alike(role, "units", rng.choice((None, 0, 20))),
            Graded(role, rng.choice((role, other)), tuple(steps)),
            Either(((role, number), (other, rng.randint(1, 2)))),
            Budget(rng.randint(3, 20), "so much"),
            Pin(role, rng.choice(MACHINES[:3])),
            Ban(rng.choice(MACHINES[:3])),
        )
    )
