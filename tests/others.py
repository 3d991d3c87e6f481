"""All plans of tiny problems up to exchanges of equal machines: what alternatives are compared with."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from random import Random

from obplace.pool import Machine
from obplace.problem import Problem
from obplace.ranked import Alternatives, alternatives
from obplace.solver import Solver
from obplace.verify import verify
from tests.oracle import holds
from tests.oracle_machine import Load, Variant, fact, may_run, usable
from tests.tiny import catalogue, tiny

WITHIN = "40%"


@dataclass(frozen=True)
class Seen:
    """A plan as far as it counts: objectives, what tells it from others, and its machines by what tells them apart."""

    objectives: tuple[int, ...]
    same: object
    kinds: Counter[object]

    def apart(self, other: "Seen") -> int:
        """Return how many servers of either the other does not have."""
        return (self.kinds - other.kinds).total() + (other.kinds - self.kinds).total()


def drawn(seed: int) -> Problem:
    """Return a problem of a few machines of which some are equal but for their names, or their prices."""
    rng = Random(f"others {seed}")
    kit = catalogue({"a": 10, "b": 20}, most=rng.choice((1, 1, 2)), added=[("a", "b")])
    machines = [
        {
            "machine": f"m{number}",
            "units": rng.choice((10, 20, 30, 30)),
            "cost": rng.choice((1, 2, 2, 3, 5)),
            "rack": rng.choice(("r1", "r2")),
        }
        for number in range(rng.choice((3, 4, 5, 6)))
    ]
    words = {"roles": {"a": rng.choice((1, 2)), "b": rng.choice((1, 1, 2))}}
    words["minimize"] = rng.choice((("cost",), ("servers",)))
    if rng.random() < 0.4:
        words["spread"] = {"a": f"rack:{min(2, words['roles']['a'])}"}
    if rng.random() < 0.2:
        words["pin"] = {"b": ("m0",)}
    return tiny(kit, machines, **words)


def plans(problem: Problem) -> Iterator[Seen]:
    """Yield every plan."""
    machines = [each for each in problem.pool.take(range(len(problem.pool))) if usable(problem, each)]
    variant = Variant(problem, {})
    loads = [((), *_loads(variant, machine)) for machine in machines]
    for chosen in product(*loads):
        placement = {
            m.name: [r for r, n in load for _ in range(n)] for m, load in zip(machines, chosen, strict=True) if load
        }
        if holds(problem, placement):
            yield seen(problem, placement)


def seen(problem: Problem, placement: Mapping[str, object]) -> Seen:
    """Return what counts of a placement."""
    variant = Variant(problem, {})
    machines = {each.name: each for each in problem.pool.take(range(len(problem.pool)))}
    used = [machines[name] for name in placement]
    kinds = {machine.name: _kind(variant, machine) for machine in used}
    priced = Counter((kinds[machine.name], machine.price) for machine in used)
    running = Counter((kinds[name], tuple(sorted(Counter(roles).items()))) for name, roles in placement.items())
    worth = {"servers": len(used), "cost": sum(machine.price or 0 for machine in used)}
    objectives = tuple(worth[name] for name in problem.objectives)
    return Seen(objectives, (frozenset(priced.items()), frozenset(running.items())), Counter(kinds.values()))


def _loads(variant: Variant, machine: Machine) -> Iterator[Load]:
    ranges = [range(variant.problem.catalogue.roles[role].max_per_machine + 1) for role in variant.problem.counts]
    for numbers in product(*ranges):
        load = tuple((role, n) for role, n in zip(variant.problem.counts, numbers, strict=True) if n)
        if load and may_run(variant, machine, load):
            yield load


def _kind(variant: Variant, machine: Machine) -> object:
    """Return all by which a rule can tell a machine from others."""
    able = frozenset(_loads(variant, machine))
    roles = {role for load in able for role, _ in load}
    facts = frozenset((role, name, fact(machine, name)) for role in roles for name in variant.reads[role])
    named = [rule for rule in variant.problem.rules if getattr(rule, "machine", None) == machine.name]
    return able, facts, tuple(named)


def judged(seed: int) -> dict[str, str | int | float]:
    """Return a row of the campaign: the best plans are the best of all, and each that differs is the farthest."""
    problem = drawn(seed)
    everything = list(plans(problem))
    distinct = sorted({each.same: each.objectives for each in everything}.values())
    number = 1 + seed % 7
    found = alternatives(problem, number, solver=Solver(threads=1))
    wrong = [*_faults(problem, found)]
    values = [tuple(each.value for each in one.objectives) for one in found.plans]
    if values != distinct[:number]:
        wrong.append(f"objectives {values} instead of {distinct[:number]}")
    sames = [seen(problem, _placement(one.plan)).same for one in found.plans]
    if len(set(sames)) < len(sames):
        wrong.append("two plans are the same")
    wrong += _substitutes(problem, found)
    wrong += _near(problem, everything, alternatives(problem, 3, WITHIN, Solver(threads=1)))
    return {
        "machines": len(problem.pool),
        "kinds": "pin" if problem.deployment.pin else "",
        "status": str(found.status),
        "objectives": "; ".join(" ".join(map(str, each)) for each in values),
        "outcome": "; ".join(wrong) or "same",
    }


def _placement(plan: object) -> dict[str, tuple[str, ...]]:
    return {each.name: each.roles for each in plan.assignments}


def _faults(problem: Problem, found: Alternatives) -> Iterator[str]:
    for each in found.plans:
        if verify(problem, _placement(each.plan)) or not holds(problem, _placement(each.plan)):
            yield f"a plan does not hold: {_placement(each.plan)}"
        if not each.proven or each.proof is None:
            yield f"not proven: {each.objectives}"


def _substitutes(problem: Problem, found: Alternatives) -> Iterator[str]:
    """Yield what is wrong with the machines that are said to serve as well."""
    variant = Variant(problem, {})
    machines = {each.name: each for each in problem.pool.take(range(len(problem.pool)))}
    for each in found.plans:
        placement = _placement(each.plan)
        for name, others in each.substitutes.items():
            kind = _kind(variant, machines[name]), machines[name].price
            known = sorted(
                other
                for other, machine in machines.items()
                if other not in placement and (_kind(variant, machine), machine.price) == kind
            )
            if others.number != len(known) or list(others.names) != known[:5]:
                yield f"{others} serve as well as {name}, and not {known}"


def _near(problem: Problem, everything: list[Seen], found: Alternatives) -> Iterator[str]:
    """Yield where a plan is not the farthest from those before, or not the best of such."""
    if not everything:
        return
    best = min(each.objectives for each in everything)
    most = best[0] + int(best[0] * Fraction(int(WITHIN[:-1]), 100))
    good = [each for each in everything if each.objectives[0] <= most]
    before = [seen(problem, _placement(found.plans[0].plan))]
    if before[0].objectives != best:
        yield "the first plan is not the best"
    for each in [*found.plans[1:], None]:
        ranked = max((min(one.apart(other) for other in before), [-v for v in one.objectives]) for one in good)
        if each is None:
            if len(found.plans) < found.asked and ranked[0]:
                yield f"there is a plan at a distance of {ranked[0]}"
            return
        one = seen(problem, _placement(each.plan))
        values = [-v for v in one.objectives]
        if (min(one.apart(other) for other in before), values) != ranked or each.distance != ranked[0]:
            yield f"{each.distance} {values} instead of {ranked}"
        before.append(one)
