"""Draw what swings a plan, the widest swing on top: a tornado."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from obplace.report.looks import GREY, INK, LETTER, Letters, figure, inches
from obplace.swings import Kind, Sensitivity, Swing
from obplace.words import size, width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SAVES: Final[dict[str, Any]] = {"facecolor": "#56B4E9", "hatch": "", "edgecolor": INK, "linewidth": 0.4}
_COSTS: Final[dict[str, Any]] = {"facecolor": "#E69F00", "hatch": "////", "edgecolor": INK, "linewidth": 0.4}
_LONGEST: Final = 40  # letters of a name
_ROW: Final = 0.34  # inches
_LEAST: Final = 7.0
_MOST: Final = 11.0
_SPACE: Final = 1.6  # how much wider the picture is than its letters: the rest is for bars
_LEAST_SPACE: Final = 1.25  # the same in axes that are small, where letters have to be read too
_POINTS: Final = 9.0


@dataclass(frozen=True)
class _Bar:
    """What is changed, and the changes that do something, at most one to each side or two to one."""

    name: str
    swings: tuple[Swing, ...]

    @property
    def same_side(self) -> bool:
        """Whether two changes go to one side, so that each has half of the row."""
        return len(self.swings) > 1 and len({_amount(each) < 0 for each in self.swings}) == 1

    @property
    def span(self) -> float:
        """How wide the bar is; what leaves no plan at all is wider than any other."""
        if any(each.servers is None for each in self.swings):
            return float("inf")
        amounts = [0, *map(_amount, self.swings)]
        return max(amounts) - min(amounts)


def plot_sensitivity(found: Sensitivity, ax: "Axes | None" = None, most: int = 25) -> "Axes":
    """Draw a bar for each role, machine and rule, from what it saves to what it costs, with the change beside it.

    Parameters
    ----------
    ax
        Where to draw; a new figure, as high as the bars need, when None.
    most
        Bars; those that swing least are left out, and so is what swings nothing. The title says how many.
    """
    from matplotlib.patches import Patch

    every = sorted(_bars(found.swings), key=lambda bar: (-bar.span, bar.name))
    bars = every[:most]
    labels = {id(swing): _label(found, swing) for bar in bars for swing in bar.swings}
    letters = Letters([*(bar.name for bar in bars), *labels.values()])
    names = [letters.short(bar.name, _LONGEST) for bar in bars]
    across = _across(bars, labels, names)
    if ax is None:
        wide = _SPACE * across * _POINTS * LETTER / 72
        wide /= 0.775  # what a figure leaves for its axes before it is laid out
        ax = figure(min(max(wide, _LEAST), _MOST), _ROW * (max(1, len(bars)) + 3.5))
    ax.set_ylim(max(1, len(bars)) - 0.4, -0.6)
    by_width = inches(ax)[0] * 72 / LETTER / across / _LEAST_SPACE
    points = min(_POINTS, inches(ax)[1] / max(1, len(bars)) * 72 / 1.5, by_width)
    edge = _room(ax, bars, labels, names, points)
    letter = _letter(ax, points)
    for row, (bar, name) in enumerate(zip(bars, names, strict=True)):
        letters.write(ax, edge - letter, row, name, points, ha="right")
        for number, swing in enumerate(bar.swings):
            amount = _amount(swing)
            aside, high = ((number - 0.5) * 0.46, 0.34) if bar.same_side else (0.0, 0.62)
            ax.barh(row + aside, amount, height=high, **(_COSTS if amount > 0 else _SAVES))
            end = amount + (-1 if amount < 0 else 1) * letter * 0.8
            size_of = points * (0.75 if bar.same_side else 0.92)
            letters.write(ax, end, row + aside, labels[id(swing)], size_of, ha="right" if amount < 0 else "left")
    ax.axvline(0, color=INK, lw=0.8)
    ax.set_yticks([])
    ax.tick_params(axis="x", labelsize=points * 0.9)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.grid(axis="x", color=GREY, alpha=0.3, lw=0.5)
    ax.set_axisbelow(True)
    _scale(ax, found, edge, letters, points)
    more = f"; {len(every) - len(bars)} smaller swings are not drawn" if len(every) > len(bars) else ""
    plan = found.result.plan
    letters.entitle(ax, f"What swings {size(plan) if plan else 'nothing'}{more}", points * 1.15)
    handles = [Patch(label="saves", **_SAVES), Patch(label="costs", **_COSTS)]
    letters.legend(ax, handles, points, lines=3.6, ncols=2)
    return ax


def _bars(swings: Sequence[Swing]) -> list[_Bar]:
    found: dict[tuple[Kind, str], list[Swing]] = {}
    for each in swings:
        if each.untold is None and (each.servers is None or each.servers or each.cost):
            found.setdefault((each.kind, each.name), []).append(each)
    return [_Bar(name, tuple(each)) for (_, name), each in found.items()]


def _amount(swing: Swing) -> int:
    """Return how far a bar goes: in money where there are prices, else in servers."""
    return swing.cost if swing.cost is not None else swing.servers or 0


def _label(found: Sensitivity, swing: Swing) -> str:
    plan = found.result.plan
    if swing.servers is None or plan is None:
        return f"{swing.change}: no plan"
    servers = f"{swing.servers:+} server{'' if abs(swing.servers) == 1 else 's'}".replace("-", "−")
    if swing.cost is None:
        return f"{swing.change}: {servers}"
    amount = f"{plan.money(swing.cost):+,}".replace("-", "−")
    return f"{swing.change}: {amount}{f', {servers}' if swing.servers else ''}"


def _across(bars: Sequence[_Bar], labels: Mapping[int, str], names: Sequence[str]) -> int:
    """Return how many letters stand beside each other at most: a name, a label to the left and one to the right."""
    sides = [0, 0]
    for bar in bars:
        for swing in bar.swings:
            side = _amount(swing) < 0
            sides[side] = max(sides[side], width(labels[id(swing)]) + 2)
    return sum(sides) + max(map(width, names), default=0) + 2


def _letter(ax: "Axes", points: float) -> float:
    """Return how wide a letter is, in units of the axis."""
    left, right = ax.get_xlim()
    return (right - left) / (inches(ax)[0] * 72 / (points * LETTER))


def _room(ax: "Axes", bars: Sequence[_Bar], labels: Mapping[int, str], names: Sequence[str], points: float) -> float:
    """Leave room for the labels at the ends of bars and for names beside them all; return where these end."""
    letters = inches(ax)[0] * 72 / (points * LETTER)
    name = max(map(width, names), default=0) + 2
    ends = [(_amount(swing), width(labels[id(swing)]) + 2) for bar in bars for swing in bar.swings]
    low, high = min([0, *(amount for amount, _ in ends)]), max([0, *(amount for amount, _ in ends)])
    span = max(high - low, 1)
    edge, left, right = float(low), float(low - span), float(high + span)
    # The more letters beside the bars, the wider a letter is in units of the axis: found in a few rounds.
    for _ in range(60):
        unit = (right - left) / letters
        edge = min([low - span * 0.02, *(amount - wide * unit for amount, wide in ends if amount < 0)])
        left = edge - name * unit
        right = max([high + span * 0.02, *(amount + wide * unit for amount, wide in ends if amount >= 0)])
    ax.set_xlim(left, right)
    return edge


def _scale(ax: "Axes", found: Sensitivity, edge: float, letters: Letters, points: float) -> None:
    """Write amounts as people have them below the bars, not below the names."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    plan = found.result.plan
    priced = "cost" in found.result.problem.objectives
    decimals = plan.price_decimals if plan and priced else 0
    right = ax.get_xlim()[1]
    places = MaxNLocator(6, integer=True).tick_values(edge, right)
    ax.set_xticks([place for place in places if edge <= place <= right])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value / 10**decimals)))
    ax.spines["bottom"].set_bounds(edge, right)
    currency = f" in {plan.currency}" if plan and plan.currency and priced else ""
    letters.measure(ax.xaxis, f"more cost{currency}" if priced else "more servers", points)


def _tick(value: float) -> str:
    return f"{value:+,.6g}".replace("-", "−") if value else "0"
