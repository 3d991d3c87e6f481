"""Whatever the rules, zones and machines, verify finds something wrong exactly when the tests' oracle does."""

from collections import Counter
from collections.abc import Callable
from random import Random

from obplace.catalogue import Catalogue
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
from tests.oracle import holds
from tests.ruled import ruled
from tests.tiny import catalogue

ROLES = ("web", "db", "arb")
PROBLEMS, PLACEMENTS = 150, 20


def test_placements_are_judged_as_by_the_oracle():
    """One or two rules of any kind over random placements; every kind is kept by some of those that hold."""
    kept: Counter[type[Rule]] = Counter()
    for seed in range(PROBLEMS):
        rng = Random(seed)
        problem, names = drawn(rng)
        for _ in range(PLACEMENTS):
            used = rng.sample(names, rng.randint(1, min(5, len(names))))
            placement = {name: rng.choices(ROLES, k=rng.choice((1, 1, 1, 2, 2, 3))) for name in used}
            zones = {name: rng.choice("uvw") for name in used if rng.random() < 0.3}

            good, found = holds(problem, placement, zones), verify(problem, placement, zones)

            assert (found == []) is good, (seed, placement, zones, [str(each) for each in found])
            kept.update({type(rule) for rule in problem.rules} if good else ())
    assert len(kept) == len(KINDS)


def drawn(rng: Random) -> tuple[Problem, list[str]]:
    """Return a problem of three to six rows, and the names of its machines."""
    rows = [
        {
            "machine": "abcdef"[number],
            "units": rng.choice((40, 60, 90, 90, None)),
            "rack": rng.choice(("1", "2", "3", None)),
            "idc": rng.choice("pqr"),
            "zone": rng.choice(("u", "v", None, None)),
            "arch": rng.choice(("x", "y", None)),
            "os": rng.choice("xxz"),
            "tags": rng.choice(("x", "x y", None)),
            "cost": rng.choice(("1", "2", "3", None)),
            "quantity": rng.choice((1, 1, 2)),
        }
        for number in range(rng.randint(3, 6))
    ]
    rules = [rng.choice(KINDS)(rng, *rng.sample(ROLES, 3)) for _ in range(rng.randint(1, 2))]
    problem = ruled(
        kit(rng),
        rows,
        dict.fromkeys(ROLES, 1),
        *{rule.role if isinstance(rule, Graded) else rule: rule for rule in rules}.values(),  # one step for a role
        zoned=rng.choice(((), ("u", "w"), ("u", "v", "w"))),
        objectives=rng.choice((("servers",), ("servers",), ("servers", "cost"))),
        bounded=False,
    )
    names = [f"{row['machine']}{end}" for row in rows for end in (("",) if row["quantity"] == 1 else ("#1", "#2"))]
    return problem, names


def kit(rng: Random) -> Catalogue:
    """Return a catalogue in which sharing is free or some pairs may share."""
    needs, most, free = {role: rng.choice((5, 10, 20)) for role in ROLES}, rng.choice((1, 2, 3)), rng.random() < 0.5
    pairs = [(guest, host) for guest in ROLES for host in ROLES if guest != host and not free and rng.random() < 0.6]
    inside = [pair for pair in pairs if rng.random() < 0.4]
    return catalogue(needs, most=most, free=free, included=inside, added=[pair for pair in pairs if pair not in inside])


def level(rng: Random) -> str:
    """Return one of the levels that every pool here has."""
    return rng.choice(("rack", "zone", "idc"))


def steps(rng: Random) -> tuple[Step, ...]:
    """Return two steps that often end before the copies do."""
    first, second = ((("units", rng.choice((5, 15, 30))),) for _ in range(2))
    return Step(0, 1, first), Step(2, rng.choice((2, 5)), second)


KINDS: tuple[Callable[[Random, str, str, str], Rule], ...] = (
    lambda rng, one, two, _: AtLeast((one, two), rng.randint(1, 3)),
    lambda rng, one, two, _: AtMost((one, two), rng.randint(2, 4)),
    lambda rng, one, two, _: Ratio(one, two, rng.randint(1, 2), rng.randint(1, 3)),
    lambda rng, one, *_: Survive(one, rng.randint(0, 2), 1),
    lambda rng, one, *_: Spread(one, level(rng), rng.randint(1, 2)),
    lambda rng, one, *_: Limit(one, level(rng), rng.randint(1, 3)),
    lambda rng, one, *_: Across(one, level(rng), rng.randint(0, 3)),
    lambda rng, one, *_: Layout(one, level(rng), rng.choice(((1,), (2,), (1, 1), (1, 2)))),
    lambda rng, one, *_: Within(one, level(rng)),
    lambda rng, one, _, third: Majority(one, level(rng), rng.choice((None, 2, 3)), rng.choice((None, third))),
    lambda rng, one, two, _: Apart(one, two, rng.choice((None, level(rng)))),
    lambda rng, one, two, _: Beside(rng.choice((one, None)), two),
    lambda rng, one, *_: Where(
        one, rng.choice(("arch", "os", "tags")), rng.choice((("x",), ("y", "z"))), rng.random() < 0.5
    ),
    lambda rng, one, *_: Same(one, rng.choice(("arch", "os")), rng.choice((None, level(rng)))),
    lambda rng, one, *_: Alike(one, "units", rng.choice((None, 5, 20, 40))),
    lambda rng, one, *_: Graded(one, rng.choice(ROLES), steps(rng)),
    lambda rng, one, two, _: Either(((one, rng.randint(1, 2)), (two, rng.randint(1, 2)))),
    lambda rng, *_: Budget(rng.randint(1, 9), "so much"),
    lambda rng, one, *_: Pin(one, rng.choice("ab")),
    lambda rng, *_: Ban(rng.choice("ab")),
)
