"""A problem: catalogue, deployment and pool brought together, as names, integers and rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from obplace.catalogue import Catalogue
from obplace.deployment import Deployment
from obplace.pool import Pool
from obplace.rules import AtLeast, AtMost, Rule

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
