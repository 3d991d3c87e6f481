"""Draw a drill: what each loss leaves of each role, as a matrix."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from obplace.drill import TWO, Drill, Left, Pairs, Verdict
from obplace.drilled import summary
from obplace.report.looks import GREY, INK, Letters, figure, points_for, short
from obplace.words import plain, width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Light where nothing ends, dark and hatched where something does; each cell says in letters what is left.
_EDGE: Final[dict[str, Any]] = {"edgecolor": GREY, "linewidth": 0.6}
_LOOKS: Final[dict[Verdict, dict[str, Any]]] = {
    Verdict.SURVIVES: {"facecolor": "#BFE3F5", "hatch": "", **_EDGE},
    Verdict.UNKNOWN: {"facecolor": "#F0E442", "hatch": "....", **_EDGE},
    Verdict.ENDS: {"facecolor": "#E8884A", "hatch": "////", **_EDGE},
}
_BARE: Final[dict[str, Any]] = {"facecolor": "none", **_EDGE}
_MARKS: Final = {Verdict.SURVIVES: "", Verdict.UNKNOWN: "? ", Verdict.ENDS: "× "}
_MEANING: Final = {Verdict.SURVIVES: "goes on", Verdict.UNKNOWN: "? not known", Verdict.ENDS: "× ends"}
_LONGEST: Final = 44  # letters of what is lost
_ROW: Final = 0.3  # inches
_GAP: Final = 0.35  # rows between the losses of two levels
_POINTS: Final = 9.0


@dataclass(frozen=True)
class _Row:
    """What is lost, and by role the verdict and what is left; None where the role is not touched."""

    lost: str
    cells: tuple[tuple[Verdict, str] | None, ...]


def plot_drill(drill: Drill, ax: "Axes | None" = None) -> "Axes":
    """Draw one row for each loss, losses that leave the same in one, and one column for each role.

    Parameters
    ----------
    ax
        Where to draw; a new figure, as large as the drill needs, when None.
    """
    from matplotlib.patches import Patch, Rectangle

    letters = Letters([*(each.role for each in drill.roles), *(each.name or "" for each in drill.losses)])
    groups = [(level, _rows(drill, level, letters)) for level in drill.levels]
    roles = [letters.short(each.role, 20) for each in drill.roles]
    names = [row.lost for _, rows in groups for row in rows]
    # In units of a letter: the level, what is lost, then a column for each role; in rows: the losses of a level.
    heads = [_heading(level) for level, _ in groups]
    left = max(map(width, heads)) + max(map(width, names)) + 4
    cells = [cell[1] for _, rows in groups for row in rows for cell in row.cells if cell]
    wide = max([width(text) for text in (*roles, *cells)]) + 4
    high = sum(len(rows) + _GAP for _, rows in groups) + 1
    if ax is None:
        ax = figure(max(5.0, (left + wide * len(roles)) * _POINTS * 0.6 / 72 + 0.4), _ROW * (high + 3))
    ax.set_axis_off()
    ax.set_xlim(-left, wide * len(roles) + 1)
    ax.set_ylim(high, 0)
    points = points_for(ax, 1, 1, _POINTS)
    letters.entitle(ax, _folded(f"What the plan survives: {summary(drill)}", left + wide * len(roles)), points)
    for column, role in enumerate(roles):
        letters.write(ax, (column + 0.5) * wide, 0.5, role, points, ha="center", fontweight="bold")
    row = 1.0
    for head, (_, rows) in zip(heads, groups, strict=True):
        letters.write(ax, -left, row + 0.5, head, points, fontweight="bold")
        for line in rows:
            letters.write(ax, -1, row + 0.5, line.lost, points, ha="right")
            for column, cell in enumerate(line.cells):
                look = _BARE if cell is None else _LOOKS[cell[0]]
                ax.add_patch(Rectangle((column * wide + 0.2, row + 0.06), wide - 0.4, 0.88, **look))
                text = "all" if cell is None else f"{_MARKS[cell[0]]}{cell[1]}"
                _label(letters, ax, (column + 0.5) * wide, row + 0.5, text, points, bare=cell is None)
            row += 1
        row += _GAP
    shown = {cell[0] for _, rows in groups for line in rows for cell in line.cells if cell}
    handles = [Patch(label=_MEANING[each], **_LOOKS[each]) for each in _LOOKS if each in shown]
    handles.append(Patch(label="not touched", **_BARE))
    letters.legend(ax, handles, points, lines=0, ncols=4)
    return ax


def _label(letters: Letters, ax: "Axes", x: float, y: float, text: str, points: float, *, bare: bool) -> None:
    """Write in a cell, on a ground that a hatch does not disturb."""
    drawn = letters.write(ax, x, y, text, points, ha="center", color=GREY if bare else INK)
    if text.startswith(("×", "?")):
        drawn.set_bbox({"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1})


def _heading(level: str) -> str:
    return f"any two {level.removeprefix(TWO)}s" if level.startswith(TWO) else f"one {level}"


def _folded(text: str, most: float) -> str:
    """Return a text in lines of so many letters."""
    return "\n".join(textwrap.wrap(plain(text), max(30, int(most))))


def _rows(drill: Drill, level: str, letters: Letters) -> list[_Row]:
    """Return the losses of a level, those that leave the same in one row, the gravest first."""
    if level.startswith(TWO):
        pairs = {each.role: each for each in drill.pairs if f"{TWO}{each.level}" == level}
        total = next(each.pairs for each in pairs.values())
        return [
            _Row(
                f"{total:,} pair{'' if total == 1 else 's'}",
                tuple(_pairs(pairs.get(each.role)) for each in drill.roles),
            )
        ]
    alike: dict[tuple[tuple[Verdict, str] | None, ...], list[str]] = {}
    for loss in drill.at(level):
        left = {each.role: each for each in loss.left}
        cells = tuple(_cell(drill, left.get(each.role)) for each in drill.roles)
        alike.setdefault(cells, []).append("unknown" if loss.name is None else letters.known(plain(loss.name)))
    order = list(_LOOKS)[::-1]
    gravity = {cells: min(order.index(cell[0]) for cell in cells if cell) for cells in alike if any(cells)}
    rows = sorted(alike.items(), key=lambda item: (gravity.get(item[0], len(order)), item[1]))
    return [_Row(_some(names), cells) for cells, names in rows]


def _cell(drill: Drill, left: Left | None) -> tuple[Verdict, str] | None:
    if left is None:
        return None
    number = drill.standing(left.role).number
    low, high = left.copies_worst, left.copies
    return left.verdict, f"{high if low == high else f'{low} to {high}'} of {number}"


def _pairs(pairs: Pairs | None) -> tuple[Verdict, str] | None:
    if pairs is None:
        return None
    if pairs.ending is None:
        return pairs.verdict, "votes unknown"
    if pairs.ending:
        return pairs.verdict, f"{pairs.ending:,} end it"
    return pairs.verdict, f"{pairs.unsure:,} may end it" if pairs.unsure else "none ends it"


def _some(names: list[str]) -> str:
    """Return as many names as there is room for, and how many more there are."""
    shown = list(_fitting(names)) or [short(names[0], _LONGEST - 12)]
    rest = len(names) - len(shown)
    return f"{', '.join(shown)} and {rest:,} more" if rest else ", ".join(shown)


def _fitting(names: list[str]) -> Iterator[str]:
    room = _LONGEST - 12 if len(", ".join(names)) > _LONGEST else _LONGEST
    for name in names:
        room -= width(name) + 2
        if room < 0:
            return
        yield name
