"""Read the user's words against the catalogue and the pool: a `Problem`, or all that is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from obplace.catalogue import Catalogue
from obplace.clusters import counted
from obplace.deployment import Deployment
from obplace.errors import DataError, ObplaceError, UsageError
from obplace.expand import expand
from obplace.granted import granted
from obplace.patterns import patterns
from obplace.pool import SOLD, Offers, Pool, Sales, beside
from obplace.problem import Need, Problem
from obplace.quantity import Kind
from obplace.rules import Buy
from obplace.ruling import Ruling

OBJECTIVES = ("servers", "cost", "alike")
BOUNDLESS = 10**17  # bytes; no pattern needs as many
EVERYTHING = dict.fromkeys(SOLD, (BOUNDLESS,))


Amounts = dict[str, list[int]]
Known = dict[tuple[tuple[str, tuple[int, ...]], ...], tuple[Pool, Sales]]  # by what is sold in which amounts


def pose(
    catalogue: Catalogue,
    deployment: Deployment,
    pool: Pool | None,
    offers: Offers | None = None,
    known: Known | None = None,
) -> Problem:
    """Return the problem that the deployment states over the pool, and over what can be bought beside it.

    Whoever asks in many words about one pool, its offers and one horizon keeps in ``known`` what lies side by side.

    Raises
    ------
    UsageError
        The deployment asks for what is unknown or contradicts itself; every fault is listed.
    DataError
        The same in a deployment file, or the pool lacks a column that the deployment reads; every one is listed.
    """
    if offers is None:
        if pool is None:
            raise UsageError("nothing to choose from: give a pool, or offers, or both")
        if deployment.horizon is not None:
            raise UsageError("a horizon goes with offers: say what can be bought, or leave it out")
        return _posed(catalogue, deployment, pool)
    if deployment.horizon is not None and deployment.horizon < 1:
        raise UsageError(f"the horizon is {deployment.horizon}, expected 1 month or more")
    beside_it = _Beside(pool, offers, deployment.horizon, {} if known is None else known)
    amounts: Amounts = {}
    if offers.sells.any():
        # How much of a resource is bought goes by the patterns, and these by all words but those on single machines.
        amounts = _amounts(_posed(catalogue, replace(deployment, pin={}, ban=()), beside_it.sold(EVERYTHING)[0]))
    everything, sales = beside_it.sold(amounts)
    return _selling(_posed(catalogue, deployment, everything), sales)


def sold_anew(problem: Problem, whole: Problem, pool: Pool | None, offers: Offers, known: Known) -> Problem:
    """Return a problem that has fewer members than the whole, with what both need of what is sold by the GB."""
    if not offers.sells.any():
        return problem
    beside_it = _Beside(pool, offers, problem.deployment.horizon, known)
    grants = dict(problem.deployment.grant)
    boundless = granted(problem.catalogue, grants, beside_it.sold(EVERYTHING)[0]).pool
    fewer, all_of_it = (_amounts(replace(each, pool=boundless)) for each in (problem, whole))
    amounts = {name: sorted({*each, *all_of_it[name]}) for name, each in fewer.items()}
    everything, sales = beside_it.sold(amounts)
    return replace(problem, pool=granted(problem.catalogue, grants, everything).pool, sales=sales)


@dataclass(frozen=True)
class _Beside:
    """A pool and offers, to be put side by side as often as it takes, once for the same amounts."""

    pool: Pool | None
    offers: Offers
    horizon: int | None
    known: Known

    def sold(self, amounts: Mapping[str, Sequence[int]]) -> tuple[Pool, Sales]:
        """Return pool and offers together, with machines that are given up to these amounts by the GB."""
        key = tuple((name, tuple(each)) for name, each in sorted(amounts.items()))
        if key not in self.known:
            self.known[key] = beside(self.offers, self.pool, self.horizon, amounts)
        return self.known[key]


def _selling(problem: Problem, sales: Sales) -> Problem:
    """Return the problem with what is on sale, and its rule where rows of one offer depend on one another."""
    coupled = sales.coupled(problem.enough).any()
    rules = (*problem.rules, Buy()) if coupled else problem.rules
    return replace(problem, sales=sales, rules=rules)


def _amounts(problem: Problem) -> Amounts:
    """Return the capacities that patterns need of each resource that can be sold by the GB, ascending."""
    found = patterns(problem)
    if any(pattern.disk for pattern in found):
        raise UsageError("storage by the GB is bought for minimums, and not for a volume of data: say minimum instead")
    names = list(problem.catalogue.resources)
    return {name: sorted({each.least[names.index(name)] for each in found} - {0}) for name in SOLD if name in names}


def _posed(catalogue: Catalogue, deployment: Deployment, pool: Pool) -> Problem:
    given = granted(catalogue, dict(deployment.grant), pool)
    pool = given.pool
    book, words = _words(catalogue, deployment, pool)
    words.defaults = catalogue.rules
    for key, text in given.faults:
        words.fault(key, text)
    level = words.level()
    words.sharing()
    words.counts()
    needs = words.needs(level)
    objectives = words.objectives()
    headroom, tolerance = words.shares()
    words.machines()
    if not words.whole:
        words.stop_if_wrong()
    words.columns(needs)
    rules = words.rules(words.priced())
    words.stop_if_wrong()
    return Problem(
        catalogue=book,
        deployment=deployment,
        pool=pool,
        level=level,
        counts={role: least for role, (least, _) in words.closed.items()},
        needs=needs,
        included=words.included,
        added=words.added,
        rules=rules,
        objectives=objectives,
        headroom=headroom,
        tolerance=tolerance,
        domains=words.domains_read(),
        zoned=words.zoned(),
        beyond=(*words.beyond, *given.beyond),
        around=words.around(),
        homes=words.homes(),
        given=catalogue,
    )


def asking(deployment: Deployment, roles: Mapping[str, int | str]) -> Deployment:
    """Return the deployment with other copies of some roles; those of a cluster stand where its table has them."""
    deployment, _ = counted(deployment)
    clusters = {name: dict(table) for name, table in deployment.clusters.items()}
    elsewhere = {}
    for role, copies in roles.items():
        table = clusters.get(role.partition("@")[2], {})
        if "copies" in table:
            table["copies"] = copies
        else:
            elsewhere[role] = copies
    return replace(deployment, roles={**deployment.roles, **elsewhere}, clusters=clusters)


def pose_again(problem: Problem, deployment: Deployment) -> Problem:
    """Return the problem that another deployment states over the same pool and offers, by the same catalogue.

    What is sold by the GB is sold in the same amounts, so that the deployment should need no others.
    """
    again = _posed(problem.given or problem.catalogue, deployment, problem.pool)
    return again if problem.sales is None else _selling(again, problem.sales)


def _words(catalogue: Catalogue, deployment: Deployment, pool: Pool) -> "tuple[Catalogue, _Posing]":
    """Return the words, with the roles that they speak of; what is wrong with their names is noted in them."""
    try:
        book, said = expand(catalogue, deployment)
    except ObplaceError as error:
        words = _Posing(catalogue, replace(deployment, preset=None, topology=(), clusters={}), pool)
        words.whole = False
        words.wrong = list(error.problems)
        words.in_file = isinstance(error, DataError)
        return catalogue, words
    return book, _Posing(book, said, pool)


class _Posing(Ruling):
    """What is asked besides counts and rules: level, objectives, shares of capacity, machines by name."""

    def level(self) -> str:
        level = self.said.level or self.catalogue.levels[0]
        self.known("level", "level", level, self.catalogue.levels)
        return level

    def objectives(self) -> tuple[str, ...]:
        """What the user puts first, then the others; without prices, servers alone."""
        if {name for name in self.said.minimize if not self.known("minimize", "objective", name, OBJECTIVES)}:
            return ()
        if len(set(self.said.minimize)) < len(self.said.minimize):
            self.fault("minimize", f"minimize {','.join(self.said.minimize)} names an objective twice")
        if "alike" in self.said.minimize and len(self.said.alike) != 1:
            what = (
                "say of what, such as alike observer.memory=any" if not self.said.alike else "of one thing, not several"
            )
            self.fault("minimize", f"minimize alike: {what}")
        priced = self.priced()
        if "cost" in self.said.minimize and not priced:
            self.lacks(f"{self.pool.source} has no prices: add a column 'cost', or minimize servers", "minimize")
        rest = tuple(name for name in ("servers", "cost") if name not in self.said.minimize)
        return tuple(name for name in self.said.minimize + rest if name != "cost" or priced)

    def priced(self) -> bool:
        """Does any machine have a price?"""
        return "cost" in self.pool.columns and self.pool.blanks.get("cost", 0) < len(self.pool)

    def shares(self) -> tuple[Fraction, dict[str, Fraction]]:
        """Return the headroom, and the tolerance by resource."""
        headroom = Fraction(0)
        tolerance: dict[str, Fraction] = {}
        if self.said.headroom is not None:
            headroom = self.percent("headroom", self.said.headroom)
        for resource, text in self.said.tolerance.items():
            key = f"tolerance.{resource}"
            if not self.known(key, "resource", resource, self.catalogue.resources):
                continue
            if self.catalogue.resources[resource].kind is Kind.CLASS:
                self.fault(key, f"tolerance {resource}: a class has no percentage; waive it instead")
                continue
            tolerance[resource] = self.percent(key, text)
            self.beyond.append(f"a machine may fall short of {resource} by {text}")
        return headroom, tolerance

    def machines(self) -> None:
        """Every machine that is pinned or banned must exist, as a row of its own."""
        named = [(name, f"pin.{role}") for role, names in self.said.pin.items() for name in names]
        pinned = {name for name, _ in named}
        named += [(name, "ban") for name in self.said.ban]
        found = self.pool.find([name for name, _ in named]) if named else {}
        rows = dict(zip(found, self.pool.take(list(found.values())), strict=True))
        for name, key in named:
            if name not in rows:
                self.fault(key, f"no machine '{name}' in {self.pool.source}")
            elif rows[name].name != name:
                row = rows[name]
                self.fault(key, f"machine '{name}': the {row.quantity} of {row.name} are equal, name the row")
            elif key == "ban" and name in pinned:
                self.fault(key, f"machine '{name}' is both pinned and banned")

    def columns(self, needs: Mapping[str, Mapping[str, Need]]) -> None:
        """Every resource that is needed must have a column."""
        for resource in self.catalogue.resources:
            who = [role for role in needs if resource in needs[role]]
            if who and resource not in self.pool.columns:
                self.lacks(
                    f"{self.pool.source} has no column '{resource}', which {', '.join(who)} "
                    f"{'need' if len(who) > 1 else 'needs'}: add it, or go on without that check by --waive {resource}"
                )
