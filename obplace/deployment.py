"""What is asked, in the user's own words: the flags of the command, the keywords of Python, the keys of a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What to place and by which rules; everything unsaid is the catalogue's.

    Quantities, shares and ranges are text (``"512GB"``, ``"20%"``, ``"3..5"``); `pose` reads them against the
    catalogue and the pool. A role of one of several clusters is ``ROLE@CLUSTER``.

    Attributes
    ----------
    level
        One of the catalogue's levels; the first when not given.
    preset
        A preset of the catalogue: words that hold where nothing else is said.
    topology
        Topologies by name, ``NAME`` or ``NAME:N`` with N servers per zone, or such as ``2-2-2``.
    roles
        Copies by role: a number, or a range ``"3..5"``, ``"3.."``, ``"..5"``; 0 leaves a role out.
    extra
        Optional roles to add at the catalogue's count.
    total
        ``"ROLE+ROLE"`` to number or range: copies of these roles together.
    ratio
        ``"ROLE:OTHER"`` to ``"A/B"``: at least A copies of ROLE for every B of OTHER.
    either
        ``"ROLE:ROLE"``: exactly one of these roles runs.
    minimize
        ``servers``, ``cost`` and ``alike`` in the order that matters; empty is servers, then cost.
    zones
        ``"R"`` or ``"RxN"`` by role: it runs in R zones, N copies in each; where the pool's zone is blank the plan
        gives one.
    layout
        ``"2-2-1"`` by ``"ROLE.LEVEL"``: how many of its zones lie in each domain of the level, in any order.
    survive
        Level by role: whichever domain of it is lost, the majority is left.
    spread
        ``"LEVEL"`` or ``"LEVEL:D"`` by role: it runs in exactly D domains of that level.
    limit, across
        Number by ``"ROLE.LEVEL"``: the most copies in a domain; the least domains.
    apart
        ``"ROLE:ROLE"`` never share a machine, ``"ROLE:ROLE:LEVEL"`` never a domain.
    together
        ``"ROLE:OTHER"``: each server that runs ROLE runs OTHER too.
    every
        ``"AGENT:ROLE"`` or ``"AGENT:any"``: each server that runs ROLE runs AGENT, as many as that takes.
    share, included
        ``"GUEST:HOST"`` may share a server: their needs add up; the host's minimum already holds the guest's.
    where
        ``"VALUE|VALUE"`` or ``"!VALUE"`` by ``"ROLE.COLUMN"`` (arch, os, tags): the machines on which it runs.
    same
        ``"all"``, a level or ``"any"`` by ``"ROLE.COLUMN"`` (arch, os): its machines there agree.
    alike
        Quantity, share or ``"any"`` by ``"ROLE.RESOURCE"``: how far its machines may differ.
    minimum
        ``"ROLE.RESOURCE"`` to quantity: replaces the catalogue's minimum.
    size
        Amounts to size roles by (hosts, links, users, connections): whole numbers.
    observers_for, growth
        Volume of data that the OBServers of a zone hold together, and by which share it grows.
    disks
        ``"same"`` or ``"separate"``: keep a disk budget for OBServers, with data and log on one disk or two.
    budget
        The most that all servers may cost, in the pool's currency.
    horizon
        Months over which running costs count, where something can be bought.
    pin
        Machine names by role: it runs there.
    ban
        Machines that run nothing.
    spare
        Machines by role that may fail while the counts still hold.
    headroom
        Share of every summed capacity that stays free.
    tolerance
        Share by resource by which a machine may fall short of a need.
    grant
        ``"MACHINE.RESOURCE"`` to quantity: the machine counts as having that much, a near miss that is accepted or an
        upgrade that is bought.
    waive
        Resources that are not checked, or ``ports``.
    reuse
        Machines that run something now may be used as if they were free.
    repairs
        Weight by kind of repair (near, spread, level, counts): what one step of that kind counts as conceded.
    clusters
        By name: words of one of several OceanBase clusters, without the role in their keys; with ``count`` those of
        so many clusters, NAME_1 and on.
    places
        Where a word stands in a file, such as 'deployment.toml line 7', by its key ``field`` or ``field.key``; what
        came from elsewhere has no place.
    """

    level: str | None = None
    preset: str | None = None
    topology: tuple[str, ...] = ()
    roles: Mapping[str, int | str] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    total: Mapping[str, int | str] = field(default_factory=dict)
    ratio: Mapping[str, str] = field(default_factory=dict)
    either: tuple[str, ...] = ()
    minimize: tuple[str, ...] = ()
    zones: Mapping[str, int | str] = field(default_factory=dict)
    layout: Mapping[str, str] = field(default_factory=dict)
    survive: Mapping[str, str] = field(default_factory=dict)
    spread: Mapping[str, str] = field(default_factory=dict)
    limit: Mapping[str, int] = field(default_factory=dict)
    across: Mapping[str, int] = field(default_factory=dict)
    apart: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    every: tuple[str, ...] = ()
    share: tuple[str, ...] = ()
    included: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)
    alike: Mapping[str, str] = field(default_factory=dict)
    minimum: Mapping[str, str] = field(default_factory=dict)
    size: Mapping[str, int] = field(default_factory=dict)
    observers_for: str | None = None
    growth: str | None = None
    disks: str | None = None
    budget: str | None = None
    horizon: int | None = None
    pin: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ban: tuple[str, ...] = ()
    spare: Mapping[str, int] = field(default_factory=dict)
    headroom: str | None = None
    tolerance: Mapping[str, str] = field(default_factory=dict)
    grant: Mapping[str, str] = field(default_factory=dict)
    waive: tuple[str, ...] = ()
    reuse: bool = False
    repairs: Mapping[str, int] = field(default_factory=dict)
    clusters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict, compare=False)

    def over(self, base: "Deployment") -> "Deployment":
        """Return what both ask: words of this one replace those of ``base``, lists of names add up."""
        merged: dict[str, Any] = {}
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(base, each.name)
            match mine:
                case Mapping():
                    merged[each.name] = {**theirs, **mine}
                case tuple() if each.name != "minimize":
                    merged[each.name] = (*theirs, *(word for word in mine if word not in theirs))
                case _:
                    merged[each.name] = mine or theirs
        own = {
            f"{name}.{key}"
            for name in self.said()
            if isinstance(getattr(self, name), Mapping)
            for key in getattr(self, name)
        }
        own |= {each.name for each in fields(self) if getattr(self, each.name)}
        merged["places"] = {key: place for key, place in base.places.items() if key not in own}
        return Deployment(**merged)

    def said(self) -> dict[str, Any]:
        """Return what differs from the defaults, as plain lists and mappings: it makes an equal Deployment."""
        blank = Deployment()
        answer = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.compare and value != getattr(blank, each.name):
                answer[each.name] = _plain(value)
        return answer


def _plain(value: Any) -> Any:
    match value:
        case Mapping():
            return {key: _plain(value[key]) for key in sorted(value)}
        case tuple():
            return list(value)
        case _:
            return value
