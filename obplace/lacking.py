"""What some machines lack: a row of worths that they break, where not even parts of sets place all copies on them."""

from dataclasses import replace

import numpy as np

from obplace.covering import Row, row_at
from obplace.fleet import Fleet, Ints, Load, Seconds
from obplace.generate import Generator
from obplace.pricers import Pricer
from obplace.sets import Sets

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

    def __init__(self, fleet: Fleet, pricer: Pricer, sets: Sets, seconds: Seconds) -> None:
        self.fleet = fleet
        self.pricer = pricer
        self.seconds = seconds
        self.sets = sets.copy()
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
        for n, stand in enumerate(self.sets.stands):
            if machines[stand]:
                generator.master.add(Load(stand, self.sets.items(n)))

        def left() -> float:
            placed = generator.optimum is not None and generator.optimum.missing.sum() < PLACED
            return 0.0 if placed or generator.bound > 0 else self.seconds()

        generator.converge(ROUNDS, 0.0, left)
        for n, stand in enumerate(generator.master.sets.stands):
            self.sets.add(Load(stand, generator.master.sets.items(n)))
        if generator.bound <= 0 or generator.prices is None:
            return None
        return row_at(self.fleet, self.pricer, generator.prices)
