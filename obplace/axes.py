"""What a frontier trades off: servers, cost, spare capacity, moves, and the domains that a role may lose.

Inside, every axis counts something that is to be small, in integers; what is better when it is larger counts below
zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Final

from obplace.classes import RUNS, SURPLUS
from obplace.errors import UsageError
from obplace.kernel import Kernel
from obplace.model import Model, Terms, value_of
from obplace.plan import Plan, money
from obplace.pose import pose
from obplace.problem import Problem
from obplace.surplus import shares

LEVELS: Final = ("region", "idc", "rack", "zone")
MEANING: Final = {
    "servers": "machines that the plan uses",
    "cost": "what they cost together",
    "spare": "what their roles leave free of cpu, memory and storage together, in machines as large as the pool's "
    "largest of each",
    "moves": "copies on machines that do not run that role now",
}


@dataclass(frozen=True)
class Axis:
    """One thing that a frontier trades off.

    Attributes
    ----------
    name
        One of `MEANING`; or ``ROLE.LEVEL``, the domains of the level any one of which may be lost: the role runs
        there, and more than half of its copies run elsewhere.
    role, level
        Of such a name.
    """

    name: str
    role: str | None = None
    level: str | None = None

    @property
    def more(self) -> bool:
        """Is more of it better?"""
        return self.name == "spare" or self.role is not None

    @property
    def meaning(self) -> str:
        """What it counts, in words."""
        if self.role is None:
            return MEANING[self.name]
        return f"each {self.level} whose loss leaves most of {self.role} running, of those in which it runs"

    @property
    def told(self) -> frozenset[str]:
        """What it reads of a machine besides its price, by the words of `Classes`."""
        return frozenset({"spare": {SURPLUS}, "moves": {RUNS}}.get(self.name, ()))

    def shown(self, problem: Problem, units: int) -> int | Decimal:
        """Return an amount as people have it: a number, money, or so many of the largest machines."""
        amount = -units if self.more else units
        match self.name:
            case "cost":
                return money(amount, problem.pool.price_decimals)
            case "spare":
                return Decimal(amount).scaleb(-2)  # COARSE is a hundred, and both digits are shown
            case _:
                return amount

    def of(self, problem: Problem, plan: Plan) -> int:
        """Return what a plan has of it, counted without the model."""
        match self.name:
            case "servers":
                return plan.servers
            case "cost":
                return sum(each.machine.price or 0 for each in plan.assignments)
            case "spare":
                used = (shares(problem, each.used) for each in plan.assignments)
                return sum(used) - sum(shares(problem, each.machine.capacity) for each in plan.assignments)
            case "moves":
                return sum(_base(role) not in each.machine.runs for each in plan.assignments for role in each.roles)
            case _:
                return -self._may_be_lost(plan)

    def _may_be_lost(self, plan: Plan) -> int:
        inside: dict[str | None, int] = {}
        for each in plan.assignments:
            if copies := each.roles.count(self.role or ""):
                domain = each.machine.domains.get(self.level or "")
                inside[domain] = inside.get(domain, 0) + copies
        return sum(2 * copies < sum(inside.values()) for copies in inside.values())


def read(problem: Problem, names: Sequence[str]) -> tuple[Axis, ...]:
    """Return the axes of these names, in their order.

    Raises
    ------
    UsageError
        They are not two or three different ones that there are, or the pool cannot tell them; every fault is listed.
    """
    pool, wrong = problem.pool, []
    if not 2 <= len(names) <= 3 or len(set(names)) < len(names):
        wrong.append(f"a frontier of {','.join(names) or 'nothing'}: expected two or three different objectives")
    axes = []
    for name in names:
        role, dot, level = name.rpartition(".")
        if name in MEANING:
            axes.append(Axis(name))
        elif dot and role in problem.counts and level in LEVELS:
            axes.append(Axis(name, role, level))
            if level not in pool.levels and not (level == "zone" and problem.zoned):
                wrong.append(f"objective {name}: {pool.source} has no column '{level}'")
        else:
            known = f"{', '.join(MEANING)}, or ROLE.LEVEL such as {next(iter(problem.counts))}.zone"
            wrong.append(f"unknown objective '{name}'; expected {known}")
    if "cost" in names and "cost" not in problem.objectives:
        wrong.append(f"objective cost: {pool.source} has no prices, add a column 'cost'")
    if "moves" in names and "runs" not in pool.columns:
        wrong.append(f"objective moves: {pool.source} has no column 'runs' that says what runs where now")
    elif "moves" in names and not problem.deployment.reuse:
        wrong.append("objective moves: machines that run something now are used only with --reuse (reuse=True)")
    if problem.deployment.minimize:
        wrong.append("a frontier has its objectives from --of (of=): leave out minimize")
    if wrong:
        raise UsageError(wrong)
    return tuple(axes)


def reading(problem: Problem, axes: Sequence[Axis]) -> Problem:
    """Return the problem in which the levels of the axes are known of every machine that runs their role.

    A limit that no plan can break says so: who reads rules then reads these levels.
    """
    unread = [axis for axis in axes if axis.role is not None and axis.role not in problem.readers(axis.level or "")]
    if not unread:
        return problem
    limits = {axis.name: problem.bounds(axis.role or "")[1] for axis in unread}
    deployment = replace(problem.deployment, limit={**problem.deployment.limit, **limits})
    return pose(problem.catalogue, deployment, problem.pool)


def add(axis: Axis, kernel: Kernel, model: Model) -> None:
    """Make the axis an objective of the model, by its name."""
    if axis.name in model.objectives:
        return
    terms: Terms = {}
    for (c, p), x in model.running.items():
        pattern, each = kernel.patterns[p], kernel.classes[c]
        if axis.name == "spare":
            needs = dict(zip(kernel.problem.catalogue.resources, pattern.needs, strict=True))
            terms[x] = shares(kernel.problem, needs) - int(each.domains[SURPLUS])
        elif axis.name == "moves":
            now = each.domains[RUNS].split(",")
            terms[x] = sum(copies for role, copies in pattern.roles if _base(role) not in now)
    if axis.role is not None:
        terms = {_may_be_lost(axis, kernel, model): -1}
    model.objectives[axis.name] = {x: factor for x, factor in terms.items() if factor}


def _may_be_lost(axis: Axis, kernel: Kernel, model: Model) -> int:
    """Return the number of domains in which the role runs, with more than half of its copies elsewhere."""
    everywhere: Terms = {}
    inside: dict[str, Terms] = {}
    for (c, p), x in model.running.items():
        copies = kernel.patterns[p].copies(axis.role or "")
        domain = kernel.domain(c, p, axis.level or "")
        if copies and domain is not None:
            everywhere[x] = inside.setdefault(domain, {})[x] = copies
    least, most = kernel.problem.bounds(axis.role or "")
    most = min(most, sum(model.upper[x] * copies for x, copies in everywhere.items()))
    copies = model.variable(min(least, most), most)  # of the role: so the rows of many domains stay short
    model.derived.append((copies, partial(value_of, everywhere)))
    model.row(everywhere | {copies: -1}, 0, 0)
    every: Terms = {}
    for _, here in sorted(inside.items()):
        every[lost := model.variable(0, 1)] = 1
        model.derived.append((lost, partial(_is_lost, here, everywhere)))
        model.row(here | {lost: -1}, low=0)
        twice = {x: 2 * number for x, number in here.items()}
        model.row(twice | {copies: -1, lost: most + 1}, high=most)
    number = model.variable(0, min(most, len(inside)))
    model.derived.append((number, partial(value_of, every)))
    model.row(every | {number: -1}, 0, 0)
    return number


def _is_lost(here: Terms, everywhere: Terms, values: list[int]) -> int:
    copies = value_of(here, values)
    return int(0 < 2 * copies < value_of(everywhere, values))


def _base(role: str) -> str:
    """Return the role as a pool has it: of a role of one of several clusters the part before its cluster."""
    return role.partition("@")[0]
