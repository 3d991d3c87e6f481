"""Kill every machine, pair of machines and failure domain of a plan, and say what is left of each role.

A machine whose domain is not known may stand in any of the domains, or with all such machines in one of its own:
what would end a role in one of these cases is unknown, never safe.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from obplace.plan import Assignment, Plan
from obplace.votes import Standing, standings

if TYPE_CHECKING:
    import pandas as pd

MACHINE, PAIR = "machine", "pair"
DOMAINS = ("rack", "zone", "idc", "region")  # the smallest first


class Verdict(StrEnum):
    """What a loss does: everything goes on, something ends, or it depends on what is not known."""

    SURVIVES = "survives"
    ENDS = "ends"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Left:
    """What a loss leaves of one role: at most, and where domains are not known also at the worst."""

    role: str
    copies: int
    votes: int
    copies_worst: int
    votes_worst: int
    verdict: Verdict


@dataclass(frozen=True)
class Loss:
    """One machine or domain is gone.

    Attributes
    ----------
    level
        ``machine``, or the level of the domain.
    name
        Of the machine, or path of the domain; None for the machines whose domain is not known, lost together.
    machines
        The servers that are gone.
    left
        By role that this touches, or may touch, in catalogue order.
    """

    level: str
    name: str | None
    machines: tuple[str, ...]
    left: tuple[Left, ...]


@dataclass(frozen=True)
class Pairs:
    """What the loss of two servers at once does to one role.

    ``ending`` of ``pairs`` pairs end it, None where the votes are not known; ``worst`` is one that leaves least.
    """

    role: str
    pairs: int
    ending: int | None
    worst: tuple[str, str] | None
    left: Left | None


@dataclass(frozen=True)
class Drill:
    """What is left of a plan after every loss.

    ``unknown`` names, by level that the pool has, the servers whose domain it leaves blank.
    """

    roles: tuple[Standing, ...]
    losses: tuple[Loss, ...]
    pairs: tuple[Pairs, ...]
    unknown: Mapping[str, tuple[str, ...]]

    @property
    def levels(self) -> tuple[str, ...]:
        """What was drilled, the smallest first: a level that the pool does not have is not."""
        return (MACHINE, PAIR, *self.unknown)

    @property
    def replicated(self) -> tuple[str, ...]:
        """The roles that run more than once: the others end with the machine that runs them, whatever the plan."""
        return tuple(each.role for each in self.roles if each.number > 1)

    def standing(self, role: str) -> Standing:
        """Return a role as it was before."""
        return next(each for each in self.roles if each.role == role)

    def at(self, level: str) -> list[Loss]:
        """Return the losses of a level, by name and the unknown last; pairs are counted, not listed."""
        return [each for each in self.losses if each.level == level]

    def verdict(self, level: str, roles: Iterable[str] | None = None) -> Verdict:
        """Say what the worst loss of a level does to some roles; to those that run more than once when None."""
        wanted = set(self.replicated if roles is None else roles)
        if level == PAIR:
            found = {_paired(each) for each in self.pairs if each.role in wanted}
        else:
            found = {left.verdict for each in self.at(level) for left in each.left if left.role in wanted}
            if level not in self.levels:
                found = {Verdict.UNKNOWN}
        return next((each for each in (Verdict.ENDS, Verdict.UNKNOWN) if each in found), Verdict.SURVIVES)

    def survives(self, level: str, roles: Iterable[str] | None = None) -> bool:
        """Say whether it is sure that any one loss of a level leaves the roles running.

        Parameters
        ----------
        level
            ``machine``, ``pair`` (of machines), ``rack``, ``zone``, ``idc`` or ``region``.
        roles
            Those to look at; all that run more than once when None, and where none does, nothing survives.
        """
        if roles is None and not self.replicated:
            return False
        return self.verdict(level, roles) is Verdict.SURVIVES

    def worst(self, level: str, role: str) -> tuple[Loss, Left] | None:
        """Return the loss of a level that leaves least of a role, the first by name; None where none touches it."""
        touching = [(loss, left) for loss in self.at(level) for left in loss.left if left.role == role]
        return min(touching, key=lambda pair: (pair[1].votes, pair[1].copies, pair[1].votes_worst), default=None)

    def to_frame(self) -> "pd.DataFrame":
        """Return one row for each loss of a machine or domain and each role that it touches."""
        import pandas as pd

        return pd.DataFrame([self._row(loss, left) for loss in self.losses for left in loss.left])

    def _row(self, loss: Loss, left: Left) -> dict[str, object]:
        role = self.standing(left.role)
        return {
            "level": loss.level,
            "name": loss.name,
            "machines": list(loss.machines),
            "role": left.role,
            "copies": role.number,
            "copies_left": left.copies,
            "copies_worst": left.copies_worst,
            "votes": len(role.votes),
            "votes_left": left.votes,
            "votes_worst": left.votes_worst,
            "votes_needed": role.least,
            "verdict": left.verdict.value,
        }


def drill(plan: Plan) -> Drill:
    """Return what is left of each role of a plan after the loss of every machine, pair of machines and domain."""
    roles = standings(plan)
    effects = [_Effect(each) for each in roles]
    losses = [_loss(effects, MACHINE, each.name, [each], ()) for each in plan.assignments]
    unknown = {}
    for level in DOMAINS:
        if any(level in each.machine.domains for each in plan.assignments):
            domains = _domains(plan, level)
            lost = domains.pop(None, [])
            unknown[level] = tuple(each.name for each in lost)
            losses += [_loss(effects, level, name, each, lost) for name, each in domains.items()]
            losses += [_loss(effects, level, None, (), lost)] if lost else []
    return Drill(roles, tuple(losses), tuple(_pairs(each, plan) for each in effects), unknown)


class _Effect:
    """What the loss of machines does to one role, looked up by machine."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        hit: defaultdict[str, set[int]] = defaultdict(set)
        for index, vote in enumerate(standing.votes):
            for name in vote:
                hit[name].add(index)
        self.hit = {name: frozenset(votes) for name, votes in hit.items()}
        self.machines = frozenset(standing.copies) | self.hit.keys()

    def copies(self, lost: Iterable[str]) -> int:
        """Return how many copies are left when these different machines are lost."""
        return self.standing.number - sum(self.standing.copies.get(name, 0) for name in lost)

    def votes(self, lost: Iterable[str]) -> int:
        """Return how many votes are left."""
        return len(self.standing.votes) - len(frozenset().union(*(self.hit.get(name, frozenset()) for name in lost)))

    def left(self, sure: Sequence[str], may: Sequence[str]) -> Left:
        """Return what is left when some machines are lost for sure, and others may be lost with them."""
        copies, votes = self.copies(sure), self.votes(sure)
        worst = (self.copies([*sure, *may]), self.votes([*sure, *may])) if may else (copies, votes)
        return Left(self.standing.role, copies, votes, *worst, self.verdict(copies, votes, *worst))

    def verdict(self, copies: int, votes: int, copies_worst: int, votes_worst: int) -> Verdict:
        """Judge what is left; losing more never helps, so the two ends say what lies between."""
        told, least = self.standing.told, self.standing.least
        if not copies or (told and votes < least):
            return Verdict.ENDS
        # Where the votes are not known, only a loss that takes nothing is harmless.
        harmless = votes_worst >= least if told else votes_worst == len(self.standing.votes)
        return Verdict.SURVIVES if copies_worst and harmless else Verdict.UNKNOWN


def _loss(
    effects: Iterable[_Effect], level: str, name: str | None, lost: Sequence[Assignment], may: Sequence[Assignment]
) -> Loss:
    sure, perhaps = [each.name for each in lost], [each.name for each in may]
    touched = [each for each in effects if not each.machines.isdisjoint([*sure, *perhaps])]
    return Loss(level, name, tuple(sure), tuple(each.left(sure, perhaps) for each in touched))


def _domains(plan: Plan, level: str) -> dict[str | None, list[Assignment]]:
    """Return the servers of each domain, by name."""
    domains: defaultdict[str | None, list[Assignment]] = defaultdict(list)
    for each in plan.assignments:
        domains[each.machine.domains[level]].append(each)
    return dict(sorted(domains.items(), key=lambda item: item[0] or ""))


def _pairs(effect: _Effect, plan: Plan) -> Pairs:
    """Count the pairs that end a role without listing them: machines that take the same votes are alike."""
    role, total = effect.standing, plan.servers * (plan.servers - 1) // 2
    if not role.told:
        return Pairs(role.role, total, None, None, None)
    groups: defaultdict[frozenset[int], list[str]] = defaultdict(list)
    for each in plan.assignments:
        groups[effect.hit.get(each.name, frozenset())].append(each.name)
    ending, witnesses = 0, []
    for number, pair in _ending(groups, len(role.votes) - role.least + 1):
        ending += number
        witnesses.append(pair)
    if not witnesses:
        return Pairs(role.role, total, 0, None, None)
    worst = min(witnesses, key=lambda pair: (effect.votes(pair), effect.copies(pair), pair))
    return Pairs(role.role, total, ending, worst, effect.left(worst, ()))


def _ending(groups: Mapping[frozenset[int], list[str]], enough: int) -> Iterator[tuple[int, tuple[str, str]]]:
    """Return how many pairs of machines of each two groups take ``enough`` votes, with one of these pairs.

    Two groups take at most the sum of what each takes, so in descending order the first sum that is too small ends
    a row: what is looked at is about what is found.
    """
    ordered = sorted(groups.items(), key=lambda item: -len(item[0]))
    for index, (votes, names) in enumerate(ordered):
        if len(votes) >= enough and len(names) > 1:
            yield len(names) * (len(names) - 1) // 2, (names[0], names[1])
        for other in range(index + 1, len(ordered)):
            others, more = ordered[other]
            if len(votes) + len(others) < enough:
                break
            if len(votes | others) >= enough:
                first, second = sorted((names[0], more[0]))
                yield len(names) * len(more), (first, second)


def _paired(pairs: Pairs) -> Verdict:
    if pairs.ending is None:
        return Verdict.UNKNOWN
    return Verdict.ENDS if pairs.ending else Verdict.SURVIVES
