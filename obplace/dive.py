"""From fractions to a packing: fix the sets that the program runs most, price again for what is left, and so on.

Whole parts are fixed at once. Then a share of the fractions at a time; and the program is priced until it gains little,
or else what was fixed costs more than it need. Where many kinds are gone, what is left goes on as a fleet of its own.
"""

from collections.abc import Iterable, Iterator
from math import inf

import numpy as np

from obplace.filling import fill
from obplace.fleet import Ints, Load, Reals, Seconds, cost
from obplace.generate import SEEN, Generator
from obplace.pricing import pricer
from obplace.rest import Task, rest
from obplace.sets import Sets

A_TIME = 0.15  # share of the machines still to come that one step fixes
ROUNDS = 16  # of pricing after a step, at most
GAIN = 1e-5  # of the whole cost: a round that gains less was the last
SURE = 0.3  # a fraction below it is fixed only where nothing else is
TAIL = 1  # so few machines are left to the filling
HALF = 0.6  # share of the kinds: where no more are left, they go on by themselves
KEPT = 3  # sets that go on with them, for each of their rows
ALIKE = 0.8  # share of the copies in a set that are among those to pack again, for it to be of use


def dive(
    task: Task,
    worth: Reals,
    known: Iterable[Load],
    gain: float,
    seconds: Seconds,
    in_all: Seconds,
    below: float = inf,
    workers: int = 1,
) -> list[Load]:
    """Return loads that do a task, or as much of it as this way finds a place for.

    Parameters
    ----------
    worth
        Of a copy of each kind, to begin with, shape (kinds,).
    known
        Sets that may be of use.
    gain
        A round of pricing that gains no more is the last after a step.
    seconds, in_all
        After the first nothing more is priced, and what is left is filled in, until the others are over too.
    below
        It gives up, with copies that have no place, as soon as the program says that it costs no less than this.
    workers
        Of the pricing.
    """
    few = rest(task)
    if not few.fleet.kinds or not few.fleet.stands:
        return []
    generator = Generator(few.fleet, pricer(few.fleet, workers), worth[few.kinds])
    for load in few.narrow(known):
        generator.master.add(load)
    generator.settled(ROUNDS, gain, seconds)
    loads: list[Load] = []
    while generator.task.left.any() and seconds() and generator.optimum is not None:
        if cost(few.fleet, loads) + generator.value > below - 1:
            return []
        if generator.optimum.running.sum() <= TAIL or not (fixed := _fix(generator)):
            break
        loads += fixed
        kinds = int(np.count_nonzero(generator.task.left))
        if 0 < kinds <= HALF * len(few.kinds):
            going_on = generator.promising(KEPT * (kinds + len(few.stands)))
            worth, left = generator.optimum.worth, below - cost(few.fleet, loads)
            return few.widen(loads + dive(generator.task, worth, going_on, gain, seconds, in_all, left, workers))
        generator.settle()
        generator.settled(ROUNDS, gain, seconds)
    filled = fill(generator.pricer, generator.task, in_all)
    return few.widen(loads + filled)


def whole_parts(generator: Generator) -> tuple[list[Load], Task]:
    """Return what whole numbers of machines run in the program, without copies beyond those asked; and what is left."""
    assert generator.optimum is not None
    sets, task = generator.master.sets, generator.task.copy()
    loads = []
    for n, machines in enumerate(np.floor(generator.optimum.running + SEEN).astype(int).tolist()):
        for _ in range(machines):
            load = Load(sets.stands[n], np.minimum(sets.items(n), task.left))
            if load.items.any():
                task.take(load, 1)
                loads.append(load)
    return loads, task


def alike(known: Sets, left: Ints) -> Iterator[Load]:
    """Yield the sets most of which are among the copies left, trimmed to these."""
    ones = np.ones(len(left))
    for n in np.flatnonzero(known.worth(ones, left) >= ALIKE * known.worth(ones)).tolist():
        yield Load(known.stands[n], np.minimum(known.items(n), left))


def _fix(generator: Generator) -> list[Load]:
    """Fix the whole parts; then the largest fractions, up to the share of a step and at least one."""
    assert generator.optimum is not None
    running = generator.optimum.running
    whole = np.floor(running + SEEN)
    part = running - whole
    loads: list[Load] = []
    for number in np.flatnonzero(whole).tolist():
        loads += _run(generator, number, int(whole[number]))
    wanted = len(loads) + max(1, int(A_TIME * part.sum()))
    for number in np.argsort(-part, kind="stable")[: np.count_nonzero(part > SEEN)].tolist():
        if len(loads) >= wanted or (loads and part[number] < SURE):
            break
        loads += _run(generator, number, 1)
    return loads


def _run(generator: Generator, number: int, machines: int) -> list[Load]:
    """Let so many machines run a set, or as many as can, without copies that are placed already."""
    sets = generator.master.sets
    load = Load(sets.stands[number], np.minimum(sets.items(number), generator.task.left))
    if not load.items.any():
        return []
    machines = max(0, min(machines, generator.task.fits(load)))
    generator.task.take(load, machines)
    return [load] * machines
