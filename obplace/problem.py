"""A problem: catalogue, deployment and pool brought together, the user's words read, all checked at birth."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from obplace.catalogue import Catalogue
from obplace.deployment import Deployment
from obplace.errors import DataError, UsageError
from obplace.pool import Pool
from obplace.quantity import Kind, parse, percent, show
from obplace.rules import AtLeast, AtMost, Ban, Pin, Rule, Spread, Survive

LEVELS = ("region", "idc", "zone", "rack")
OBJECTIVES = ("servers", "cost")
MAJORITY = 3  # copies that need a majority want as many domains: of two, one holds it


@dataclass(frozen=True)
class Need:
    """What one copy needs of a resource, in base units: the catalogue's part, and what the user adds to it."""

    base: int
    raised: int = 0


@dataclass(frozen=True)
class Problem:
    """What `pose` makes of the user's words: names, integers and rules.

    Attributes
    ----------
    counts
        Copies asked by role, in catalogue order; roles that are left out do not appear.
    needs
        By role and resource; resources that are waived or not needed do not appear.
    included, added
        Pairs (guest, host) that may share a server, by how their needs come together.
    objectives
        Names in the order that matters.
    domains
        By level that a rule reads: the names of its domains in the pool, sorted.
    beyond
        Sentences on what the user allows and the catalogue does not.
    """

    catalogue: Catalogue
    deployment: Deployment
    pool: Pool
    level: str
    counts: Mapping[str, int]
    needs: Mapping[str, Mapping[str, Need]]
    included: frozenset[tuple[str, str]]
    added: frozenset[tuple[str, str]]
    rules: tuple[Rule, ...]
    objectives: tuple[str, ...]
    headroom: Fraction
    tolerance: Mapping[str, Fraction]
    domains: Mapping[str, tuple[str, ...]]
    beyond: tuple[str, ...]

    def bounds(self, role: str) -> tuple[int, int]:
        """Return the least and the most copies of a role that its rules allow."""
        least = max((rule.copies for rule in self.rules if isinstance(rule, AtLeast) and rule.role == role), default=0)
        most = min(rule.copies for rule in self.rules if isinstance(rule, AtMost) and rule.role == role)
        return least, most

    @property
    def advice(self) -> tuple[str, ...]:
        """What the catalogue says to whoever runs so many copies."""
        return tuple(each.text for each in self.catalogue.advice if self.counts.get(each.role, 0) >= each.copies)


def pose(catalogue: Catalogue, deployment: Deployment, pool: Pool) -> Problem:
    """Return the problem that the deployment states over the pool.

    Raises
    ------
    UsageError
        The deployment asks for what is unknown or contradicts itself; every fault is listed.
    DataError
        The pool lacks a column that the deployment reads; every one is listed.
    """
    words = _Reading(catalogue, deployment, pool)
    level = words.level()
    counts = words.counts()
    included, added = words.sharing()
    needs = words.needs(level, counts)
    objectives = words.objectives()
    headroom, tolerance = words.shares()
    words.machines()
    if words.wrong:
        raise UsageError(words.wrong)
    words.columns(needs)
    domains = words.domains(counts)
    if words.wrong:
        raise UsageError(words.wrong)
    if words.lacking:
        raise DataError(words.lacking)
    rules = words.rules(counts, domains)
    if words.wrong:
        raise UsageError(words.wrong)
    return Problem(
        catalogue=catalogue,
        deployment=deployment,
        pool=pool,
        level=level,
        counts=counts,
        needs=needs,
        included=included,
        added=added,
        rules=rules,
        objectives=objectives,
        headroom=headroom,
        tolerance=tolerance,
        domains=domains,
        beyond=tuple(words.beyond),
    )


class _Reading:
    """The user's words against the catalogue and the pool; faults and liberties are collected on the way."""

    def __init__(self, catalogue: Catalogue, deployment: Deployment, pool: Pool) -> None:
        self.catalogue = catalogue
        self.said = deployment
        self.pool = pool
        self.wrong: list[str] = []
        self.lacking: list[str] = []
        self.beyond: list[str] = []

    def known(self, what: str, name: str, names: Iterable[str]) -> bool:
        """Is ``name`` among ``names``? If not, note it with the nearest."""
        names = list(names)
        if name in names:
            return True
        near = difflib.get_close_matches(name, names, n=1)
        nearest = f" (nearest: {near[0]})" if near else ""
        self.wrong.append(f"unknown {what} '{name}'{nearest}; there is {', '.join(names)}")
        return False

    def level(self) -> str:
        level = self.said.level or self.catalogue.levels[0]
        self.known("level", level, self.catalogue.levels)
        return level

    def counts(self) -> dict[str, int]:
        roles = self.catalogue.roles
        asked = {name: 0 if role.optional else role.copies for name, role in roles.items()}
        for name in self.said.extra:
            if self.known("role", name, roles):
                asked[name] = roles[name].copies
        if self.said.preset is not None and self.known("preset", self.said.preset, self.catalogue.presets):
            asked |= self.catalogue.presets[self.said.preset].roles
        for name, copies in self.said.roles.items():
            if self.known("role", name, roles):
                asked[name] = self.count(f"role {name}", copies)
        if not self.wrong and not any(asked.values()):
            self.wrong.append("no role is left to place: ask for at least one copy of one role")
        return {name: copies for name, copies in asked.items() if copies}

    def count(self, what: str, copies: int) -> int:
        if not isinstance(copies, int) or not 0 <= copies <= 1_000_000:
            self.wrong.append(f"{what}: {copies} copies, expected a whole number from 0 to 1,000,000")
            return 0
        return copies

    def sharing(self) -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
        how = {(pair.guest, pair.host): pair.included for pair in self.catalogue.sharing}
        for text in self.said.included:
            guest, colon, host = text.partition(":")
            if not colon:
                self.wrong.append(f"included '{text}', expected GUEST:HOST such as odp:observer")
                continue
            if self.known("role", guest, self.catalogue.roles) & self.known("role", host, self.catalogue.roles):
                before = how.get((guest, host))
                if before is None:
                    self.beyond.append(f"{guest} may share a server with {host}, which the catalogue does not allow")
                if not before:
                    self.beyond.append(f"the needs of {guest} count as included in those of {host}")
                how[guest, host] = True
        included = frozenset(pair for pair, inside in how.items() if inside)
        return included, frozenset(how) - included

    def needs(self, level: str, counts: Mapping[str, int]) -> dict[str, dict[str, Need]]:
        """Return the needs by role and resource, user's minimums and waivers applied."""
        resources = self.catalogue.resources
        asked = self.minimums()
        waived = {name for name in self.said.waive if self.known("resource", name, resources)}
        self.beyond += [
            f"{name} is waived: nothing says that the machines have enough of it" for name in sorted(waived)
        ]
        if self.wrong:
            return {}
        needs: dict[str, dict[str, Need]] = {}
        for role in counts:
            stated = self.catalogue.roles[role].minimums[level].needs
            needs[role] = {}
            for resource in resources:
                base = stated.get(resource, 0)
                amount = asked.get((role, resource), base)
                if amount < base:
                    kind = resources[resource].kind
                    self.beyond.append(
                        f"{role} needs {show(amount, kind)} of {resource}, below the catalogue's {show(base, kind)}"
                    )
                if amount and resource not in waived:
                    needs[role][resource] = Need(min(base, amount), max(0, amount - base))
        return needs

    def minimums(self) -> dict[tuple[str, str], int]:
        answer = {}
        for key, text in self.said.minimum.items():
            role, dot, resource = key.partition(".")
            if not dot:
                self.wrong.append(f"minimum '{key}', expected ROLE.RESOURCE such as observer.memory")
                continue
            if self.known("role", role, self.catalogue.roles) & self.known(
                "resource", resource, self.catalogue.resources
            ):
                try:
                    answer[role, resource] = parse(text, self.catalogue.resources[resource].kind, round_up=True)
                except ValueError as error:
                    self.wrong.append(f"minimum {key} is '{text}', {error}")
        return answer

    def objectives(self) -> tuple[str, ...]:
        """What the user puts first, then the other; without prices, servers alone."""
        if {name for name in self.said.minimize if not self.known("objective", name, OBJECTIVES)}:
            return ()
        if len(set(self.said.minimize)) < len(self.said.minimize):
            self.wrong.append(f"minimize {','.join(self.said.minimize)} names an objective twice")
        priced = "cost" in self.pool.columns and self.pool.blanks.get("cost", 0) < len(self.pool)
        if "cost" in self.said.minimize and not priced:
            self.lacking.append(f"{self.pool.source} has no prices: add a column 'cost', or minimize servers")
        rest = tuple(name for name in OBJECTIVES if name not in self.said.minimize)
        return tuple(name for name in self.said.minimize + rest if name != "cost" or priced)

    def shares(self) -> tuple[Fraction, dict[str, Fraction]]:
        headroom = Fraction(0)
        tolerance: dict[str, Fraction] = {}
        if self.said.headroom is not None:
            headroom = self.share("headroom", self.said.headroom)
        for resource, text in self.said.tolerance.items():
            if self.known("resource", resource, self.catalogue.resources):
                if self.catalogue.resources[resource].kind is Kind.CLASS:
                    self.wrong.append(f"tolerance {resource}: a class has no percentage; waive it instead")
                    continue
                tolerance[resource] = self.share(f"tolerance {resource}", text)
                self.beyond.append(f"a machine may fall short of {resource} by {text}")
        return headroom, tolerance

    def share(self, what: str, text: str) -> Fraction:
        try:
            return percent(text)
        except ValueError as error:
            self.wrong.append(f"{what} is '{text}', {error}")
            return Fraction(0)

    def machines(self) -> None:
        """Every machine that is pinned or banned must exist."""
        pinned = {name for names in self.said.pin.values() for name in names}
        named = sorted(pinned | set(self.said.ban))
        found = self.pool.find(named) if named else {}
        self.wrong += [f"no machine '{name}' in {self.pool.source}" for name in named if name not in found]
        for name, machine in zip(found, self.pool.take(list(found.values())), strict=True):
            if machine.name != name:
                self.wrong.append(f"machine '{name}': the {machine.quantity} of {machine.name} are equal, name the row")
        self.wrong += [f"machine '{name}' is both pinned and banned" for name in sorted(pinned & set(self.said.ban))]

    def columns(self, needs: Mapping[str, Mapping[str, Need]]) -> None:
        """Every resource that is needed must have a column."""
        for resource in self.catalogue.resources:
            who = [role for role in needs if resource in needs[role]]
            if who and resource not in self.pool.columns:
                self.lacking.append(
                    f"{self.pool.source} has no column '{resource}', which {', '.join(who)} "
                    f"{'need' if len(who) > 1 else 'needs'}: add it, or go on without that check by --waive {resource}"
                )

    def domains(self, counts: Mapping[str, int]) -> dict[str, tuple[str, ...]]:
        """Return the domains of each level that a spread reads."""
        answer: dict[str, tuple[str, ...]] = {}
        for role, text in self.said.spread.items():
            level = text.partition(":")[0]
            if not self.known("role", role, self.catalogue.roles) or role not in counts or level in answer:
                continue
            if not self.known("domain level", level, LEVELS):
                continue
            if level not in self.pool.levels:
                self.lacking.append(f"{self.pool.source} has no column '{level}', over which {role} is to be spread")
                continue
            names: set[str] = set()
            for batch in self.pool:
                names.update(str(name) for name in batch.domain(level).values if name is not None)
            answer[level] = tuple(sorted(names))
            if level == "zone":
                self.lacking += self.pool.zone_conflicts
        return answer

    def rules(self, counts: Mapping[str, int], domains: Mapping[str, tuple[str, ...]]) -> tuple[Rule, ...]:
        rules: list[Rule] = []
        spare = {}
        for role, failures in self.said.spare.items():
            if self.known("role", role, self.catalogue.roles):
                spare[role] = self.count(f"spare {role}", failures)
        for role, copies in counts.items():
            rules.append(AtLeast(role, copies))
            most = copies
            if spare.get(role):
                rules.append(Survive(role, copies, spare[role]))
                most += spare[role] * self.catalogue.roles[role].max_per_machine
            rules.append(AtMost(role, most))
            if role in self.said.spread:
                rules += self.spread(role, copies + spare.get(role, 0), domains)
        for role, names in sorted(self.said.pin.items()):
            if self.known("role", role, self.catalogue.roles):
                if role not in counts:
                    self.wrong.append(f"pin {role}: no copy of it is asked for")
                rules += [Pin(role, name) for name in names]
        rules += [Ban(name) for name in self.said.ban]
        return tuple(rules)

    def spread(self, role: str, copies: int, domains: Mapping[str, tuple[str, ...]]) -> list[Rule]:
        level, colon, number = self.said.spread[role].partition(":")
        if colon:
            if not number.isdecimal() or not 1 <= int(number) <= copies:
                self.wrong.append(
                    f"spread {role}={level}:{number}: {copies} copies lie in 1 to {copies} domains, expected LEVEL:D"
                )
                return []
            return [Spread(role, level, int(number))]
        if self.catalogue.roles[role].quorum and copies >= MAJORITY:
            return [Spread(role, level, MAJORITY)]
        return [Spread(role, level, max(1, min(copies, len(domains[level]))))]
