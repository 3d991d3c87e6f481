"""Timefold's Python package on its usual cloud-balancing model: an item has a machine, capacities hard, prices soft.

With any number of resources, and with rules on how many of a kind share a machine or a place.
"""

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
    """A machine: what it has of each resource, and what it costs."""

    id: int
    room: list[int]
    cost: int
    place: str


@planning_entity
@dataclass
class Process:
    """An item and its machine; ``alone`` and ``crowd`` are how many of its kind a machine and a place take."""

    id: Annotated[int, PlanningId]
    kind: int
    needs: list[int]
    alone: int
    crowd: int
    computer: Annotated[Computer | None, PlanningVariable] = field(default=None)


@planning_solution
@dataclass
class Balance:
    """Items on machines."""

    computers: Annotated[list[Computer], ProblemFactCollectionProperty, ValueRangeProvider]
    processes: Annotated[list[Process], PlanningEntityCollectionProperty]
    score: Annotated[HardSoftScore | None, PlanningScore] = field(default=None)


def capacity(factory: ConstraintFactory, resource: int) -> Constraint:
    """Machines have room for what their items need of a resource."""
    return (
        factory.for_each(Process)
        .group_by(lambda process: process.computer, ConstraintCollectors.sum(lambda process: process.needs[resource]))
        .filter(lambda computer, needed: needed > computer.room[resource])
        .penalize(HardSoftScore.ONE_HARD, lambda computer, needed: needed - computer.room[resource])
        .as_constraint(f"resource {resource}")
    )


def alone(factory: ConstraintFactory) -> Constraint:
    """A machine runs only so many of a kind."""
    return (
        factory.for_each(Process)
        .filter(lambda process: process.alone > 0)
        .group_by(
            lambda process: process.computer,
            lambda process: process.kind,
            lambda process: process.alone,
            ConstraintCollectors.count(),
        )
        .filter(lambda _, __, most, number: number > most)
        .penalize(HardSoftScore.ONE_HARD, lambda _, __, most, number: number - most)
        .as_constraint("alone")
    )


def crowd(factory: ConstraintFactory) -> Constraint:
    """A place takes only so many of a kind."""
    return (
        factory.for_each(Process)
        .filter(lambda process: process.crowd > 0)
        .group_by(
            lambda process: process.computer.place,
            lambda process: process.kind,
            lambda process: process.crowd,
            ConstraintCollectors.count(),
        )
        .filter(lambda _, __, most, number: number > most)
        .penalize(HardSoftScore.ONE_HARD, lambda _, __, most, number: number - most)
        .as_constraint("crowd")
    )


def price(factory: ConstraintFactory) -> Constraint:
    """Machines in use cost what they cost."""
    return (
        factory.for_each(Process)
        .group_by(lambda process: process.computer)
        .penalize(HardSoftScore.ONE_SOFT, lambda computer: computer.cost)
        .as_constraint("cost")
    )


def timefold(fleet: Fleet, seconds: float) -> list[Load] | None:
    """Return the packing that Timefold has at the end; None where it breaks a rule, or has not placed all."""
    everything = machines(fleet)
    places = [next(iter(sorted(stand.places)), "") for stand in fleet.stands]
    crowds = {kind: count.most for count in fleet.counts for kind in count.kinds}
    computers = [
        Computer(m, list(fleet.stands[s].capacities), price, places[s]) for m, (s, price) in enumerate(everything)
    ]
    kinds = [kind for kind, each in enumerate(fleet.kinds) for _ in range(each.copies)]
    processes = [
        Process(number, kind, list(fleet.kinds[kind].needs), fleet.kinds[kind].most or 0, crowds.get(kind, 0))
        for number, kind in enumerate(kinds)
    ]
    resources = len(fleet.resources)
    some = [rule for rule, used in ((alone, any(k.most for k in fleet.kinds)), (crowd, bool(fleet.counts))) if used]

    @constraint_provider
    def rules(factory: ConstraintFactory) -> list[Constraint]:
        hard = [capacity(factory, resource) for resource in range(resources)]
        return [*hard, *(rule(factory) for rule in some), price(factory)]

    config = SolverConfig(
        solution_class=Balance,
        entity_class_list=[Process],
        score_director_factory_config=ScoreDirectorFactoryConfig(constraint_provider_function=rules),
        termination_config=TerminationConfig(spent_limit=Duration(milliseconds=int(seconds * 1000))),
    )
    found = SolverFactory.create(config).build_solver().solve(Balance(computers, processes))
    if found.score.hard_score < 0 or any(process.computer is None for process in found.processes):
        return None
    runs = np.zeros((len(everything), len(fleet.kinds)), dtype=np.int64)
    for process in found.processes:
        runs[process.computer.id, kinds[process.id]] += 1
    return [Load(everything[m][0], runs[m]) for m in np.flatnonzero(runs.any(axis=1)).tolist()]
