"""Column generation: packings of a fleet, ever better, and a bound that rises to meet them.

First a filling and the bound of fluid items; then the master program, for a better bound; a dive for a better packing;
whole machines, for a bound that is better still; and small parts packed again and again. Whenever it is stopped, the
best packing so far has been checked, and its bound holds.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf

import numpy as np

from obplace.covering import Covering, impossible, priced, row_at, row_of
from obplace.dive import GAIN, dive, first_step
from obplace.engine import Effort
from obplace.errors import InternalError
from obplace.filling import at_once, fill, fluid
from obplace.fleet import Fleet, Load, Seconds, cost, faults
from obplace.generate import Generator, Pace
from obplace.interrupts import halt, held, noted
from obplace.lacking import Lacking
from obplace.mend import Mender, whole
from obplace.pricing import pricer
from obplace.purse import affordable
from obplace.raising import raised
from obplace.rest import everything
from obplace.sets import Sets
from obplace.thresholds import Cut, machines_bound, worth_cut

NEAR = 2e-5  # share of the value by which the bound of the master program may be lower
ROUNDS = 400
SOME = 4  # rounds of pricing between tries to mend
COARSE = 10_000  # the largest weight in the cut of the master program's worths
FOR_BOUND = 0.5  # share of a time limit for the master program
FOR_DIVE = 0.9  # share of a time limit after which a dive ends
SMALL = 2000  # machines times kinds, up to which CP-SAT is asked for all at once
WHOLE = 20.0  # seconds for that
FOR_COUNTING = 0.15  # share of a time limit for a bound of whole machines
FOR_PROOF = 0.05  # share of a time limit for one that needs no solver
PROOF = 5.0  # seconds for that without a limit
PATIENCE = 30.0  # seconds: without a limit it ends when nothing was gained for that, and as long as all before


@dataclass(frozen=True)
class Known:
    """What is known of a fleet at some moment: the cost of the best packing, the bound, seconds since the start."""

    cost: int | None
    bound: int
    seconds: float


@dataclass
class Outcome:
    """What came of a fleet.

    Attributes
    ----------
    packing, cost
        The best that was found; None where none was.
    infeasible
        It is proven that there is no packing.
    bound
        No packing costs less.
    certified, proof
        What can be shown without a solver, and how; what is beyond rests on CP-SAT.
    """

    packing: list[Load] | None = None
    cost: int | None = None
    bound: int = 0
    certified: int = 0
    proof: Covering | None = None
    infeasible: bool = False
    interrupted: bool = False
    history: list[Known] = field(default_factory=list)


class Columns:
    """One search: ``run`` it once."""

    def __init__(
        self,
        fleet: Fleet,
        seconds: float | None = None,
        gap: float = 0.0,
        workers: int = 2,
        seed: int = 0,
        watch: Callable[[Known], None] | None = None,
    ) -> None:
        self.fleet = fleet
        self.seconds = seconds
        self.gap = gap
        self.effort = Effort(workers=workers, seed=seed)
        self.watch = watch
        self.start = time.monotonic()
        self.gained = self.start
        self.out = Outcome()
        self.priced = False  # the master program is solved
        self.cuts: list[Cut] = []  # of whole machines

    def run(self) -> Outcome:
        """Search until the gap is closed, time is over, or somebody interrupts."""
        # Ctrl-C is raised where time is asked for: NumPy and whatever is freed in the meantime would make another error
        # of it, or lose it.
        with noted(), held():
            try:
                self._search()
            except KeyboardInterrupt:
                self.out.interrupted = True
        if self.out.packing is not None and (found := faults(self.fleet, self.out.packing)):
            raise InternalError([f"the packing breaks a rule: {each}" for each in found])
        return self.out

    def _search(self) -> None:
        fleet = self.fleet
        prices = fluid(fleet, fleet.copies, fleet.sizes)
        if prices is None or not fleet.able[:, fleet.copies > 0].any(axis=0).all():
            self.out.infeasible, self.out.proof = True, impossible(fleet)
            return
        way = pricer(fleet, self.effort.workers, self._seconds)
        # Where loops had to be compiled first, once on a computer, that is not taken from the time to search.
        self.start = self.gained = time.monotonic()
        self._packed(at_once(everything(fleet), prices))
        generator = Generator(fleet, way, fleet.needs @ prices)
        self._bounded(generator)
        first = fill(way, generator.task, self._seconds)
        self._packed(first)
        for load in first:
            generator.master.add(load)
        self._price(generator, ROUNDS, FOR_BOUND)
        if generator.optimum is None:  # the filling took that long
            self._price(generator, SOME, FOR_DIVE)
        if not self._seconds() or generator.optimum is None:
            return
        known = Sets(len(fleet.kinds))
        sets = generator.promising()
        for load in sets:
            known.add(load)
        worth, (taken, task) = generator.optimum.worth, first_step(generator)
        pace = Pace(GAIN * generator.value, partial(self._seconds, FOR_DIVE), self.effort.workers)
        self._packed(taken + dive(task, worth, sets, pace, self._seconds))
        self._raised(generator)
        if not self._seconds():
            return
        if len(fleet.kinds) * int(fleet.sizes.sum()) <= SMALL or self.out.packing is None:
            self._all_at_once()
        if self.out.packing is None or self.out.cost is None:
            return
        mender = Mender(fleet, self.out.packing, worth, known, self.effort)
        spent = {True: 0.0, False: 0.0}  # seconds on what the program can still cost less, and on what the plan can
        while self._seconds():
            now, before = time.monotonic(), self.out.bound
            pricing = not self.priced and spent[True] <= spent[False]
            if pricing:
                generator.closely()
                self._price(generator, SOME, 1.0)
                mender.worth = generator.optimum.worth
                self._raised(generator)
            elif mender.attempt(self._seconds):
                self._packed(mender.packing)
            # What brought nothing has to wait for longer.
            spent[pricing] += (time.monotonic() - now) * (2 if pricing and self.out.bound == before else 1)

    def _price(self, generator: Generator, rounds: int, share: float) -> None:
        """Go on with the master program until it is solved, or for so many rounds."""

        def seconds() -> float:
            self._bounded(generator)
            return self._seconds(share)

        self.priced = generator.converge(rounds, NEAR, seconds)
        self._bounded(generator)

    def _all_at_once(self) -> None:
        """Ask CP-SAT for something better than the best, or anything, in one model of all machines."""
        cost = 1 + self.fleet.money if self.out.cost is None else self.out.cost
        packing, bound = whole(self.fleet, cost, replace(self.effort, seconds=min(WHOLE, self._seconds())))
        if packing is not None:
            self._packed(packing)
        if bound is not None:
            self._bound(bound)

    def _whole_machines(self, generator: Generator) -> None:
        """Count whole machines, once the master program is solved."""
        if not self.priced or not self._seconds():
            return
        prices, part = generator.prices, self._part(FOR_COUNTING, inf)
        known = []
        if prices is not None and not any(prices.tolls):
            worth = np.array(prices.worth)
            weights = worth * COARSE // max(1, int(worth.max(initial=1)))
            stands = np.arange(len(self.fleet.stands))
            best = generator.pricer.best([(stands, weights)], self.fleet.most, lambda stands, _: stands[:0])
            known.append(worth_cut(best.worth, weights, self.fleet))
        bound, cuts = machines_bound(self.fleet, known, lambda: min(part(), self._seconds()), self.effort)
        self._bound(bound)
        self.cuts = [cut for cut in cuts if cut.weights is None]

    def _raised(self, generator: Generator) -> None:
        """Count whole machines, and look for a proof of what CP-SAT says of them, and of more."""
        self._whole_machines(generator)
        fleet, seconds = self.fleet, self._part(FOR_PROOF, PROOF)
        # Where no packing was found there may be none: no bound of one is above the price of all machines.
        most, likely = (fleet.money + 1, fleet.money + 1) if self.out.cost is None else (self.out.cost, self.out.bound)
        unknown = not self.priced and self.out.cost is not None  # of whole machines nothing is known yet
        if generator.prices is None or unknown or not affordable(fleet, most):
            return
        rows = [row_at(fleet, generator.pricer, generator.prices), *map(row_of, self.cuts)]
        lacking = Lacking(fleet, generator.pricer, generator.master.sets, seconds)
        self._proven(raised(fleet, rows, lacking.row, (self.out.certified, likely, most), seconds))

    def _proven(self, proof: Covering | None) -> None:
        if proof is not None and proof.bound is not None and proof.bound > self.out.certified:
            self.out.certified, self.out.proof = proof.bound, proof
            self._bound(proof.bound)

    def _bounded(self, generator: Generator) -> None:
        if generator.prices is not None:
            self._proven(priced(self.fleet, generator.prices, generator.most.tolist(), generator.bound))

    def _bound(self, bound: int) -> None:
        self.out.infeasible |= bound > self.fleet.money
        if bound > self.out.bound:
            self.out.bound = bound
            self._tell()

    def _packed(self, packing: list[Load]) -> None:
        placed = np.sum([load.items for load in packing], axis=0) if packing else np.zeros(len(self.fleet.kinds))
        if (placed != self.fleet.copies).any():
            return
        value = cost(self.fleet, packing)
        if self.out.cost is None or value < self.out.cost:
            self.out.packing, self.out.cost = packing, value
            self._tell()

    def _tell(self) -> None:
        self.gained = time.monotonic()
        known = Known(self.out.cost, self.out.bound, self.gained - self.start)
        self.out.history.append(known)
        if self.watch is not None:
            self.watch(known)

    def _part(self, share: float, without: float) -> Seconds:
        """Return how many seconds are left of a share of the time that begins now; without a limit, of so many."""
        end = time.monotonic() + (without if self.seconds is None else share * self.seconds)
        return lambda: max(0.0, end - time.monotonic())

    def _seconds(self, share: float = 1.0) -> float:
        """Return how many seconds are left of a share of the time; 0 when it is time to stop, or for something else."""
        if halt.is_set():
            raise KeyboardInterrupt
        now = time.monotonic()
        if self.out.infeasible:
            return 0.0
        if self.out.cost is not None and self.out.cost - self.out.bound <= self.gap * self.out.cost:
            return 0.0
        end = self.gained + PATIENCE + (self.gained - self.start)
        if self.seconds is not None:
            end = self.start + share * self.seconds
        return max(0.0, end - now)
