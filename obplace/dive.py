"""From fractions to a packing: fix the sets that the program runs most, price again for what is left, and so on.

Whole parts are fixed at once. Then a share of the fractions at a time; and the program is priced until it gains little,
or else what was fixed costs more than it need. Where many kinds are gone, what is left goes on as a fleet of its own.
The last machines, where the program says little of what they cost, are tried in many ways.
"""

from collections.abc import Iterable, Iterator
from math import inf

import numpy as np
from numpy.random import Generator as Random

from obplace.ending import end
from obplace.filling import fill
from obplace.fleet import Ints, Load, Reals, Seconds, cost
from obplace.generate import SEEN, Generator, Pace, begun
from obplace.master import Optimum
from obplace.rest import Task, rest
from obplace.sets import Sets

A_TIME = 0.15  # share of the machines still to come that one step fixes
GAIN = 1e-5  # of the whole cost: a round that gains less was the last
SURE = 0.3  # a fraction below it is fixed only where nothing else is
RANDOM = 1.0  # by which a fraction may count for more, where it is to be another packing each time
LAST = 10  # so few machines are tried in many ways
HALF = 0.6  # share of the kinds: where no more are left, they go on by themselves
ALIKE = 0.8  # share of the copies in a set that are among those to pack again, for it to be of use


def dive(
    task: Task,
    worth: Reals,
    known: Iterable[Load],
    pace: Pace,
    in_all: Seconds,
    below: float = inf,
    random: Random | None = None,
) -> list[Load]:
    """Return loads that do a task, or as much of it as this way finds a place for.

    Parameters
    ----------
    worth
        Of a copy of each kind, to begin with, shape (kinds,).
    known
        Sets that may be of use.
    pace
        Of pricing after each step; once its time is over what is left is filled in.
    in_all
        Seconds that are left for that.
    below
        It gives up, with copies that have no place, as soon as the program says that it costs no less than this.
    random
        It fixes other sets each time, if there is one.
    """
    few = rest(task)
    if not few.fleet.kinds or not few.fleet.stands:
        return []
    generator = begun(few, worth, known, pace)
    loads: list[Load] = []
    while generator.task.left.any() and pace.seconds() and generator.optimum is not None:
        now, paid = generator.optimum, cost(few.fleet, loads)
        if paid + now.value > below - 1:
            return []
        if now.running.sum() <= LAST:
            last = end(generator.task, now.worth, generator.promising(), pace, below - paid)
            if last is None and below == inf:
                break
            return [] if last is None else few.widen(loads + last)
        if not (fixed := _fix(generator.master.sets, now, generator.task, random)):
            break
        loads += fixed
        if 0 < np.count_nonzero(generator.task.left) <= HALF * len(few.kinds):
            left, sets = below - cost(few.fleet, loads), generator.promising()
            return few.widen(loads + dive(generator.task, now.worth, sets, pace, in_all, left, random))
        generator.settle()
        generator.settled(pace)
    return few.widen(loads + fill(generator.pricer, generator.task, in_all))


def first_step(generator: Generator) -> tuple[list[Load], Task]:
    """Return what the first step of a dive fixes in a program, which stays as it is, and what is left."""
    assert generator.optimum is not None
    task = generator.task.copy()
    return _fix(generator.master.sets, generator.optimum, task, None), task


def alike(known: Sets, left: Ints) -> Iterator[Load]:
    """Yield the sets most of which are among the copies left, trimmed to these."""
    ones = np.ones(len(left))
    for n in np.flatnonzero(known.worth(ones, left) >= ALIKE * known.worth(ones)).tolist():
        yield Load(known.stands[n], np.minimum(known.items(n), left))


def _fix(sets: Sets, now: Optimum, task: Task, random: Random | None) -> list[Load]:
    """Fix the whole parts; then the largest fractions, up to the share of a step and at least one."""
    whole = np.floor(now.running + SEEN)
    part = now.running - whole
    loads: list[Load] = []
    for number in np.flatnonzero(whole).tolist():
        for _ in range(int(whole[number])):
            loads += _run(sets, number, task)
    wanted = len(loads) + max(1, int(A_TIME * part.sum()))
    likely = part if random is None else part * random.uniform(1, 1 + RANDOM, len(part))
    for number in np.argsort(-likely, kind="stable")[: np.count_nonzero(part > SEEN)].tolist():
        if len(loads) >= wanted or (loads and part[number] < SURE):
            break
        # A machine would be paid for items that another one runs already.
        kinds, copies = sets.parts(number)
        if not loads or not np.maximum(0, copies - task.left[kinds]) @ now.worth[kinds] > 0:
            loads += _run(sets, number, task)
    return loads


def _run(sets: Sets, number: int, task: Task) -> list[Load]:
    """Let one machine run a set, if one can, without copies that are placed already."""
    load = Load(sets.stands[number], np.minimum(sets.items(number), task.left))
    if not load.items.any() or not task.fits(load):
        return []
    task.take(load, 1)
    return [load]
