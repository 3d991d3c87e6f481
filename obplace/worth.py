"""What the prices of a certificate mean to a buyer: what copies, machines and rules cost or save, as true bounds.

A certificate's prices bound every problem from below, not only the one that they were made for. So the same prices are
put to the problem with one copy more, with a rule less, or with a machine at another price; what comes out holds for
all its plans, found or not. A tree of prices does as well as one leaf: the least of its leaves is the bound.

Costs here are integers in the pool's smallest unit. Where servers come before cost, a statement on cost is one on the
plans of at most so many servers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from obplace.carried import bound_of, loosened, one_more
from obplace.certificate_form import Certificate, Stage
from obplace.errors import ObplaceError, UsageError
from obplace.fleet_form import FleetCertificate
from obplace.kernel import ALL, Reduction
from obplace.plan import Plan, Status
from obplace.problem import Problem
from obplace.result import Result
from obplace.rules import AtLeast, Rule
from obplace.solver import Solver
from obplace.valued import Kind, Single, Values

# Prices of a fleet bound its objectives in one sum, and where they leave a gap nothing follows for a single copy.
FLEET = (
    "more roles may share a machine than can be listed, and then prices are of copies in well filled machines: they "
    "prove the bound of servers and cost together, and stand in the certificate that -o FILE.json writes"
)


@dataclass(frozen=True)
class Copies:
    """One copy of a role more, or less.

    Attributes
    ----------
    asked
        The least number of copies now.
    servers
        The number of servers that ``more`` is about: what one copy more takes at least as far as prices tell, and no
        less than now; None where cost comes first.
    more, beyond
        What one copy more adds to the cost at least, with no more servers than that, and with one server beyond that;
        below 0 where more servers may be cheaper ones. None where the question cannot be put, or is not about servers.
    why
        Why not.
    fewer
        What one copy less takes off the cost at most.
    """

    role: str
    asked: int
    servers: int | None
    more: int | None
    beyond: int | None
    why: str | None
    fewer: int


@dataclass(frozen=True)
class Loosened:
    """A rule, how it is loosened, and what that takes off the cost at most."""

    rule: Rule
    how: str
    saves: int


@dataclass(frozen=True)
class Worth:
    """What prices say of a result; ``untold`` says why they say nothing, ``leaves`` how many the proof of cost has."""

    result: Result
    plan: Plan
    leaves: int = 0
    untold: str | None = None
    copies: tuple[Copies, ...] = ()
    singles: tuple[Single, ...] = ()
    kinds: tuple[Kind, ...] = ()
    rules: tuple[Loosened, ...] = ()


def worth(result: Result, machines: Iterable[str] = ()) -> Worth:
    """Return what the prices in the certificate of a result say of copies, machines and rules.

    Parameters
    ----------
    result
        One with a plan, of a pool with prices.
    machines
        Names of machines to look at.

    Raises
    ------
    UsageError
        There is no plan, no price, or no machine of that name.
    """
    if result.alike is not None and isinstance(result.certificate, Certificate):
        # Its prices are those of clusters together; what one of them costs takes a proof that tells them apart.
        result = Solver(reductions=ALL - {Reduction.ALIKE}).solve(result.problem)
    problem, plan = result.problem, result.plan
    if plan is None:
        raise UsageError("there is no plan, so nothing has a price")
    if "cost" not in problem.objectives:
        raise UsageError(f"{problem.pool.source} has no prices, expected a column such as cost")
    names = list(dict.fromkeys(machines))
    rows = problem.pool.find(names)
    if missing := [name for name in names if name not in rows]:
        raise UsageError([f"{problem.pool.source} has no machine {name!r}" for name in missing])
    stages = result.stages
    last = next((number for number, stage in enumerate(stages) if stage.objective == "cost"), None)
    if result.status is not Status.OPTIMAL or last is None:
        fleet = isinstance(result.certificate, FleetCertificate)
        return Worth(result, plan, untold=FLEET if fleet else "no certificate proves that no plan costs less")
    stages = stages[: last + 1]
    values = Values(problem, plan, stages)
    asked = _Asked(problem, stages)
    return Worth(
        result,
        plan,
        leaves=len(values.sums),
        copies=tuple(asked.copies()),
        singles=tuple(values.single(name, rows[name]) for name in names),
        kinds=tuple(values.kinds()),
        rules=tuple(asked.loosened()),
    )


class _Asked:
    """The prices of a proof of cost, put to other problems."""

    def __init__(self, problem: Problem, stages: Sequence[Stage]) -> None:
        self.problem = problem
        self.stages = stages
        self.before = {stage.objective: stage.bound for stage in stages[:-1] if stage.objective is not None}
        self.cost = stages[-1].bound

    def copies(self) -> Iterator[Copies]:
        """Put each role that has a number: what one more costs, what one less saves."""
        for number, rule in enumerate(self.problem.rules):
            if isinstance(rule, AtLeast) and len(rule.roles) == 1 and rule.copies:
                role = rule.roles[0]
                fewer = self.saved(loosened(self.problem, number)[0])
                try:
                    yield Copies(role, rule.copies, *self.raised(one_more(self.problem, role)), None, fewer)
                except ObplaceError as error:
                    yield Copies(role, rule.copies, None, None, None, error.problems[0], fewer)

    def raised(self, problem: Problem) -> tuple[int | None, int, int | None]:
        """Return how many servers another problem takes at least, and what so many, or one more, add to the cost."""
        if "servers" not in self.before:
            return None, self.bound(problem, {}) - self.cost, None
        least = max(bound_of(problem, self.problem, self.stages[:1]), self.before["servers"])
        more, beyond = (self.bound(problem, {"servers": number}) - self.cost for number in (least, least + 1))
        return least, more, beyond

    def saved(self, problem: Problem) -> int:
        """Return what a problem with less to keep takes off the cost at most.

        Its least number of servers is not above ours, so that to allow as many as ours lets in all its plans.
        """
        return max(0, self.cost - self.bound(problem, self.before))

    def bound(self, problem: Problem, before: Mapping[str, int]) -> int:
        """Return what the plans of another problem cost at least that keep these bounds on what comes before."""
        stages = [replace(stage, bound=before.get(stage.objective or "", stage.bound)) for stage in self.stages]
        return bound_of(problem, self.problem, stages)

    def loosened(self) -> Iterator[Loosened]:
        """Put each rule that is not the least number of one role: what it takes off the cost to loosen it."""
        for number, rule in enumerate(self.problem.rules):
            if not (isinstance(rule, AtLeast) and len(rule.roles) == 1):
                problem, how = loosened(self.problem, number)
                yield Loosened(rule, how, self.saved(problem))
