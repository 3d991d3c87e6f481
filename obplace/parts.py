"""The kinds of a fleet: a role, or its copies in one domain where a rule leaves them no other number there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from obplace.fleet import Count, Kind, Stand
from obplace.forced import as_limit
from obplace.problem import Problem
from obplace.rules import Limit, Spread


@dataclass(frozen=True)
class Part:
    """Copies of a role: all of them, or those in one domain.

    Attributes
    ----------
    rule
        The place in the problem's list of the rule that fixes how many run in ``domain`` of ``level``; None for all.
    """

    role: str
    copies: int
    rule: int | None = None
    level: str = ""
    domain: str = ""

    @property
    def place(self) -> str | None:
        """The domain as `Stand` names it; None where any will do."""
        return None if self.rule is None else f"{self.level} {self.domain}"

    @property
    def name(self) -> str:
        """The role, and where its copies run."""
        return self.role if self.rule is None else f"{self.role} in {self.level} {self.domain}"


Limits = list[tuple[int, Limit]]  # place in the problem's list of rules, and what it says


def limits(problem: Problem, roles: Sequence[str]) -> Limits:
    """Return each rule that says how many copies of one of the roles a domain holds at most."""
    return [
        (number, limit)
        for number, rule in enumerate(problem.rules)
        if isinstance(rule, Limit | Spread) and rule.role in roles
        if (limit := as_limit(problem, rule)) is not None
    ]


def parts(problem: Problem, roles: Sequence[str], known: Limits) -> list[Part]:
    """Return the kinds of a fleet.

    Where all domains of a level together hold no more of a role than has to run, each holds just as many as it may.
    Then these are kinds of their own: nothing is left to weigh between the domains, and no price has to do it.
    """
    found = []
    for role in roles:
        copies = problem.bounds(role)[0]
        tight = [
            (number, limit)
            for number, limit in known
            if limit.role == role and limit.copies * len(problem.domains[limit.level]) == copies
        ]
        if not tight:
            found.append(Part(role, copies))
            continue
        number, limit = tight[0]
        domains = problem.domains[limit.level]
        found += [Part(role, limit.copies, number, limit.level, domain) for domain in domains]
    return found


def barred(found: Sequence[Part], roles: Iterable[str], places: frozenset[str]) -> frozenset[int]:
    """Return the kinds that do not run on a machine in some places that may not run some roles."""
    out = frozenset(roles)
    return frozenset(
        k for k, part in enumerate(found) if part.role in out or (part.place is not None and part.place not in places)
    )


def counts(
    problem: Problem, known: Limits, found: Sequence[Part], kinds: Sequence[Kind], stands: Sequence[Stand]
) -> list[tuple[Count, int, str]]:
    """Return the counts that can bind, each with the place of its rule and the domain."""
    able: dict[str, set[int]] = {}
    for stand in stands:
        for place in stand.places:
            able.setdefault(place, set()).update(set(range(len(kinds))) - stand.barred)
    answer = []
    for number, limit in known:
        for domain in problem.domains[limit.level]:
            here = [
                k
                for k in sorted(able.get(f"{limit.level} {domain}", ()))
                if found[k].role == limit.role and found[k].rule != number
            ]
            if sum(kinds[k].copies for k in here) > limit.copies:
                answer.append((Count(tuple(here), f"{limit.level} {domain}", limit.copies), number, domain))
    return answer
