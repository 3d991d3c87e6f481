"""Column generation: packings of a fleet, ever better, and a bound that rises to meet them.

First a filling and the bound of fluid items; then the master program, for a better bound; whole machines, for a better
one still; a dive for a better packing; and small parts packed again and again. Whenever it is stopped, the best packing
so far has been checked, and its bound holds.
"""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from obplace.covering import Covering, impossible, priced, row_at, row_of
from obplace.dive import dive
from obplace.engine import Effort
from obplace.errors import InternalError
from obplace.filling import fill, fluid
from obplace.fleet import Fleet, Load, cost, faults
from obplace.generate import Cut, Generator
from obplace.lacking import Lacking
from obplace.mend import Mender, whole
from obplace.pricing import pricer
from obplace.purse import affordable
from obplace.raising import raised
from obplace.thresholds import machines_bound, worth_cut

NEAR = 2e-5  # share of the value by which the bound of the master program may be lower
ROUNDS = 400
COARSE = 10_000  # the largest weight in the cut of the master program's worths
FOR_BOUND = 0.4  # share of a time limit for the master program
FOR_DIVE = 0.85  # share of a time limit after which a dive ends
SMALL = 2000  # machines times kinds, up to which CP-SAT is asked for all at once
WHOLE = 20.0  # seconds for that
FOR_PROOF = 0.05  # share of a time limit for a bound of whole machines that needs no solver
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
        self.interrupted = False

    def run(self) -> Outcome:
        """Search until the gap is closed, time is over, or somebody interrupts."""
        before = self._listen()
        try:
            self._search()
        except KeyboardInterrupt:
            self.out.interrupted = True
        except Exception:
            # Native code that is interrupted may end in an error of its own; what is known was known before.
            if not self.interrupted:
                raise
            self.out.interrupted = True
        finally:
            if before is not None:
                signal.signal(signal.SIGINT, before)
        if self.out.packing is not None and (found := faults(self.fleet, self.out.packing)):
            raise InternalError([f"the packing breaks a rule: {each}" for each in found])
        return self.out

    def _listen(self) -> Any:
        """Note an interrupt, and raise it as usual: native code loses one that comes at the wrong moment."""
        before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is not threading.main_thread() or before is not signal.default_int_handler:
            return None

        def note(number: int, frame: Any) -> None:
            self.interrupted = True
            signal.default_int_handler(number, frame)

        signal.signal(signal.SIGINT, note)
        return before

    def _search(self) -> None:
        fleet = self.fleet
        prices = fluid(fleet, fleet.copies, fleet.sizes)
        if prices is None or not fleet.able[:, fleet.copies > 0].any(axis=0).all():
            self.out.infeasible, self.out.proof = True, impossible(fleet)
            return
        way = pricer(fleet)
        generator = Generator(fleet, way, fleet.needs @ prices)
        self._bounded(generator)
        first = fill(fleet, way, generator.left, generator.free, generator.room, self._over)
        self._packed(first)
        for load in first:
            generator.learn(load)
        generator.converge(ROUNDS, NEAR, lambda: self._bounded(generator) or self._over(FOR_BOUND))
        self._bounded(generator)
        if self._over():
            return
        cuts = self._whole_machines(generator)
        worth, sets = generator.centre.worth, generator.master.sets.copy()
        if not self._over():
            self._packed(dive(generator, lambda: self._over(FOR_DIVE), self._over))
        self._raised(generator, cuts, sets)
        if self._over():
            return
        if len(fleet.kinds) * int(fleet.sizes.sum()) <= SMALL or self.out.packing is None:
            self._all_at_once()
        if self.out.packing is None:
            return
        mender = Mender(fleet, self.out.packing, worth, self.effort.seed)
        while not self._over():
            if mender.attempt(self._left()):
                self._packed(mender.packing)

    def _all_at_once(self) -> None:
        """Ask CP-SAT for something better than the best, or anything, in one model of all machines."""
        most = 1 + sum(price * number for stand in self.fleet.stands for price, number in stand.prices)
        cost = most if self.out.cost is None else self.out.cost
        packing, bound = whole(self.fleet, cost, self._left(WHOLE))
        if packing is not None:
            self._packed(packing)
        if bound is not None:
            self._bound(bound)

    def _whole_machines(self, generator: Generator) -> list[Cut]:
        prices = generator.prices
        known = []
        if prices is not None and not any(prices.tolls):
            worth = np.array(prices.worth)
            weights = worth * COARSE // max(1, int(worth.max(initial=1)))
            stands = np.arange(len(self.fleet.stands))
            factors, *_ = generator.pricer.best(weights, self.fleet.most, stands, lambda stands, _: stands[:0])
            known.append(worth_cut(factors, weights, self.fleet))
        bound, cuts = machines_bound(self.fleet, known, lambda: self._over(FOR_BOUND), self.effort)
        self._bound(bound)
        return [cut for cut in cuts if cut.weights is None]

    def _raised(self, generator: Generator, cuts: list[Cut], sets: list[Load]) -> None:
        """Look for a proof of what CP-SAT says of whole machines, and of more."""
        fleet, start = self.fleet, time.monotonic()
        money = sum(price * number for stand in fleet.stands for price, number in stand.prices)
        # Where no packing was found there may be none: no bound of one is above the price of all machines.
        most, likely = (money + 1, money + 1) if self.out.cost is None else (self.out.cost, self.out.bound)
        if generator.prices is None or not affordable(fleet, most):
            return

        def stop() -> bool:
            return time.monotonic() - start > (PROOF if self.seconds is None else FOR_PROOF * self.seconds)

        rows = [row_at(fleet, generator.pricer, generator.prices), *map(row_of, cuts)]
        lacking = Lacking(fleet, generator.pricer, sets, stop)
        self._proven(raised(fleet, rows, lacking.row, (self.out.certified, likely, most), stop))

    def _proven(self, proof: Covering | None) -> None:
        if proof is not None and proof.bound is not None and proof.bound > self.out.certified:
            self.out.certified, self.out.proof = proof.bound, proof
            self._bound(proof.bound)

    def _bounded(self, generator: Generator) -> bool:
        if generator.prices is not None:
            self._proven(priced(self.fleet, generator.prices, generator.bound))
        return False

    def _bound(self, bound: int) -> None:
        # No packing costs more than all machines together.
        self.out.infeasible |= bound > sum(
            price * number for stand in self.fleet.stands for price, number in stand.prices
        )
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

    def _left(self, most: float | None = None) -> Effort:
        """Return the effort of one solve: what is left of the time, and so many seconds at most."""
        if self.seconds is None:
            return replace(self.effort, seconds=most)
        left = max(0.01, self.start + self.seconds - time.monotonic())
        return replace(self.effort, seconds=left if most is None else min(most, left))

    def _over(self, share: float = 1.0) -> bool:
        """Is it time to stop, or to go on with something else?"""
        if self.interrupted:
            raise KeyboardInterrupt
        now = time.monotonic()
        if self.out.infeasible:
            return True
        if self.out.cost is not None and self.out.cost - self.out.bound <= self.gap * self.out.cost:
            return True
        if self.seconds is not None:
            return now - self.start > share * self.seconds
        return now - self.gained > PATIENCE + (self.gained - self.start)
