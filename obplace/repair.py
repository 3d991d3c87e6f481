"""The cheapest changes that make a plan possible, each verified by solving again.

The space of repairs. A repair is a set of changes of the words (`changes`), at most one of each lever, with what is
granted to machines under these words (`amended`): near misses accepted, upgrades and machines bought, a budget
exceeded. A set whose words contradict each other is no repair. Its price is a pair:

- *concession*: the weight of its kind for each step of a change, and that of ``near`` for each near miss. The weights
  are 1, 100, 10,000 and 1,000,000 in the order of ``prefer``, unless the deployment says others under ``repairs``;
- *money*: the upgrades, what is bought of the offers, and what the servers that are owned cost beyond the budget.

Of these pairs `repairs` finds the whole front, as many of it as asked: the least concession and with it the least
money; then the least concession with less money than that, and so on. Where ``prefer`` names money first it is spent
before anything is conceded, so that the front is told in this order; where it names money last, in the other. Besides
comes the best repair of each kind alone.

Each of these is exact. Sets of changes are gone through by their concession, from none at all. One that leaves nothing
possible, whatever may be granted within the limits, is shrunk to a few members of its problem that do so already; any
set with the same members is no repair either, so only changes that alter one of these are tried on top of it. One that
makes a plan possible is a candidate; on top of it others are tried only while they may concede no more than the best.
This rests on one thing: a change that alters no member of such a core by itself, on top of a set, does not do so
together with others that alter none. What is sold by the GB is sold to each set of members in the amounts that it needs
(`sold_anew`), so that more members never make anything cheaper. The search counts its sets: after `MOST` it ends, and
says so.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from heapq import heappop, heappush

from obplace.amended import Amended, cheapest, feasible
from obplace.catalogue import Catalogue
from obplace.changes import Edit, Kind, changes, edited
from obplace.conflict import core
from obplace.deployment import Deployment
from obplace.errors import DataError, InternalError, UsageError
from obplace.members import Member, members
from obplace.pool import Offers, Pool
from obplace.pose import Known, pose, sold_anew
from obplace.problem import Problem
from obplace.quantity import show
from obplace.repaired import Repair, outlives, paid_for
from obplace.result import Result
from obplace.solver import Solver
from obplace.wish import MONEY, Wish, allowance, weights

MOST = 3_000  # sets of changes that are looked at in one search

Core = tuple[frozenset[Member], int | None, int | None]  # members, and the limits within which they cannot hold


def repairs(
    catalogue: Catalogue, deployment: Deployment, pool: Pool | None, wish: Wish, offers: Offers | None = None
) -> tuple[Repair, ...]:
    """Return the repairs of a question that has no plan, as preferred; none where nothing helps.

    Some of them buy, where there are ``offers``: these are not owned yet.

    Raises
    ------
    UsageError
        The wish asks for what is unknown or contradicts itself; every fault is listed.
    """
    return _Repairing(catalogue, deployment, pool, wish, offers).all()


class _Repairing:
    """One question, and what is known about sets of changes of it."""

    def __init__(
        self, catalogue: Catalogue, deployment: Deployment, pool: Pool | None, wish: Wish, offers: Offers | None
    ) -> None:
        self.catalogue, self.deployment, self.pool, self.wish = catalogue, deployment, pool, wish
        self.offers = offers
        self.merged: Known = {}
        problem = self.pose(deployment)
        self.weights = weights(wish, deployment)
        self.allowance = allowance(problem, wish)
        self.changes = changes(catalogue, deployment, problem)
        self.posed: dict[tuple[int, ...], Problem | None] = {(): problem}
        self.known: dict[tuple[int, ...], frozenset[Member]] = {}
        self.cores: list[Core] = []
        self.best: dict[tuple[tuple[int, ...], Amended], _Found] = {}

    def all(self) -> tuple[Repair, ...]:
        """Return the best of each kind and the front, as preferred."""
        for kind in Kind:
            self.find({kind}, near=None if kind is Kind.NEAR else 0, money=0)
        self.find(set(), near=0, money=None)
        money: int | None = None
        for _ in range(self.wish.most):
            best = self.find(set(Kind), near=None, money=money)
            if best is None or not best.amended.money:
                break
            money = best.amended.money - 1
        order = sorted(self.best.values(), key=lambda each: each.price[:: -1 if self.wish.prefer[-1] == MONEY else 1])
        found = [self.shown(each) for each in order]
        # What holds after a loss comes first where that is wished; all else stays in its order.
        return tuple(sorted(found, key=lambda each: each.holds is False))

    def find(self, kinds: set[Kind], near: int | None, money: int | None) -> "_Found | None":
        """Return the best repair of these kinds within these limits, if there is one."""
        known = [
            each
            for each in self.best.values()
            if kinds >= {self.changes[index].kind for index in each.chosen}
            and _within(each.amended.near, near)
            and _within(each.amended.money, money)
        ]
        search = _Search(self, kinds, near, money, min(known, key=lambda each: each.price, default=None))
        best = search.run()
        if best is not None:
            best = replace(best, proven=best.proven or search.whole)
            self.best[best.chosen, best.amended] = best
        return best

    def pose(self, deployment: Deployment) -> Problem:
        """Return the problem of some words over the pool and the offers."""
        return pose(self.catalogue, deployment, self.pool, self.offers, self.merged)

    def problem(self, chosen: tuple[int, ...]) -> Problem | None:
        """Return the problem after some changes; None where they contradict each other or what else is said."""
        if chosen not in self.posed:
            words = self.words(chosen)
            try:
                self.posed[chosen] = self.pose(words)
            except (UsageError, DataError):
                self.posed[chosen] = None
        return self.posed[chosen]

    def words(self, chosen: Iterable[int]) -> Deployment:
        """Return the deployment after some changes."""
        return edited(self.deployment, (edit for index in chosen for edit in self.changes[index].edits))

    def members(self, chosen: tuple[int, ...], problem: Problem) -> frozenset[Member]:
        """Return the members of the problem after some changes."""
        if chosen not in self.known:
            self.known[chosen] = frozenset(members(problem))
        return self.known[chosen]

    def concession(self, chosen: Iterable[int]) -> int:
        """Return what some changes concede together."""
        return sum(self.weights[self.changes[index].kind] * self.changes[index].steps for index in chosen)

    def refuted(self, held: frozenset[Member], near: int | None, money: int | None) -> frozenset[Member] | None:
        """Return a core among these members that is known to leave nothing possible within these limits."""
        return next(
            (each for each, n, m in self.cores if _within(near, n) and _within(money, m) and each <= held), None
        )

    def shown(self, found: "_Found") -> Repair:
        """Return the repair, solved as the question that it makes."""
        chosen, amended = found.chosen, found.amended
        deployment = edited(self.words(chosen), _edits(self.problem_of(chosen), amended))
        offered, deployment, result = self.solved(deployment, paid_for(amended.bought))
        return Repair(
            changes=tuple(self.changes[index] for index in chosen),
            amended=amended,
            concession=found.price[0],
            money=Decimal(amended.money).scaleb(-self.allowance.decimals),
            deployment=deployment,
            result=result,
            offered=offered,
            holds=outlives(result) if self.wish.slack else None,
            proven=found.proven,
        )

    def solved(self, deployment: Deployment, paid: int) -> tuple[bool, Deployment, Result]:
        """Return the answer to a repaired question, if it can be one that buys for so much, and the words for it.

        They speak of the offers only where they have to.
        """
        ways: list[tuple[Offers | None, Deployment]] = [(self.offers, deployment)]
        if self.offers is not None:
            # In a plan what is owned has its price, so that at best the lowest cost buys no more than it takes.
            rest = (name for name in deployment.minimize if name != "cost")
            ways.append((self.offers, replace(deployment, minimize=("cost", *rest))))
            # A budget is one over the horizon, of which the pool alone knows nothing.
            if not paid and self.pool is not None and deployment.budget is None:
                ways.insert(0, (None, replace(deployment, horizon=None)))
        found = None
        for offers, words in ways:
            try:
                problem = pose(self.catalogue, words, self.pool, offers, self.merged if offers is not None else None)
            except (UsageError, DataError):
                continue  # the pool alone has not all columns that are read
            result = Solver(threads=1).solve(problem)
            if result.plan is not None:
                found = (offers is not None, words, result)
                if paid_for(result.plan.bill) == paid:
                    break
        if found is None:
            raise InternalError(f"a repair leaves no plan: {deployment.said()}")
        return found

    def problem_of(self, chosen: tuple[int, ...]) -> Problem:
        """Return the problem after changes that make one."""
        problem = self.problem(chosen)
        if problem is None:
            raise AssertionError(f"no problem after {chosen}")
        return problem


@dataclass(frozen=True)
class _Found:
    """A repair: which changes, what is granted, and its concession and money."""

    chosen: tuple[int, ...]
    amended: Amended
    price: tuple[int, int]
    proven: bool = False


class _Search:
    """The best repair of some kinds within some limits; one that is known already need only be beaten."""

    def __init__(
        self, repairing: _Repairing, kinds: set[Kind], near: int | None, money: int | None, known: _Found | None
    ) -> None:
        self.of = repairing
        self.near, self.money = near, money
        self.usable = [index for index, each in enumerate(repairing.changes) if each.kind in kinds]
        self.lightest = min((repairing.concession([index]) for index in self.usable), default=0)
        self.waiting: list[tuple[int, int, tuple[int, ...]]] = [(0, 0, ())]
        self.seen: set[tuple[int, ...]] = {()}
        self.best = known
        self.whole = True

    @property
    def price(self) -> tuple[int, int] | None:
        """The concession and money of the best so far."""
        return None if self.best is None else self.best.price

    def run(self) -> _Found | None:
        """Return the best there is."""
        looked = 0
        while self.waiting:
            concession, _, chosen = heappop(self.waiting)
            if self.price is not None and (concession, 0) >= self.price:
                break
            looked += 1
            if looked > MOST:
                self.whole = False
                break
            problem = self.of.problem(chosen)
            if problem is None:
                self.push(chosen, self.related(chosen))
            else:
                self.look(concession, chosen, problem)
        return self.best

    def look(self, concession: int, chosen: tuple[int, ...], problem: Problem) -> None:
        """Take what makes a plan possible, and try what else could be changed to concede less, or spend less."""
        held = self.of.members(chosen, problem)
        near = self.misses(concession)
        reason = self.of.refuted(held, near, self.money)
        if reason is None:
            amended = cheapest(problem, self.of.allowance, near, self.money)
            if amended is not None:
                price = (concession + self.of.weights[Kind.NEAR] * amended.near, amended.money)
                if self.price is None or price < self.price:
                    self.best = _Found(chosen, amended, price)
                near = self.misses(concession + self.lightest)
                least = self.price or price
                if not self.usable or (near is not None and near < 0) or (concession + self.lightest, 0) >= least:
                    return
            reason = self.core(problem, near)
        self.push(chosen, (index for index in self.usable if self.alters(chosen, index, reason)))

    def misses(self, concession: int) -> int | None:
        """Return how many near misses may be accepted beside what is conceded already; None for any number."""
        if self.price is None:
            return self.near
        room = (self.price[0] - concession) // self.of.weights[Kind.NEAR] if self.of.weights[Kind.NEAR] else None
        return room if self.near is None else self.near if room is None else min(self.near, room)

    def core(self, problem: Problem, near: int | None) -> frozenset[Member]:
        """Return members that leave nothing possible within the limits."""
        found = core(problem, partial(self.feasible, whole=problem, near=near))
        self.of.cores.append((found, near, self.money))
        return found

    def feasible(self, problem: Problem, whole: Problem, near: int | None) -> bool | None:
        """Is anything possible within the limits? None where nothing is."""
        if self.of.offers is not None and self.money != 0:
            problem = sold_anew(problem, whole, self.of.pool, self.of.offers, self.of.merged)
        return feasible(problem, self.of.allowance, near, self.money) or None

    def alters(self, chosen: tuple[int, ...], index: int, reason: frozenset[Member]) -> bool:
        """Does a change, on top of some, alter one of these members or contradict something?"""
        after = _with(chosen, index)
        if not self.fresh(chosen, index):
            return False
        problem = self.of.problem(after)
        return problem is None or not reason <= self.of.members(after, problem)

    def related(self, chosen: tuple[int, ...]) -> Iterator[int]:
        """Return the changes that speak of the same roles as these, which contradict each other."""
        roles = {role for index in chosen for role in self.of.changes[index].roles}
        return (index for index in self.usable if roles & self.of.changes[index].roles)

    def fresh(self, chosen: tuple[int, ...], index: int) -> bool:
        """Is the lever of a change not pulled yet?"""
        levers = {self.of.changes[other].lever for other in chosen}
        return self.of.changes[index].lever not in levers

    def push(self, chosen: tuple[int, ...], more: Iterable[int]) -> None:
        for index in more:
            after = _with(chosen, index)
            if self.fresh(chosen, index) and after not in self.seen:
                self.seen.add(after)
                heappush(self.waiting, (self.of.concession(after), len(after), after))


def _with(chosen: tuple[int, ...], index: int) -> tuple[int, ...]:
    return tuple(sorted((*chosen, index)))


def _within(limit: int | None, other: int | None) -> bool:
    """Is a limit no wider than another?"""
    return other is None or (limit is not None and limit <= other)


def _edits(problem: Problem, amended: Amended) -> Iterator[Edit]:
    """Return what is granted as words."""
    for grant in amended.grants:
        kind = problem.catalogue.resources[grant.resource].kind
        yield Edit("grant", f"{grant.machine}.{grant.resource}", show(grant.amount, kind).replace(" ", ""))
    if amended.budget is not None:
        yield Edit("budget", None, f"{Decimal(amended.budget).scaleb(-problem.pool.price_decimals):f}")
