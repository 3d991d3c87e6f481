"""Whatever the prices and the splits, a bound is not above what going through every placement finds."""

from itertools import product
from random import Random

import pytest

from obplace.able import Machines
from obplace.certificate import bounds
from obplace.kernel import reduce
from obplace.patterns import patterns
from obplace.problem import Problem
from obplace.prove import certify
from obplace.rules import Graded
from tests.mixed import mixed
from tests.oracle import _all_grades
from tests.oracle_machine import Variant, may_run, usable
from tests.oracle_search import in_zone
from tests.priced import Prices, distorted
from tests.problems import answer, problem

OLD, MIXED = range(40), range(6)  # seeds of two kinds of problems; thousands more were tried by hand
TRIES = 20


def problems() -> list[Problem]:
    """Return small problems with all kinds of rules."""
    return [*(problem(seed) for seed in OLD), *(mixed(seed).pose() for seed in MIXED)]


PROBLEMS = problems()
IDS = [*(f"seed {seed}" for seed in OLD), *(f"mixed {seed}" for seed in MIXED)]


def test_no_prices_prove_what_is_not_so() -> None:
    """Random ones, and those of true certificates made larger and smaller; many of the latter are as good as true."""
    tried = tight = 0
    for posed in PROBLEMS:
        best = answer(posed)
        true = certify(reduce(posed), best and {name: value for name, value in best.items() if name != "alike"})
        for number in range(TRIES):
            rng = Random(number)
            stages = Prices(posed, rng).stages(best) if number % 2 or best is None else distorted(true, rng)
            for stage, bound in zip(stages, bounds(posed, stages), strict=True):
                if stage.objective is not None and best is not None:
                    assert bound <= best[stage.objective], stages
                    tight += bound == best[stage.objective]
                else:
                    assert bound <= 0 or best is None, stages
                tried += 1

    assert tried >= 500
    assert tight >= tried / 8


def test_what_is_true_is_proven() -> None:
    """Prices that were worked out reach the optimum, or that there is none, in nearly all of the problems."""
    closed = 0
    for posed in PROBLEMS:
        best = answer(posed)
        wanted = {"": 1} if best is None else {name: value for name, value in best.items() if name != "alike"}
        stages = certify(reduce(posed), None if best is None else wanted)
        found = bounds(posed, stages)
        closed += len(found) == len(wanted) and all(a >= b for a, b in zip(found, wanted.values(), strict=True))

    assert closed >= 0.9 * len(PROBLEMS)


@pytest.mark.parametrize("posed", PROBLEMS, ids=IDS)
def test_checker_knows_what_machines_can_run(posed: Problem) -> None:
    """The same as the oracle; where needs go by the number of copies, all that is possible in some case."""
    machines = Machines(posed)
    variants = [Variant(posed, grades) for grades in _all_grades(posed)]
    for batch in posed.pool:
        fits = machines.fits(batch)
        for machine in posed.pool.take(range(batch.first, batch.first + batch.size)):
            for load, fit in zip(machines.loads, fits, strict=True):
                if machine.quantity:
                    homes = [machine, *(in_zone(machine, zone) for zone in posed.zoned if not machine.domains["zone"])]
                    able = usable(posed, machine) and any(may_run(*case, load) for case in product(variants, homes))
                    found = bool(fit[machine.row - batch.first])
                    assert found == able or (found and len(variants) > 1), (machine.name, load)


@pytest.mark.parametrize("posed", PROBLEMS, ids=IDS)
def test_checker_and_patterns_agree(posed: Problem) -> None:
    """What a machine may run by the checker is a pattern that it is large enough for; steps only ask for more."""
    if any(isinstance(rule, Graded) for rule in posed.rules):
        return
    machines, listed = Machines(posed), patterns(posed)
    assert {pattern.roles for pattern in listed} <= set(machines.loads)
    for batch in posed.pool:
        rows = posed.pool.take(range(batch.first, batch.first + batch.size))
        for load, fit in zip(machines.loads, machines.fits(batch), strict=True):
            least = [pattern.least for pattern in listed if pattern.roles == load]
            for machine, fits in zip(rows, fit, strict=True):
                has = [machine.capacity[name] or 0 for name in posed.catalogue.resources]
                assert not fits or any(all(a >= b for a, b in zip(has, each, strict=True)) for each in least)
