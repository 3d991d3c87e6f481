"""What each role of a plan needs to go on: its copies as votes, and how many must be left.

One arithmetic for all: a role has votes, each vote rests on some machines and is gone when one of
them is, and the role goes on while at least so many votes are left.

- Without a quorum each copy is a vote, and one is enough.
- With a quorum more than half of the votes must be left. Where its copies lie in three zones or more, each zone is
  one replica of the data and so one vote, and it counts only while all its servers run: a lost server may hold
  the only copy that its zone had of something. Otherwise each copy is a vote.
- A role that arbitrates, by the catalogue, adds one vote to an even number of votes; to an odd number it adds nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from obplace.catalogue import kind_of
from obplace.plan import Plan
from obplace.problem import MAJORITY


@dataclass(frozen=True)
class Standing:
    """A role before anything fails.

    Attributes
    ----------
    copies
        By machine, how many of them it runs.
    votes
        The machines that each vote rests on.
    least
        How many votes the role needs to go on.
    told
        Whether the votes are known: with some zones unknown and copies that may share one, they are not.
    arbiter
        The role that adds a vote to them, None where none does.
    """

    role: str
    quorum: bool
    copies: Mapping[str, int]
    votes: tuple[frozenset[str], ...]
    least: int
    told: bool
    arbiter: str | None = None

    @cached_property
    def number(self) -> int:
        """How many copies run."""
        return sum(self.copies.values())

    @property
    def zonal(self) -> bool:
        """Whether a vote may rest on several machines."""
        return any(len(vote) > 1 for vote in self.votes)


def standings(plan: Plan) -> tuple[Standing, ...]:
    """Return how each role of a plan stands while everything runs, in catalogue order."""
    copies: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for each in plan.assignments:
        for role, number in Counter(each.roles).items():
            copies[role][each.name] = number
    zones = {each.name: each.machine.domains.get("zone") for each in plan.assignments}
    roles = plan.catalogue.roles
    arbiters = {each.arbitrates: name for name, each in roles.items() if each.arbitrates and name in copies}
    return tuple(
        _standing(name, role.quorum, copies, zones, arbiters.get(kind_of(name)))
        for name, role in roles.items()
        if name in copies
    )


def _standing(
    role: str,
    quorum: bool,
    copies: Mapping[str, Mapping[str, int]],
    zones: Mapping[str, str | None],
    arbiter: str | None,
) -> Standing:
    own = copies[role]
    single = tuple(frozenset([name]) for name, number in own.items() for _ in range(number))
    if not quorum:
        return Standing(role, quorum, own, single, least=1, told=True)
    members: defaultdict[str | None, set[str]] = defaultdict(set)
    for name in own:
        members[zones[name]].add(name)
    partly = None in members and len(members) > 1
    votes = single
    # With an arbiter two zones are enough for a majority of three.
    if None not in members and len(members) >= (MAJORITY - 1 if arbiter else MAJORITY):
        votes = tuple(frozenset(names) for names in members.values())
    adds = arbiter if len(votes) % 2 == 0 else None
    if adds is not None:
        votes += (frozenset(copies[adds]),)
    # Three copies in three zones at most are the same votes whichever way they are counted.
    told = not partly or len(single) <= MAJORITY
    return Standing(role, quorum, own, votes, len(votes) // 2 + 1, told, adds)
