"""Of many racks only those stay that an optimal plan could need, and the optimum stays with them."""

from obplace.kernel import Reduction, reduce
from obplace.problem import Problem
from obplace.solver import Solver
from tests.racked import racked
from tests.tiny import catalogue, tiny

RACKS = frozenset({Reduction.RACKS})
WEB = catalogue({"web": 10})
PAIR = catalogue({"web": 10, "db": 10})


def pool(prices: str, **columns: str) -> list[dict[str, object]]:
    """Return machines m1, m2 ... of 10 units with these one-digit prices, each in a rack of its own unless told."""
    racks = columns.get("rack", "abcdefghijkl")
    zones = columns.get("zone", "z" * len(prices))
    cells = zip(prices, racks, zones, strict=False)
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
    """Of six racks for 1 a and b stay, and the first two machines for what is not spread, in any order of the rows."""
    rows = pool("111111", rack="fedcba")

    assert kept(tiny(WEB, rows, roles={"web": 2}, spread={"web": "rack:2"})) == "1 2 5 6"
    assert kept(tiny(WEB, rows[::-1], roles={"web": 2}, spread={"web": "rack:2"})) == "1 2 5 6"


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


def test_rack_of_a_pinned_machine_stays_whole() -> None:
    """m5 is pinned in rack e beside m6, which may have to run the other copy of its rack."""
    rows = pool("123456", rack="abcdee")
    problem = tiny(WEB, rows, roles={"web": 2}, spread={"web": "rack:1"}, pin={"web": ("m5",)})

    assert {"5", "6"} <= set(kept(problem).split())


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
