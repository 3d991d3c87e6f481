"""The last machines of a packing: which sets they run is tried in many ways, the likeliest first.

What a program says of a few machines is far from what they cost: the last one is paid whole. So what is left is not
fixed once, but again and again: always the set that the program runs most; then, at one place, the next one; at two
places; and so on. A part that can't cost less than the best is left, by what the program says of it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush

import numpy as np

from obplace.fleet import Load, Reals, cost
from obplace.generate import SEEN, Generator, Pace, begun
from obplace.rest import Rest, Task, everything, rest

TRIES = 24  # programs that are solved
WAYS = 4  # sets of one of them that are tried, those it runs most


@dataclass(order=True)
class Part:
    """Some of the machines, and what is left for the others.

    Attributes
    ----------
    strayed
        How often another set was taken than that which the program runs most, each counted by its rank.
    left
        Copies to place.
    number
        Tells those apart that are alike in both.
    """

    strayed: int
    left: int
    number: int
    task: Task = field(compare=False)
    loads: list[Load] = field(compare=False)
    worth: Reals = field(compare=False)
    known: list[Load] = field(compare=False)


def end(task: Task, worth: Reals, known: Iterable[Load], pace: Pace, below: float) -> list[Load] | None:
    """Return the cheapest loads found that do a task and cost less than ``below``; None where there are none.

    Parameters
    ----------
    worth
        Of a copy of each kind, to begin with, shape (kinds,).
    known
        Sets that may be of use.
    pace
        Of pricing each program; with its time the search ends.
    """
    whole = rest(task)
    best: list[Load] | None = None
    first = everything(whole.fleet)
    open_ = [Part(0, int(first.left.sum()), 0, first, [], worth[whole.kinds], whole.narrow(known))]
    seen = set()
    tries = number = 0
    while open_ and tries < TRIES and pace.seconds():
        part = heappop(open_)
        paid = cost(whole.fleet, part.loads)
        if not part.left:
            if paid < below:
                best, below = part.loads, paid
            continue
        few = rest(part.task)
        if not few.fleet.stands:
            continue
        tries += 1
        generator = begun(few, part.worth, part.known, pace)
        if generator.optimum is None or paid + generator.value > below - 1:
            continue
        for then in _further(part, few, generator):
            key = (then.task.left.tobytes(), then.task.free.tobytes(), then.task.room.tobytes())
            if key not in seen:
                seen.add(key)
                number += 1
                heappush(open_, replace(then, number=number))
    return None if best is None else whole.widen(best)


def _further(part: Part, few: Rest, generator: Generator) -> Iterator[Part]:
    """Yield parts with one machine more: each runs one of the sets that the program of what is left runs most."""
    assert generator.optimum is not None
    running, sets = generator.optimum.running, generator.master.sets
    known, worth = few.widen(generator.promising()), part.worth.copy()
    worth[few.kinds] = generator.optimum.worth
    most = np.argsort(-running, kind="stable")[: min(WAYS, np.count_nonzero(running > SEEN))]
    for rank, place in enumerate(most.tolist()):
        [load] = few.widen([Load(sets.stands[place], np.minimum(sets.items(place), few.fleet.copies))])
        if part.task.fits(load):
            task = part.task.copy()
            task.take(load, 1)
            yield Part(part.strayed + rank, int(task.left.sum()), 0, task, [*part.loads, load], worth, known)
