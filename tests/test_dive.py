from dataclasses import replace
from math import inf
from random import Random

import numpy as np

from obplace.dive import dive, first_step
from obplace.ending import end
from obplace.engine import Effort
from obplace.filling import at_once, fill, fluid
from obplace.fleet import Count, Fleet, Kind, Load, Stand, cost, faults
from obplace.generate import Generator, Pace
from obplace.mend import Mender, whole
from obplace.pricing import pricer
from obplace.rest import Task, beside, everything, rest
from obplace.sets import Sets


def drawn(seed: int) -> Fleet:
    """Return a fleet of some twenty kinds, with a count in a place, a pair apart, and a kind barred."""
    rng = Random(seed)
    kinds = tuple(Kind(f"k{n}", rng.randint(1, 4), (rng.randint(1, 9), rng.randint(1, 20))) for n in range(20))
    stands = tuple(
        Stand(
            f"s{n}",
            (rng.randint(9, 24), rng.randint(20, 60)),
            ((rng.randint(5, 20) * 10, 6), (210, 6)),
            frozenset({"rack"} if n < 2 else ()),
            frozenset({n}),
        )
        for n in range(5)
    )
    return Fleet(("x", "y"), kinds, stands, frozenset({(6, 7)}), (Count((8, 9), "rack", 2),))


def worth(fleet: Fleet) -> np.ndarray:
    """Return worths to begin with, by size."""
    return fleet.needs.sum(axis=1).astype(float)


def always() -> float:
    """Return that there is time."""
    return inf


PACE = Pace(0.0, always, 1)


def test_a_dive_places_all():
    """What comes of a dive keeps every rule of the fleet and places every copy."""
    for seed in range(6):
        fleet = drawn(seed)

        assert faults(fleet, dive(everything(fleet), worth(fleet), [], PACE, always)) == []


def test_a_packing_at_once_places_all():
    """The first packing keeps every rule: counts, pairs apart, kinds barred, copies on one machine."""
    for seed in range(30):
        fleet = drawn(seed)
        prices = fluid(fleet, fleet.copies, fleet.sizes)

        assert prices is not None
        assert faults(fleet, at_once(everything(fleet), prices)) == []


def test_a_filling_places_all_where_a_count_cuts_the_best_sets():
    """Two copies fit a machine and are worth most together, and its rack takes one: every copy has a place."""
    kinds = (Kind("small", 4, (1,)),)
    stands = tuple(Stand(f"rack {n}", (2,), ((10, 3),), frozenset({f"rack {n}"})) for n in range(4))
    fleet = Fleet(("x",), kinds, stands, frozenset(), tuple(Count((0,), f"rack {n}", 1) for n in range(4)))

    assert faults(fleet, fill(pricer(fleet), everything(fleet), always)) == []


def test_a_part_is_packed_beside_the_others():
    """What a part of a packing ran is placed again, and with the rest it keeps every rule."""
    for seed in range(6):
        fleet = drawn(seed)
        packing = dive(everything(fleet), worth(fleet), [], PACE, always)
        kept = packing[::2]
        again = dive(beside(fleet, kept), worth(fleet), packing[1::2], PACE, always)

        assert faults(fleet, [*kept, *again]) == []


def test_nothing_is_tried_where_nothing_can_be_gained():
    """Where even the program costs as much as is asked, there is no dive."""
    fleet = drawn(1)

    assert dive(everything(fleet), worth(fleet), [], PACE, always, below=1) == []


def test_a_dive_is_given_up_on_the_way():
    """Where the program costs less than is asked and what was fixed no longer does, copies have no place."""
    given_up = 0
    for seed in range(6):
        fleet = drawn(seed)
        all_of_it = dive(everything(fleet), worth(fleet), [], PACE, always)
        packing = dive(everything(fleet), worth(fleet), [], PACE, always, below=cost(fleet, all_of_it))
        placed = np.sum([load.items for load in packing], axis=0)

        assert (placed != fleet.copies).any() or cost(fleet, packing) < cost(fleet, all_of_it)
        given_up += bool((placed != fleet.copies).any())

    assert given_up


def test_a_dive_with_chance_is_another_each_time():
    """The same dive again fixes the same sets, one with chance others; each keeps every rule."""
    fleet = drawn(0)

    def packings(random: np.random.Generator | None) -> set[tuple[tuple[int, bytes], ...]]:
        packings = [dive(everything(fleet), worth(fleet), [], PACE, always, random=random) for _ in range(4)]
        assert not any(faults(fleet, packing) for packing in packings)
        return {tuple(sorted((stand, items.tobytes()) for stand, items in packing)) for packing in packings}

    assert len(packings(None)) == 1
    assert len(packings(np.random.default_rng(0))) > 1


def test_no_machine_is_fixed_for_items_that_run_elsewhere():
    """Of two sets with an item in common that both run by a half only one is fixed."""
    kinds = tuple(Kind(f"k{n}", 1, (1 << n % 2,)) for n in range(40))
    fleet = Fleet(("x",), kinds, (Stand("s", (3,), ((10, 40),)),), frozenset(), ())
    generator = Generator(fleet, pricer(fleet), np.full(40, 5.0))
    generator.settled(PACE)
    assert generator.optimum is not None
    for n in range(39):
        generator.master.add(Load(0, np.eye(40, dtype=np.int64)[n : n + 2].sum(axis=0)))
    sets = generator.master.sets
    chain = [len(sets.parts(n)[0]) == 2 and np.diff(sets.parts(n)[0])[0] == 1 for n in range(len(sets))]
    generator.optimum = replace(generator.optimum, running=np.where(chain, 0.5, 0.0), worth=np.ones(40))
    fixed, task = first_step(generator)

    assert len(fixed) == 2
    assert {int(load.items.sum()) for load in fixed} == {2}
    assert task.left.sum() == 36


def test_the_last_machines_are_as_cheap_as_can_be():
    """Where some ten copies are left the cheapest way is found nearly always, and one below it never."""
    found = 0
    for seed in range(12):
        fleet = drawn(seed)
        fleet = rest(Task(fleet, np.where(np.arange(20) < 5, fleet.copies, 0), fleet.sizes, np.array([2]))).fleet
        packing = end(everything(fleet), worth(fleet), [], PACE, inf)
        best, _ = whole(fleet, 1 + fleet.money, Effort())
        assert packing is not None
        assert best is not None

        assert faults(fleet, packing) == []
        assert end(everything(fleet), worth(fleet), [], PACE, cost(fleet, best)) is None
        found += cost(fleet, packing) == cost(fleet, best)

    assert found >= 10


def test_another_way_is_taken_where_the_likeliest_is_dear(monkeypatch):
    """With several sets to choose from at each place the last machines are never dearer, and cheaper at times."""
    cheaper = 0
    for seed in range(12):
        fleet = drawn(seed)
        fleet = rest(Task(fleet, np.where(np.arange(20) < 8, fleet.copies, 0), fleet.sizes, np.array([2]))).fleet
        all_ways = end(everything(fleet), worth(fleet), [], PACE, inf)
        with monkeypatch.context() as context:
            context.setattr("obplace.ending.WAYS", 1)
            likeliest = end(everything(fleet), worth(fleet), [], PACE, inf)
        assert all_ways is not None
        assert likeliest is not None

        assert cost(fleet, all_ways) <= cost(fleet, likeliest)
        cheaper += cost(fleet, all_ways) < cost(fleet, likeliest)

    assert cheaper


def test_no_time_leaves_nothing_placed():
    """Without time for anything there are no loads, and no error."""
    fleet = drawn(2)

    assert dive(everything(fleet), worth(fleet), [], Pace(0.0, lambda: 0.0, 1), lambda: 0.0) == []


def test_the_rest_is_what_is_left():
    """It has the kinds with copies left, the dearest machines, and what counts still allow; loads go there and back."""
    fleet = drawn(3)
    left = np.where(np.arange(20) < 12, fleet.copies, 0)
    free = fleet.sizes - np.array([12, 7, 0, 1, 0])
    few = rest(Task(fleet, left, free, np.array([1])))

    assert few.kinds.tolist() == list(range(12))
    assert few.stands.tolist() == [1, 2, 3, 4]
    assert few.fleet.stands[0].prices == ((210, 5),)
    assert few.fleet.counts[0].most == 1
    packing = dive(everything(few.fleet), worth(few.fleet), [], PACE, always)
    assert [(s, i.tolist()) for s, i in few.narrow(few.widen(packing))] == [(s, i.tolist()) for s, i in packing]


def test_mending_never_makes_it_worse():
    """All ways to mend leave a packing that holds, and together they gain something; a better one is said to be."""
    gained = 0
    for seed in range(3):
        fleet = drawn(seed)
        packing = at_once(everything(fleet), np.ones(2))
        mender = Mender(fleet, packing, worth(fleet), Sets(20), Effort())
        for _ in range(6):
            before = mender.best
            better = mender.attempt(always)

            assert faults(fleet, mender.packing) == []
            assert cost(fleet, mender.packing) == mender.cost == mender.best
            assert (mender.best < before) == better
        gained += cost(fleet, packing) - mender.best

    assert gained > 0


def test_mending_goes_on_from_dearer_packings_where_it_is_stuck(monkeypatch):
    """Where nothing was gained for long it goes a little above its best packing, and knows what that cost."""
    monkeypatch.setattr("obplace.mend.STUCK", 0)
    monkeypatch.setattr("obplace.mend.WORSE", 0.1)
    above = 0
    for seed in range(3):
        fleet = drawn(seed)
        mender = Mender(fleet, at_once(everything(fleet), np.ones(2)), worth(fleet), Sets(20), Effort())
        known = mender.best
        for _ in range(12):
            if mender.attempt(always):
                known = cost(fleet, mender.packing)

            assert faults(fleet, mender.packing) == []
            assert mender.best == known <= mender.cost == cost(fleet, mender.packing) <= 1.1 * known
            above += mender.cost > known

    assert above
