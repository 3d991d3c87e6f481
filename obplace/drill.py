"""Kill every machine and failure domain of a plan, one alone and any two, and say what is left of each role.

A machine whose domain is not known may stand in any of the domains, or with all such machines in one of its own:
what would end a role in one of these cases is unknown, never safe. It cannot stand in a domain that lies elsewhere,
for a rack or a zone lies in one IDC, and an IDC in one region.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from obplace.plan import Assignment, Plan
from obplace.votes import Standing, standings

if TYPE_CHECKING:
    import pandas as pd

MACHINE = "machine"
DOMAINS = ("rack", "zone", "idc", "region")  # the smallest first
OUTER = {"rack": ("idc", "region"), "zone": ("idc", "region"), "idc": ("region",), "region": ()}
TWO = "2 "
TWICE = (MACHINE, "zone", "idc", "region")  # the levels of which also any two are lost at once


class Verdict(StrEnum):
    """What a loss does: everything goes on, something ends, or it depends on what is not known."""

    SURVIVES = "survives"
    ENDS = "ends"
    UNKNOWN = "unknown"


def two(level: str) -> str:
    """Return the name of the loss of any two machines or domains of a level."""
    return f"{TWO}{level}"


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
    """What the loss of two machines or domains at once does to one role.

    Attributes
    ----------
    level
        Of the machines or domains; those whose domain is not known are one domain more.
    pairs, ending
        How many pairs there are, and how many end the role; None where its votes are not known.
    unsure
        How many more end it if machines whose domain is not known lie there.
    worst, left
        One of the pairs that leave least among those that end it, None for the unknown domain, and what it leaves.
    """

    level: str
    role: str
    pairs: int
    ending: int | None
    unsure: int
    worst: tuple[str | None, str | None] | None
    left: Left | None

    @property
    def verdict(self) -> Verdict:
        """What the worst pair does."""
        if self.ending is None:
            return Verdict.UNKNOWN
        return Verdict.ENDS if self.ending else Verdict.UNKNOWN if self.unsure else Verdict.SURVIVES


@dataclass(frozen=True)
class Drill:
    """What is left of a plan after every loss.

    ``unknown`` names, by level that is known of some server, those whose domain is not.
    """

    roles: tuple[Standing, ...]
    losses: tuple[Loss, ...]
    pairs: tuple[Pairs, ...]
    unknown: Mapping[str, tuple[str, ...]]

    @property
    def levels(self) -> tuple[str, ...]:
        """What was drilled, the smallest first: not a level of which nothing is known, nor two where there is one."""
        paired = {each.level for each in self.pairs}
        ones = (MACHINE, *self.unknown)
        return tuple(name for level in ones for name in (level, *((two(level),) if level in paired else ())))

    @property
    def replicated(self) -> tuple[str, ...]:
        """The roles that run more than once: the others end with the machine that runs them, whatever the plan."""
        return tuple(each.role for each in self.roles if each.number > 1)

    def standing(self, role: str) -> Standing:
        """Return a role as it was before."""
        return next(each for each in self.roles if each.role == role)

    def at(self, level: str) -> list[Loss]:
        """Return the losses of a level, by name and the unknown last; those of two are counted, not listed."""
        return [each for each in self.losses if each.level == level]

    def verdict(self, level: str, roles: Iterable[str] | None = None) -> Verdict:
        """Say what the worst loss of a level does to some roles; to those that run more than once when None."""
        wanted = set(self.replicated if roles is None else roles)
        if level not in self.levels:
            found = {Verdict.UNKNOWN}
        elif level.startswith(TWO):
            found = {each.verdict for each in self.pairs if two(each.level) == level and each.role in wanted}
        else:
            found = {left.verdict for each in self.at(level) for left in each.left if left.role in wanted}
        return next((each for each in (Verdict.ENDS, Verdict.UNKNOWN) if each in found), Verdict.SURVIVES)

    def survives(self, level: str, roles: Iterable[str] | None = None) -> bool:
        """Say whether it is sure that any loss of a level leaves the roles running.

        Parameters
        ----------
        level
            ``machine``, ``rack``, ``zone``, ``idc`` or ``region``, or two of them as in ``2 machine`` and ``2 idc``.
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
    """Return what is left of each role of a plan after the loss of every machine and domain, and of any two."""
    roles = standings(plan)
    effects = [_Effect(each) for each in roles]
    losses = [_loss(effects, MACHINE, each.name, [each.name], ()) for each in plan.assignments]
    pairs = _pairs(effects, MACHINE, {each.name: ([each.name], []) for each in plan.assignments})
    unknown = {}
    for level in DOMAINS:
        if domains := _domains(plan, level):
            unknown[level] = tuple(domains[None][1]) if None in domains else ()
            losses += [_loss(effects, level, name, *lost) for name, lost in domains.items()]
            pairs += _pairs(effects, level, domains) if level in TWICE and len(domains) > 1 else []
    return Drill(roles, tuple(losses), tuple(pairs), unknown)


Lost = Mapping[str | None, tuple[list[str], list[str]]]  # by name: the servers that go for sure, and that may go


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
        return len(self.standing.votes) - len(self.taken(lost))

    def taken(self, lost: Iterable[str]) -> frozenset[int]:
        """Return the votes that go with some machines, by number."""
        return frozenset().union(*(self.hit.get(name, frozenset()) for name in lost))

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
    effects: Iterable[_Effect], level: str, name: str | None, sure: Sequence[str], perhaps: Sequence[str]
) -> Loss:
    touched = [each for each in effects if not each.machines.isdisjoint([*sure, *perhaps])]
    return Loss(level, name, tuple(sure), tuple(each.left(sure, perhaps) for each in touched))


def _domains(plan: Plan, level: str) -> Lost:
    """Return what goes with each domain, by name; last, with none for sure, those whose domain is not known.

    Nothing where no domain is known. A server that does not have the level at all lies in no domain of it.
    """
    domains: defaultdict[str, list[Assignment]] = defaultdict(list)
    names = _namesakes(plan) if level == "zone" else {}
    nowhere = []
    for each in plan.assignments:
        domain = each.machine.domains.get(level)
        if domain is not None:
            domains[names.get((domain, each.machine.domains.get("idc")), domain)].append(each)
        elif level in each.machine.domains:
            nowhere.append(each)
    found: Lost = {
        name: ([each.name for each in members], [each.name for each in nowhere if _possible(each, members, level)])
        for name, members in sorted(domains.items())
    }
    return {**found, None: ([], [each.name for each in nowhere])} if found and nowhere else found


def _namesakes(plan: Plan) -> dict[tuple[str, str | None], str]:
    """Return names for zones of one name in several IDCs: a zone lies in one, so they are zones of several clusters.

    Where one role has both, the name is taken to mean one zone.
    """
    idcs: defaultdict[str, defaultdict[str, set[str | None]]] = defaultdict(lambda: defaultdict(set))
    for each in plan.assignments:
        zone = each.machine.domains.get("zone")
        for role in each.roles if zone is not None else ():
            idcs[zone or ""][role].add(each.machine.domains.get("idc"))
    found = {}
    for zone, by_role in idcs.items():
        there = set().union(*by_role.values())
        if len(there) > 1 and None not in there and all(len(each) == 1 for each in by_role.values()):
            found.update({(zone, idc): f"{zone} in {idc}" for idc in there})
    return found


def _possible(server: Assignment, members: Iterable[Assignment], level: str) -> bool:
    """May a server whose domain is not known lie in that of these? Not where both are known to be apart."""
    for outer in OUTER[level]:
        own, theirs = server.machine.domains.get(outer), {each.machine.domains.get(outer) for each in members}
        if own is not None and own not in theirs and None not in theirs:
            return False
    return True


def _pairs(effects: Iterable[_Effect], level: str, lost: Lost) -> list[Pairs]:
    """Count for each role the pairs that end it without listing them: what takes the same votes is alike."""
    places: defaultdict[str, list[str | None]] = defaultdict(list)  # by machine: with what it is lost, or may be
    for name, (sure, may) in lost.items():
        for machine in (*sure, *may):
            places[machine].append(name)
    return [
        _paired(each, level, lost, {name for machine in each.machines for name in places.get(machine, ())})
        for each in effects
    ]


def _paired(effect: _Effect, level: str, lost: Lost, touching: Set[str | None]) -> Pairs:
    """Count the pairs for one role; only what is ``touching`` takes votes of it."""
    role, total = effect.standing, len(lost) * (len(lost) - 1) // 2
    if not role.told:
        return Pairs(level, role.role, total, None, 0, None, None)
    enough = len(role.votes) - role.least + 1
    groups: defaultdict[frozenset[int], list[str | None]] = defaultdict(list)
    wider: defaultdict[frozenset[int], list[str | None]] = defaultdict(list)
    for name, (sure, may) in lost.items():
        if name not in touching:
            groups[frozenset()].append(name)
            wider[frozenset()].append(name)
            continue
        groups[effect.taken(sure)].append(name)
        wider[effect.taken([*sure, *may])].append(name)
    found = list(_ending(groups, enough))
    ending = sum(number for number, _ in found)
    unsure = sum(number for number, _ in _ending(wider, enough)) - ending if groups != wider else 0
    if not found:
        return Pairs(level, role.role, total, ending, unsure, None, None)

    def left(pair: tuple[str | None, str | None]) -> Left:
        sure, may = ({machine for name in pair for machine in lost[name][part]} for part in (0, 1))
        return effect.left(sorted(sure), sorted(may - sure))

    def gravity(pair: tuple[str | None, str | None]) -> tuple[int, int, list[tuple[bool, str]]]:
        return left(pair).votes, left(pair).copies, [(name is None, name or "") for name in pair]

    worst = min((pair for _, pair in found), key=gravity)
    return Pairs(level, role.role, total, ending, unsure, worst, left(worst))


def _ending(
    groups: Mapping[frozenset[int], list[str | None]], enough: int
) -> Iterator[tuple[int, tuple[str | None, str | None]]]:
    """Return how many pairs of names of each two groups take ``enough`` votes, with one of these pairs.

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
                first, second = sorted((names[0], more[0]), key=lambda name: (name is None, name or ""))
                yield len(names) * len(more), (first, second)
