"""Draw where a plan lies: zones, in them racks, in them servers with their roles and how full they are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from obplace.plan import Assignment, Plan
from obplace.report.looks import GREY, INK, Letters, figure, patches, points_for, styles
from obplace.words import fills, plain, resources, runs, share, size, width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CARD: Final = 30.0  # letters that a server is wide
_NAME: Final = 26  # letters of a name on it
_BAR: Final = (9.5, 15.0)  # where a bar begins and how long it is, in letters
_LEVELS: Final = ("zone", "idc", "region")  # columns are domains of the first that is known
_LINE: Final = 0.17  # inches
_PAD: Final = 1.2  # letters around a server, and around a rack
_GAP: Final = 0.5  # lines
_POINTS: Final = 8.5
_ROOM: Final = 8  # servers on top of each other


@dataclass(frozen=True)
class _Rack:
    """Servers in one frame; ``name`` is None where no rack is known of the plan."""

    name: str | None
    servers: tuple[Assignment, ...]

    def high(self, card: float) -> float:
        """Return its height in lines."""
        return len(self.servers) * (card + _GAP) + (1.6 if self.name is not None else 0.0)


@dataclass(frozen=True)
class _Zone:
    """A column of the picture, or several beside each other: racks in the order in which they are drawn."""

    name: str | None
    columns: tuple[tuple[_Rack, ...], ...]


def plot_places(plan: Plan, ax: "Axes | None" = None) -> "Axes":
    """Draw each zone as a frame, in it each rack, in it each server: its roles, and how full its resources are.

    Parameters
    ----------
    ax
        Where to draw; a new figure, as large as the plan needs, when None.
    """
    kinds = resources(plan)
    card = len(kinds) + 2.4  # lines: name, roles, a bar for each resource
    zones = _zones(plan, card)
    columns = [column for zone in zones for column in zone.columns]
    wide = sum(len(zone.columns) * (_CARD + 2 * _PAD) + 2 * _PAD for zone in zones)
    high = max(sum(rack.high(card) + _GAP for rack in column) for column in columns) + 3
    if ax is None:
        ax = figure(max(4.0, wide * _POINTS * 0.6 / 72 + 0.3), _LINE * (high + 4))
    ax.set_axis_off()
    ax.set_xlim(0, wide)
    ax.set_ylim(high, 0)
    points = points_for(ax, 1, 1, _POINTS)
    looks = styles(plan)
    letters = Letters([plain(each.name) for each in plan.assignments] + [plain(zone.name or "") for zone in zones])
    drawing = _Drawing(ax, plan, letters, points, looks, card)
    left = _PAD
    for zone in zones:
        inner = len(zone.columns) * (_CARD + 2 * _PAD)
        if zone.name is not None:
            drawing.frame(left - _PAD / 2, 0.2, inner + _PAD, high - 0.4, zone.name, bold=True)
        for column in zone.columns:
            top = 2.0
            for rack in column:
                drawing.rack(left, top, rack)
                top += rack.high(card) + _GAP
            left += _CARD + 2 * _PAD
        left += 2 * _PAD
    letters.entitle(ax, size(plan), points * 1.15)
    seen = [role for role in looks if any(any(each.used_by.get(role, {}).values()) for each in plan.assignments)]
    per_line = max(1, int(wide // (max(width(role) for role in seen) + 6))) if seen else 1
    letters.legend(ax, patches(seen, looks), points, lines=0, ncols=min(6, per_line))
    return ax


def _zones(plan: Plan, card: float) -> list[_Zone]:
    level = next((name for name in _LEVELS if any(each.machine.domains.get(name) for each in plan.assignments)), None)
    racked = any(each.machine.domains.get("rack") for each in plan.assignments)
    groups: dict[str | None, list[Assignment]] = {}
    for each in plan.assignments:
        groups.setdefault(each.machine.domains.get(level or ""), []).append(each)
    order = sorted(groups, key=lambda name: (name is None, name or ""))
    # With one or few zones a column each would be a tower: they get more columns, so that no more than so many are
    # on top of each other.
    most = max(_ROOM * card, plan.servers * card / 5)
    return [
        _Zone(_titled(level, name, groups[name]), tuple(_packed(_racks(groups[name], racked, most, card), most, card)))
        for name in order
    ]


def _titled(level: str | None, name: str | None, servers: Iterable[Assignment]) -> str | None:
    """Return what stands above a column: the domain, and for a zone where it lies, if that is one place."""
    if level is None:
        return None
    homes = {each.machine.domains.get("idc") for each in servers} if level == "zone" else set()
    own = "unknown" if name is None else plain(name if level == "zone" else name.rpartition("/")[2])
    home = homes.pop() if len(homes) == 1 else None
    return f"{level} {own}" + (f", idc {plain(home.rpartition('/')[2])}" if home else "")


def _racks(servers: Sequence[Assignment], racked: bool, most: float, card: float) -> list[_Rack]:
    """Return the racks of a zone; one that is too high for a column goes on in another frame."""
    each_of = max(1, int((most - 1.6) // (card + _GAP)))
    if not racked:
        return [_Rack(None, (each,)) for each in servers]
    found: dict[str | None, list[Assignment]] = {}
    for each in servers:
        found.setdefault(each.machine.domains.get("rack"), []).append(each)
    # Racks of several data centres may have one name: then the data centre stands before it.
    parts = 2 if len({each.machine.domains.get("idc") for each in servers}) > 1 else 1
    racks = []
    for name in sorted(found, key=lambda name: (name is None, name or "")):
        title = "rack unknown" if name is None else f"rack {plain('/'.join(name.split('/')[-parts:]))}"
        for first in range(0, len(found[name]), each_of):
            racks.append(_Rack(title if not first else f"{title}, more", tuple(found[name][first : first + each_of])))
    return racks


def _packed(racks: Sequence[_Rack], most: float, card: float) -> list[tuple[_Rack, ...]]:
    """Fill columns one after the other."""
    columns: list[list[_Rack]] = [[]]
    for rack in racks:
        used = sum(each.high(card) + _GAP for each in columns[-1])
        if columns[-1] and used + rack.high(card) > most:
            columns.append([])
        columns[-1].append(rack)
    return [tuple(column) for column in columns]


@dataclass(frozen=True)
class _Drawing:
    """The axes, in units of a letter and a line, and what all that is drawn has in common."""

    ax: "Axes"
    plan: Plan
    letters: Letters
    points: float
    looks: Mapping[str, Mapping[str, Any]]
    card: float

    def text(self, x: float, y: float, words: str, scale: float = 1.0, **look: Any) -> None:
        self.letters.write(self.ax, x, y, words, self.points * scale, **look)

    def box(self, x: float, y: float, wide: float, high: float, **look: Any) -> None:
        from matplotlib.patches import Rectangle

        self.ax.add_patch(Rectangle((x, y), wide, high, **look))

    def frame(self, x: float, y: float, wide: float, high: float, name: str, *, bold: bool = False) -> None:
        """Draw a frame with its name inside, at the top."""
        self.box(x, y, wide, high, fill=False, edgecolor=INK if bold else GREY, linewidth=1.2 if bold else 0.7)
        weight = "bold" if bold else "normal"
        self.text(x + 0.8, y + 0.8, self.letters.short(name, int(wide - 2)), fontweight=weight)

    def rack(self, left: float, top: float, rack: _Rack) -> None:
        """Draw a rack with its servers."""
        if rack.name is not None:
            self.frame(left, top, _CARD + _PAD * 1.4, rack.high(self.card) - 0.1, rack.name)
            top += 1.5
        for each in rack.servers:
            self.server(left + _PAD * 0.7, top, each)
            top += self.card + _GAP

    def server(self, left: float, top: float, each: Assignment) -> None:
        """Draw a server: its name, its roles, and a bar for each resource, filled by its roles."""
        self.box(left, top, _CARD, self.card, facecolor=GREY, alpha=0.1, linewidth=0)
        self.box(left, top, _CARD, self.card, fill=False, edgecolor=INK, linewidth=0.5)
        self.text(left + 0.6, top + 0.7, self.letters.short(each.name, _NAME), fontweight="bold")
        line = runs(each)
        self.text(left + 0.6, top + 1.6, line if width(line) <= _CARD - 2 else f"{len(each.roles)} roles", 0.9)
        start, long = left + _BAR[0], _BAR[1]
        for number, fill in enumerate(fills(self.plan, each)):
            y = top + 2.55 + number
            self.text(left + 0.6, y, self.letters.short(fill.resource, 11), 0.8)
            capacity = each.machine.capacity.get(fill.resource)
            style = {"linestyle": (0, (3, 3))} if capacity is None else {}
            at = start
            for role, taken in each.used_by.items():
                part = 0.0 if capacity is None else share(taken.get(fill.resource, 0), capacity)
                length = min(part * long, start + long * 1.03 - at)  # a tolerance may take more than there is
                if length > 0:
                    self.box(at, y - 0.32, length, 0.64, **self.looks[role])
                    at += length
            self.box(start, y - 0.32, long, 0.64, fill=False, edgecolor=GREY, linewidth=0.7, **style)
            self.text(start + long + 0.7, y, "unknown" if fill.share is None else f"{fill.share:.0%}", 0.8)
