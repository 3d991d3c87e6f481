"""What some machines lack: a row of worths that they break, where not even parts of sets place all copies on them."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from obplace.covering import Row, row_at
from obplace.fleet import Fleet, Ints, Load
from obplace.generate import Generator
from obplace.pricing import Pricer

ROUNDS = 200
LEAST = 0.05  # of the largest worth, with which a search begins
PLACED = 1e-6  # copies: what is missing less is the program's rounding


class Lacking:
    """Asks of any numbers of machines whether they may do; the sets that it meets serve the next question.

    Parameters
    ----------
    sets
        Good ones to begin with.
    """

    def __init__(self, fleet: Fleet, pricer: Pricer, sets: Sequence[Load], stop: Callable[[], bool]) -> None:
        self.fleet = fleet
        self.pricer = pricer
        self.stop = stop
        self.sets = {(load.stand, load.items.tobytes()): load for load in sets}
        asked = np.maximum(1, fleet.needs * fleet.copies[:, None]).sum(axis=0)
        sizes = (fleet.needs / asked).sum(axis=1)
        self.worth = np.maximum(sizes / sizes.max(initial=1e-9), LEAST)

    def row(self, machines: Ints) -> Row | None:
        """Return a row that so many machines of each stand break, shape (stands,); None where none was found.

        Machines cost nothing here, and a copy that is not placed costs its worth: whatever has to be paid then proves
        that some copies cannot be placed.
        """
        stands = zip(self.fleet.stands, machines.tolist(), strict=True)
        few = replace(self.fleet, stands=tuple(replace(s, prices=((0, n),) if n else ()) for s, n in stands), unit=1)
        generator = Generator(few, self.pricer, self.worth)
        generator.low = np.zeros_like(self.worth)
        generator.master.box(generator.low, generator.high)
        for load in self.sets.values():
            if machines[load.stand]:
                generator.learn(load)

        def known() -> bool:
            placed = generator.optimum is not None and generator.optimum.missing.sum() < PLACED
            return placed or generator.bound > 0 or self.stop()

        generator.converge(ROUNDS, 0.0, known)
        self.sets |= {(load.stand, load.items.tobytes()): load for load in generator.master.sets}
        if generator.bound <= 0 or generator.prices is None:
            return None
        return row_at(self.fleet, self.pricer, generator.prices)
