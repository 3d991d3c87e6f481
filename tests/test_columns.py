import _thread
import threading
from math import inf
from random import Random

import numpy as np
import pytest

from benchmarks.fleet_cases import sharing
from obplace.columns import Columns
from obplace.fleet import Fleet, Kind, Stand, cost, faults
from obplace.generate import Generator
from obplace.pricing import pricer


def drawn(seed: int, machines: int = 30) -> Fleet:
    """Return a fleet that is far too large to list, in a few types of machines."""
    rng = Random(seed)
    kinds = tuple(Kind(f"k{n}", rng.randint(1, 4), (rng.randint(1, 9), rng.randint(1, 20))) for n in range(machines))
    stands = tuple(
        Stand(f"s{n}", (rng.randint(9, 24), rng.randint(20, 60)), ((rng.randint(5, 20) * 10, machines // 2),))
        for n in range(5)
    )
    return Fleet(("x", "y"), kinds, stands)


def test_packing_and_bound_hold():
    """The packing keeps every rule and costs what is said, and the bound is not above it."""
    for seed in range(2):
        fleet = drawn(seed)
        out = Columns(fleet, seconds=1.5, workers=1).run()

        assert out.packing is not None
        assert out.cost is not None
        assert faults(fleet, out.packing) == []
        assert cost(fleet, out.packing) == out.cost
        assert out.certified <= out.bound <= out.cost <= 1.2 * out.bound


def test_history_only_improves():
    """Whoever watches sees costs that fall and bounds that rise."""
    seen = []
    Columns(drawn(3), seconds=1.5, workers=1, watch=seen.append).run()
    costs = [known.cost for known in seen if known.cost is not None]

    assert costs == sorted(costs, reverse=True)
    assert [known.bound for known in seen] == sorted(known.bound for known in seen)


def test_what_fits_in_for_nothing_does_not_hold_the_program_back():
    """Small copies go where large ones leave room, more of them than there are: the program is solved all the same."""
    fleet = Fleet(("x",), (Kind("large", 40, (9,)), Kind("small", 3, (1,))), (Stand("m", (10,), ((50, 60),)),))
    generator = Generator(fleet, pricer(fleet), np.array([40.0, 5.0]))

    assert generator.converge(100, 0.0, lambda: inf)
    assert generator.bound == 40 * 50


def test_what_cannot_be_is_proven():
    """Items that fit nowhere, and more items than all machines hold, have no packing."""
    one = Stand("s", (10,), ((5, 2),))

    assert Columns(Fleet(("x",), (Kind("a", 1, (11,)),), (one,))).run().infeasible
    assert Columns(Fleet(("x",), (Kind("a", 5, (5,)),), (one,))).run().infeasible
    assert Columns(Fleet(("x",), (Kind("a", 3, (6,)),), (one,))).run().infeasible  # 18 of 20, but one each


@pytest.mark.parametrize("moment", [0.05, 0.2, 0.35, 0.5, 0.7, 0.9, 1.1, 1.4, 1.8, 2.2])
def test_interrupt_leaves_what_is_known(moment):
    """At whatever moment Ctrl-C comes, the packing holds and its bound is true."""
    fleet = sharing(300, 5)  # far more than these moments are enough for
    timer = threading.Timer(moment, _thread.interrupt_main)
    timer.start()
    try:
        out = Columns(fleet, seconds=60, workers=1).run()
    finally:
        timer.cancel()
    timer.join()

    assert out.interrupted
    if out.packing is not None:
        assert faults(fleet, out.packing) == []
        assert out.bound <= (out.cost or 0)
