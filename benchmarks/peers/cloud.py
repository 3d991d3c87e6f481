"""Timefold's Python package on its usual cloud-balancing model: an item has a machine, capacities hard, prices soft."""

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from timefold.solver import SolverFactory
from timefold.solver.config import Duration, ScoreDirectorFactoryConfig, SolverConfig, TerminationConfig
from timefold.solver.domain import (
    PlanningEntityCollectionProperty,
    PlanningId,
    PlanningScore,
    PlanningVariable,
    ProblemFactCollectionProperty,
    ValueRangeProvider,
    planning_entity,
    planning_solution,
)
from timefold.solver.score import (
    Constraint,
    ConstraintCollectors,
    ConstraintFactory,
    HardSoftScore,
    constraint_provider,
)

from benchmarks.peers.obvious import machines
from obplace.fleet import Fleet, Load


@dataclass
class Computer:
    """A machine."""

    id: int
    cpu: int
    memory: int
    network: int
    cost: int


@planning_entity
@dataclass
class Process:
    """An item, and the machine it is on."""

    id: Annotated[int, PlanningId]
    cpu: int
    memory: int
    network: int
    computer: Annotated[Computer | None, PlanningVariable] = field(default=None)


@planning_solution
@dataclass
class Balance:
    """Items on machines."""

    computers: Annotated[list[Computer], ProblemFactCollectionProperty, ValueRangeProvider]
    processes: Annotated[list[Process], PlanningEntityCollectionProperty]
    score: Annotated[HardSoftScore | None, PlanningScore] = field(default=None)


@constraint_provider
def rules(factory: ConstraintFactory) -> list[Constraint]:
    """Capacities are hard, prices of machines in use are soft."""
    return [
        factory.for_each(Process)
        .group_by(lambda process: process.computer, ConstraintCollectors.sum(lambda process: process.cpu))
        .filter(lambda computer, needed: needed > computer.cpu)
        .penalize(HardSoftScore.ONE_HARD, lambda computer, needed: needed - computer.cpu)
        .as_constraint("cpu"),
        factory.for_each(Process)
        .group_by(lambda process: process.computer, ConstraintCollectors.sum(lambda process: process.memory))
        .filter(lambda computer, needed: needed > computer.memory)
        .penalize(HardSoftScore.ONE_HARD, lambda computer, needed: needed - computer.memory)
        .as_constraint("memory"),
        factory.for_each(Process)
        .group_by(lambda process: process.computer, ConstraintCollectors.sum(lambda process: process.network))
        .filter(lambda computer, needed: needed > computer.network)
        .penalize(HardSoftScore.ONE_HARD, lambda computer, needed: needed - computer.network)
        .as_constraint("network"),
        factory.for_each(Process)
        .group_by(lambda process: process.computer)
        .penalize(HardSoftScore.ONE_SOFT, lambda computer: computer.cost)
        .as_constraint("cost"),
    ]


def timefold(fleet: Fleet, seconds: float) -> list[Load] | None:
    """Return the packing that Timefold has at the end; None where it breaks a capacity. Three resources only."""
    everything = machines(fleet)
    computers = [Computer(m, *fleet.stands[s].capacities, price) for m, (s, price) in enumerate(everything)]
    kinds = [kind for kind, each in enumerate(fleet.kinds) for _ in range(each.copies)]
    processes = [Process(number, *fleet.kinds[kind].needs) for number, kind in enumerate(kinds)]
    config = SolverConfig(
        solution_class=Balance,
        entity_class_list=[Process],
        score_director_factory_config=ScoreDirectorFactoryConfig(constraint_provider_function=rules),
        termination_config=TerminationConfig(spent_limit=Duration(milliseconds=int(seconds * 1000))),
    )
    found = SolverFactory.create(config).build_solver().solve(Balance(computers, processes))
    if found.score.hard_score < 0:
        return None
    runs = np.zeros((len(everything), len(fleet.kinds)), dtype=np.int64)
    for process in found.processes:
        runs[process.computer.id, kinds[process.id]] += 1
    return [Load(everything[m][0], runs[m]) for m in np.flatnonzero(runs.any(axis=1)).tolist()]
