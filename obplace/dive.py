"""From fractions to a packing: fix the sets that the program runs most, price again for what is left, and so on."""

from collections.abc import Callable

import numpy as np

from obplace.filling import fill
from obplace.fleet import Load
from obplace.generate import SEEN, Generator

A_TIME = 0.25  # share of the machines still to come that one step fixes
AT_LEAST = 2  # machines that one step fixes
ROUNDS = 2  # of pricing after a step
SURE = 0.3  # a fraction below it is fixed only where nothing else is
TAIL = 12  # so few machines are left to the filling


def dive(generator: Generator, stop: Callable[[], bool], over: Callable[[], bool]) -> list[Load]:
    """Return loads that place what the generator has left, or as much of it as can be.

    After ``stop`` nothing more is priced, and what is left is filled in, until it is ``over``.
    """
    loads: list[Load] = []
    while generator.left.any() and not stop():
        assert generator.optimum is not None
        if generator.optimum.running.sum() <= TAIL:
            break
        fixed = _fix(generator)
        if not fixed:
            break
        loads += fixed
        generator.settle()
        if generator.left.any():
            generator.converge(ROUNDS, 0.0, stop, proving=False)
    rest = fill(generator.fleet, generator.pricer, generator.left, generator.free, generator.room, over)
    return loads + rest


def _fix(generator: Generator) -> list[Load]:
    """Fix the whole parts, largest first, then the largest fractions, up to the share of a step and at least one."""
    assert generator.optimum is not None
    running = generator.optimum.running
    whole = np.floor(running + SEEN)
    wanted = max(AT_LEAST, int(A_TIME * running.sum()))
    loads: list[Load] = []
    steps = [(int(n), True) for n in np.argsort(-running, kind="stable")[: np.count_nonzero(whole)]]
    steps += [(int(n), False) for n in np.argsort(whole - running, kind="stable")[: np.count_nonzero(running > SEEN)]]
    for number, full in steps:
        if wanted <= 0 or (not full and loads and running[number] - whole[number] < SURE):
            break
        stand, items = generator.master.sets[number]
        load = Load(stand, np.minimum(items, generator.left))
        if not load.items.any():
            continue
        machines = min(int(whole[number]) if full else 1, generator.fits(load), wanted)
        if machines > 0:
            generator.fix(load, machines)
            loads += [load] * machines
            wanted -= machines
    return loads
