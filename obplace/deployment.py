"""What is asked, in the user's own words: the flags of the command, the keywords of Python, the keys of a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What to place and by which rules; everything unsaid is the catalogue's.

    Quantities and shares are text with their unit (``"512GB"``, ``"20%"``); `Problem` reads them against the
    catalogue and the pool.

    Attributes
    ----------
    level
        One of the catalogue's levels; the first when not given.
    preset
        A preset of the catalogue: its counts override the roles' own.
    roles
        Copies by role; they override the catalogue and the preset. 0 leaves a role out.
    extra
        Optional roles to add at the catalogue's count.
    minimize
        ``("servers",)``, ``("cost",)`` or both in the order that matters; empty is servers, then cost.
    spread
        ``"LEVEL"`` or ``"LEVEL:D"`` by role: it runs in exactly D domains of that level.
    included
        ``"GUEST:HOST"``: the host's minimum already holds the guest's.
    minimum
        ``"ROLE.RESOURCE"`` to quantity: replaces the catalogue's minimum.
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
    waive
        Resources that are not checked.
    reuse
        Machines that run something now may be used as if they were free.
    places
        Where a word stands in a file, such as 'deployment.toml line 7', by its key ``field`` or ``field.key``; what
        came from elsewhere has no place.
    """

    level: str | None = None
    preset: str | None = None
    roles: Mapping[str, int] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    minimize: tuple[str, ...] = ()
    spread: Mapping[str, str] = field(default_factory=dict)
    included: tuple[str, ...] = ()
    minimum: Mapping[str, str] = field(default_factory=dict)
    pin: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ban: tuple[str, ...] = ()
    spare: Mapping[str, int] = field(default_factory=dict)
    headroom: str | None = None
    tolerance: Mapping[str, str] = field(default_factory=dict)
    waive: tuple[str, ...] = ()
    reuse: bool = False
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
