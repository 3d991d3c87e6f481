"""Of many racks only those stay that an optimal plan could need, and the optimum stays with them."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from obplace import cheapest, racks
from obplace.kernel import Reduction, reduce
from obplace.pool import Batch
from obplace.problem import Problem
from obplace.solver import Solver
from tests.racked import racked
from tests.tiny import catalogue, tiny

RACKS = frozenset({Reduction.RACKS})
WEB = catalogue({"web": 10})
PAIR = catalogue({"web": 10, "db": 10})


def pool(prices: str, **columns: str) -> list[dict[str, object]]:
    """Return machines m1, m2 ... of 10 units with these one-digit prices, each in a rack of its own unless told."""
    places = columns.get("rack", "abcdefghijkl")
    zones = columns.get("zone", "z" * len(prices))
    cells = zip(prices, places, zones, strict=False)
    return [
        {"machine": f"m{number}", "units": 10, "cost": int(cost), "rack": rack, "zone": zone}
        for number, (cost, rack, zone) in enumerate(cells, start=1)
    ]


def kept(problem: Problem) -> str:
    """Return the numbers of the machines that stay when only racks are left out."""
    names = sorted(slot.name for each in reduce(problem, RACKS).classes for slot in each.slots)
    return " ".join(name.removeprefix("m") for name in names)


def test_cheapest_racks_stay() -> None:
    """Two copies in two racks touch two racks at most, so the two cheapest of five suffice."""
    assert kept(tiny(WEB, pool("52413"), roles={"web": 2}, spread={"web": "rack:2"})) == "2 4"


def test_equally_cheap_racks_stay_by_name() -> None:
    """Of six racks for 1 a and b stay, in any order of the rows."""
    rows = pool("111111", rack="fedcba")

    assert kept(tiny(WEB, rows, roles={"web": 2}, spread={"web": "rack:2"})) == "5 6"
    assert kept(tiny(WEB, rows[::-1], roles={"web": 2}, spread={"web": "rack:2"})) == "5 6"


def test_machines_that_are_no_rack_s_stay_by_name() -> None:
    """Beside two racks for web, the three first machines stay for db, without their racks and without web."""
    rows = pool("111111", rack="fedcba")
    problem = tiny(PAIR, rows, roles={"web": 2, "db": 1}, spread={"web": "rack:2"})
    found = {
        " ".join(slot.name for slot in each.slots): (dict(each.domains), len(each.patterns))
        for each in reduce(problem, RACKS).classes
    }

    assert found == {"m6": ({"rack": "a"}, 2), "m5": ({"rack": "b"}, 2), "m1 m2 m3": ({}, 1)}


def test_pairs_of_a_rack_are_kept_as_pairs() -> None:
    """Four copies in two racks are two pairs: the pairs b (4 + 4) and c (2 + 5) beat the single 1s of d to g."""
    rows = pool("9944251111", rack="aabbccdefg")
    problem = tiny(WEB, rows, roles={"web": 4}, spread={"web": "rack:2"})

    assert {"3", "4", "5", "6"} <= set(kept(problem).split())
    assert Solver(reductions=RACKS).solve(problem).objectives[1].value == 15


def test_roles_that_are_not_spread_keep_their_machines() -> None:
    """The two cheapest machines share rack a; db is free to take one of them though web takes another rack's."""
    problem = tiny(PAIR, pool("112345", rack="aabcde"), roles={"web": 2, "db": 1}, spread={"web": "rack:2"})

    assert {"1", "2"} <= set(kept(problem).split())
    assert Solver(reductions=RACKS).solve(problem).objectives[1].value == 4  # 1 and 2 for web, 1 for db


def test_racks_are_compared_within_their_zone() -> None:
    """The cheap racks all lie in zone y; of zone z the cheapest two stay as well, since web wants both zones."""
    rows = pool("1234567", zone="yyyyzzz")
    problem = tiny(PAIR, rows, roles={"web": 2, "db": 2}, spread={"web": "zone:2", "db": "rack:2"})

    assert {"1", "5"} <= set(kept(problem).split())


def test_rack_of_a_pinned_machine_stays() -> None:
    """m5 is pinned in the dear rack e; of m6 to m8 beside it two stay, as a rack holds two copies at most."""
    rows = pool("11239678", rack="abcdeeee")
    problem = tiny(WEB, rows, roles={"web": 2}, spread={"web": "rack:1"}, pin={"web": ("m5",)})

    assert kept(problem) == "1 2 5 6 7"
    assert Solver(reductions=RACKS).solve(problem).objectives[1].value == 15  # 9 + 6


def test_types_that_share_no_rack_are_in_no_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    """Racks a to c lie in zone y, d to f in z: two types, no more signatures than of one at a time."""
    rows = pool("123456", zone="yyyzzz")
    roles, spread = {"web": 2, "db": 2}, {"web": "zone:2", "db": "rack:1"}
    problem = tiny(PAIR, rows, roles=roles, spread=spread)
    before = kept(problem)

    monkeypatch.setattr(racks, "MOST", 2)  # of one type there are 2: one or two machines of it

    assert kept(problem) == before


def test_too_many_signatures_keep_every_rack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where signatures cannot all be gone through, each rack keeps its cheapest machines, here one."""
    problem = tiny(WEB, pool("5241312", rack="aabbccd"), roles={"web": 2}, spread={"web": "rack:2"})

    assert kept(problem) == "4 6"
    monkeypatch.setattr(racks, "MOST", 0)
    assert kept(problem) == "2 4 6 7"


def test_parts_of_the_pool_are_chosen_as_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the cheapest are chosen once, or after each row that comes, the same machines stay."""
    problems = [racked(seed) for seed in range(20)]
    once = [reduce(problem).classes for problem in problems]
    monkeypatch.setattr(cheapest, "WAITING", 0)

    assert [reduce(_in_parts(problem)).classes for problem in problems] == once


def _in_parts(problem: Problem) -> Problem:
    """Return the problem with a pool of which every batch holds one row."""
    return replace(problem, pool=replace(problem.pool, batches=tuple(chain(*map(_rows, problem.pool.batches)))))


def _rows(batch: Batch) -> Iterator[Batch]:
    for row in range(batch.size):
        here = np.array([row])
        yield replace(
            batch,
            first=batch.first + row,
            size=1,
            names=batch.names.take(here),
            hashes=batch.hashes[here],
            price=batch.price[here],
            priced=batch.priced[here],
            usable=batch.usable[here],
            coded={name: column.take(here) for name, column in batch.coded.items()},
            _cache={},
        )


def test_few_racks_are_left_alone() -> None:
    """With no more racks than servers there is nothing to choose."""
    assert kept(tiny(WEB, pool("52"), roles={"web": 2}, spread={"web": "rack:2"})) == "1 2"


def test_generator_draws_what_the_reduction_is_for() -> None:
    """In most random problems racks are left out, in some they hold pinned machines or more than one copy each."""
    problems = [racked(seed) for seed in range(60)]
    smaller = [
        sum(each.size for each in reduce(problem, RACKS).classes)
        < sum(each.size for each in reduce(problem, frozenset()).classes)
        for problem in problems
    ]

    assert sum(smaller) >= 40
