"""Draw what is required of each server against what it has, and which resource is the tight one."""

from typing import TYPE_CHECKING, Any, Final

from obplace.plan import Plan
from obplace.report.looks import COLOURS, GREY, INK, Letters, figure, inches
from obplace.words import Fill, fills, plain, resources, size

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKS: Final = ("o", "s", "^", "D", "v", "P", "X")  # a shape for each resource; the colour only helps
_INKS: Final = (COLOURS[6], COLOURS[5], COLOURS[2])
_LONGEST: Final = 30  # letters of a name
_ROW: Final = 0.34  # inches
_WIDE: Final = 8.5
_POINTS: Final = 9.0


def plot_capacity(plan: Plan, ax: "Axes | None" = None) -> "Axes":
    """Draw one row a server: the share of each resource that its roles require, and in numbers the largest.

    Parameters
    ----------
    ax
        Where to draw; a new figure, as high as the plan needs, when None.
    """
    from matplotlib.lines import Line2D
    from matplotlib.ticker import PercentFormatter

    if ax is None:
        ax = figure(_WIDE, _ROW * (plan.servers + 4))
    rows = [fills(plan, each) for each in plan.assignments]
    tight = [_tightest(row) for row in rows]
    kinds = resources(plan)
    aside = {name: (number - (len(kinds) - 1) / 2) * 0.27 for number, name in enumerate(kinds)}  # none hides another
    letters = Letters([*(each.name for each in plan.assignments), *tight, *kinds])
    names = [letters.short(each.name, _LONGEST) for each in plan.assignments]
    wide, high = inches(ax)
    points = min(_POINTS, high / (plan.servers + 1) * 72 / 1.35, wide * 72 / 0.6 / 110)
    looks = {name: _look(number, points) for number, name in enumerate(kinds)}
    beyond = max([1.0, *(fill.share for row in rows for fill in row if fill.share is not None)])
    ax.set_xlim(0, max(1.02, beyond * 1.02))
    ax.set_ylim(plan.servers - 0.4, -0.6)
    for row, each in enumerate(rows):
        shares = [fill.share for fill in each if fill.share is not None]
        if shares:
            ax.plot([0, max(shares)], [row, row], color=GREY, lw=0.8, alpha=0.6, zorder=1)
        for fill in each:
            if fill.share is not None:
                ax.plot(fill.share, row + aside[fill.resource], clip_on=False, **looks[fill.resource])
    ax.axvline(1, color=INK, lw=1)
    # Names and numbers stand outside the frame, where no mark comes.
    for row, (name, text) in enumerate(zip(names, tight, strict=True)):
        for x, ha, words in ((-0.02, "right", name), (1.02, "left", text)):
            letters.write(ax, x, row, words, points * 0.95, ha=ha, transform=ax.get_yaxis_transform())
    ax.set_yticks([])
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.tick_params(axis="x", labelsize=points * 0.9)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.grid(axis="x", color=GREY, alpha=0.3, lw=0.5)
    letters.measure(ax.xaxis, "required, as a share of the capacity", points)
    letters.entitle(ax, f"{size(plan)}: what is required of each server", points * 1.15)
    handles = [Line2D([], [], label=name, **looks[name]) for name in kinds]
    letters.legend(ax, handles, points, lines=3.6, ncols=min(6, len(kinds)))
    return ax


def _look(number: int, points: float) -> dict[str, Any]:
    """Return the mark of a resource, hollow so that a grey print shows its shape."""
    shape, colour = _MARKS[number % len(_MARKS)], _INKS[number % len(_INKS)]
    return {"marker": shape, "color": colour, "ls": "", "mfc": "white", "ms": points * 0.65, "mew": points * 0.14}


def _tightest(row: list[Fill]) -> str:
    """Return in numbers the resource of which least is left, and what is not known."""
    known = [fill for fill in row if fill.share is not None]
    parts = []
    if known:
        most = max(known, key=lambda fill: fill.share or 0)
        parts.append(f"{plain(most.resource)} {most.text}")
    unknown = [plain(fill.resource) for fill in row if fill.share is None]
    return "; ".join([*parts, *([f"{', '.join(unknown)} unknown"] if unknown else [])])
