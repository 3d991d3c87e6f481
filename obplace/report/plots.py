"""Draw a plan: how full each server is, and with what."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from obplace.plan import Assignment, Plan
from obplace.report.looks import GREY, TALLEST, Letters, short
from obplace.report.looks import styles as role_styles
from obplace.words import Fill, fills, plain, resources, runs, share, size, width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STEP: Final = 1.95  # from one frame to the next: a frame is 1 wide, the rest holds its numbers
_HIGH: Final = 0.64  # of a bar; rows are 1 apart
_UNIT: Final = 0.075  # width of a letter; a frame is as wide as 13 of them
_ROW: Final = 0.3  # inches
_LONGEST: Final = 36  # characters of a name


def plot_plan(plan: Plan, ax: "Axes | None" = None) -> "Axes":
    """Draw one row a server: for each resource that adds up a frame, the capacity, filled by the roles.

    Parameters
    ----------
    ax
        Where to draw; a new figure, as high as the plan needs, when None.
    """
    if ax is None:
        ax = _figure(plan)
    names = resources(plan)
    styles = role_styles(plan)
    machines = [short(plain(each.name), _LONGEST) for each in plan.assignments]
    running = [_running(each) for each in plan.assignments]
    letters = Letters([*machines, *running, plan.currency or ""])
    ends = len(names) * _STEP
    ax.set_axis_off()
    ax.set_xlim(-0.1 - _UNIT * _widest(machines), ends + _UNIT * max(_widest(running), 4))
    ax.set_ylim(plan.servers + 0.4, -1.1)
    points = _font_size(ax)

    def text(x: float, y: float, words: str, scale: float = 1.0, **look: Any) -> None:
        drawn = ax.text(x, y, letters.known(words), fontsize=points * scale, va="center", parse_math=False, **look)
        drawn.set_fontfamily(letters.families)

    for column, name in enumerate(names):
        text(column * _STEP, -0.8, plain(name), fontweight="bold")
    text(ends, -0.8, "runs", fontweight="bold")
    for row, each in enumerate(plan.assignments):
        text(-0.1, row, machines[row], ha="right")
        text(ends, row, running[row])
        for column, fill in enumerate(fills(plan, each)):
            _draw_bar(ax, column * _STEP, row, each, fill, styles)
            text(column * _STEP + 1.07, row, fill.text, scale=0.85, alpha=0.85)
    title = ax.set_title(letters.known(size(plan)), loc="left", parse_math=False, fontsize=1.2 * _by_width(ax))
    title.set_fontfamily(letters.families)
    _legend(ax, plan, styles, letters)
    return ax


def _figure(plan: Plan) -> "Axes":
    import matplotlib.pyplot as plt

    high = min(0.6 + _ROW * (plan.servers + 1.5), TALLEST)
    _, ax = plt.subplots(figsize=(2.4 + 2.6 * len(resources(plan)), high), layout="constrained")
    return ax


def _widest(texts: Iterable[str]) -> int:
    return max(map(width, texts), default=0)


def _font_size(ax: "Axes") -> float:
    """Return points at which neither rows nor columns run into each other, whatever the size of the axes."""
    high = abs(ax.get_ylim()[1] - ax.get_ylim()[0])
    row = ax.get_window_extent().height / high * 72 / ax.figure.dpi
    return float(min(0.62 * row, _by_width(ax)))


def _by_width(ax: "Axes") -> float:
    left, right = ax.get_xlim()
    frame = ax.get_window_extent().width / (right - left) * 72 / ax.figure.dpi
    return float(min(9.0, frame * _UNIT / 0.6))  # a letter is 0.6 as wide as its size


def _draw_bar(
    ax: "Axes", left: float, row: int, assignment: Assignment, fill: Fill, styles: Mapping[str, Mapping[str, Any]]
) -> None:
    """Draw a frame and in it what each role takes; a frame of unknown size is dashed and empty."""
    from matplotlib.patches import Rectangle

    def box(start: float, width: float, **look: Any) -> None:
        ax.add_patch(Rectangle((start, row - _HIGH / 2), width, _HIGH, **look))

    capacity = assignment.machine.capacity.get(fill.resource)
    if capacity is None:
        box(left, 1, fill=False, edgecolor=GREY, linestyle=(0, (3, 3)), linewidth=0.8)
        return
    box(left, 1, facecolor=GREY, alpha=0.12, linewidth=0)
    start = left
    for role, taken in assignment.used_by.items():
        # Under a tolerance more may be taken than there is; the bar then ends just beyond its frame.
        length = min(share(taken.get(fill.resource, 0), capacity), left + 1.04 - start)
        if length > 0:
            box(start, length, **styles[role])
            start += length
    box(left, 1, fill=False, edgecolor=GREY, linewidth=1)


def _legend(ax: "Axes", plan: Plan, styles: Mapping[str, Mapping[str, Any]], letters: Letters) -> None:
    """Name the roles that can be seen, and last those that run without taking anything."""
    from matplotlib.patches import Patch

    seen = {role for each in plan.assignments for role, taken in each.used_by.items() if any(taken.values())}
    handles = [Patch(label=letters.known(plain(role)), **look) for role, look in styles.items() if role in seen]
    unseen = ", ".join(plain(role) for role in styles if plan.copies[role] and role not in seen)
    if unseen:
        handles.append(Patch(fill=False, edgecolor=GREY, label=letters.known(f"{unseen} (included)")))
    legend = ax.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0, plan.servers - 0.4),  # below the last row
        bbox_transform=ax.transData,
        ncols=6,
        frameon=False,
        fontsize=_by_width(ax),
        borderaxespad=0,
        borderpad=0,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
        text.set_fontfamily(letters.families)


def _running(assignment: Assignment) -> str:
    """Return the roles of a machine, or their number where the line would be too long; the bars tell the rest."""
    line = runs(assignment)
    return line if len(line) <= _LONGEST else f"{len(assignment.roles)} roles"
