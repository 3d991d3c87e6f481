"""A problem: catalogue, deployment and pool brought together, as names, integers and rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from obplace.catalogue import Catalogue
from obplace.deployment import Deployment
from obplace.pool import Pool, Sales
from obplace.rules import AtLeast, AtMost, Rule, Spread, Where, levels
from obplace.sizing import contradictions

COPIES = 1_000_000  # of a role; what is beyond is a slip of the hand
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
        Copies asked by role, in catalogue order, the least of a range; roles that are left out do not appear.
    needs
        By role and resource; resources that are waived or not needed do not appear.
    included, added
        Pairs (guest, host) that may share a server, by how their needs come together.
    objectives
        Names in the order that matters.
    domains
        By level that a rule reads: the names of its domains in the pool, sorted, and of the zones that a plan may give.
    zoned
        The zones that the plan may give to a machine whose zone is blank; none where every zone is the pool's.
    beyond
        Sentences on what the user allows and the catalogue does not.
    around, homes
        The level in one domain of which a zone lies, and that domain by zone, for those that stand in the pool.
    sales
        What the rows of the pool are that can be bought; None where nothing can.
    given
        The catalogue before clusters gave it more roles and its rules became words: with it the question can be put
        again in other words.
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
    zoned: tuple[str, ...]
    beyond: tuple[str, ...]
    around: str | None = None
    homes: Mapping[str, str] = field(default_factory=dict)
    sales: Sales | None = None
    given: Catalogue | None = None

    def bounds(self, role: str) -> tuple[int, int]:
        """Return the least and the most copies of a role that the bounds on it alone allow."""
        return self._least.get(role, 0), self.most.get(role, COPIES)

    @cached_property
    def _least(self) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for rule in self.rules:
            if isinstance(rule, AtLeast) and len(rule.roles) == 1:
                found[rule.roles[0]] = max(rule.copies, found.get(rule.roles[0], 0))
        return found

    @cached_property
    def most(self) -> Mapping[str, int]:
        """The most copies by role, where there is an upper bound, in the order of counts."""
        found: dict[str, int] = {}
        for rule in self.rules:
            if isinstance(rule, AtMost) and len(rule.roles) == 1:
                found[rule.roles[0]] = min(rule.copies, found.get(rule.roles[0], rule.copies))
        return {role: found[role] for role in self.counts if role in found}

    @cached_property
    def labelled(self) -> frozenset[tuple[str, str]]:
        """Role and column where a rule leaves the machines of the role one value in it."""
        where = [rule for rule in self.rules if isinstance(rule, Where) and rule.allowed and len(rule.values) == 1]
        return frozenset((rule.role, rule.column) for rule in where)

    @property
    def enough(self) -> int:
        """The most servers that a plan can use, as each runs something: the largest counts of all roles together."""
        return sum(self.most.get(role, COPIES) for role in self.counts)

    def in_zone(self, role: str) -> int:
        """Return the most copies of a role that one of its zones may hold."""
        zones = [
            rule.domains
            for rule in self.rules
            if isinstance(rule, Spread) and (rule.role, rule.level) == (role, "zone")
        ]
        return -(-self.bounds(role)[1] // max(zones, default=1))

    @cached_property
    def new_zones(self) -> tuple[str, ...]:
        """The zones that the plan may give and the pool does not have: no rule can tell one of them from another."""
        known: set[str] = set()
        if self.zoned and "zone" in self.pool.levels:
            known = {str(each) for batch in self.pool for each in batch.domain("zone").values}
        return tuple(zone for zone in self.zoned if zone not in known)

    def zones_for(self, home: str | None) -> tuple[str, ...]:
        """Return the zones that a plan may give to a machine in this domain around: new ones, and those there."""
        return tuple(zone for zone in self.zoned if self.homes.get(zone, home) == home)

    def readers(self, level: str) -> frozenset[str]:
        """Return the roles for which a rule reads the domains of a level: they run only where these are known."""
        return frozenset(role for rule in self.rules for role, read in levels(rule) if read == level)

    @property
    def advice(self) -> tuple[str, ...]:
        """What the catalogue says to whoever runs so many copies at this level, and where its guides ask for more."""
        said = [
            each.text
            for each in self.catalogue.advice
            if self.counts.get(each.role, 0) >= each.copies and each.level in (None, self.level)
        ]
        given = {
            role: {resource: need.base + need.raised for resource, need in needs.items()}
            for role, needs in self.needs.items()
        }
        more = contradictions(self.catalogue, self.level, self.counts, given)
        return tuple(dict.fromkeys((*said, *more)))
