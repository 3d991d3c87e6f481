"""Draw what swings a plan, the widest swing on top: a tornado."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from obplace.report.looks import GREY, INK, Letters, figure, inches, short
from obplace.swings import Kind, Sensitivity, Swing
from obplace.words import plain, size, width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SAVES: Final[dict[str, Any]] = {"facecolor": "#56B4E9", "hatch": "", "edgecolor": INK, "linewidth": 0.4}
_COSTS: Final[dict[str, Any]] = {"facecolor": "#E69F00", "hatch": "////", "edgecolor": INK, "linewidth": 0.4}
_LONGEST: Final = 40  # letters of a name
_ROW: Final = 0.34  # inches
_WIDE: Final = 9.0
_POINTS: Final = 9.0


@dataclass(frozen=True)
class _Bar:
    """What is changed, and how far that goes to either side."""

    name: str
    swings: tuple[Swing, ...]

    def amounts(self, priced: bool) -> list[int]:
        return [(each.cost if priced else each.servers) or 0 for each in self.swings]


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

    priced = "cost" in found.result.problem.objectives
    every = _bars(found.swings)
    every.sort(key=lambda bar: (-_span(bar, priced), bar.name))
    bars = [bar for bar in every if _span(bar, priced) > 0][:most]
    names = [short(plain(bar.name), _LONGEST) for bar in bars]
    labels = [[_label(found, each, priced) for each in bar.swings] for bar in bars]
    if ax is None:
        ax = figure(_WIDE, _ROW * (max(1, len(bars)) + 3.5))
    letters = Letters([*names, *(text for texts in labels for text in texts)])
    ax.set_ylim(max(1, len(bars)) - 0.4, -0.6)
    low = min([0, *(amount for bar in bars for amount in bar.amounts(priced))])
    high = max([0, *(amount for bar in bars for amount in bar.amounts(priced))])
    points = min(_POINTS, inches(ax)[1] / max(1, len(bars)) * 72 / 1.5, inches(ax)[0] * 72 / 0.6 / 100)
    _room(ax, low, high, bars, labels, points, priced)
    for row, (bar, texts) in enumerate(zip(bars, labels, strict=True)):
        for swing, text in zip(bar.swings, texts, strict=True):
            amount = (swing.cost if priced else swing.servers) or 0
            if amount or swing.servers is None:
                ax.barh(row, amount, height=0.62, **(_COSTS if amount > 0 else _SAVES))
                side = "right" if amount < 0 else "left"
                pad = (-1 if amount < 0 else 1) * _unit(ax, points) * 0.8
                letters.write(ax, amount + pad, row, text, points * 0.92, ha=side)
    ax.axvline(0, color=INK, lw=0.8)
    ax.set_yticks(range(len(bars)), [""] * len(bars))
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", labelsize=points * 0.9)
    for row, name in enumerate(names):
        tick = letters.write(ax, 0, row, name, points, ha="right", transform=ax.get_yaxis_transform())
        tick.set_x(-0.01)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.grid(axis="x", color=GREY, alpha=0.3, lw=0.5)
    ax.set_axisbelow(True)
    _scale(ax, found, priced, letters, points)
    left_out = sum(_span(bar, priced) > 0 for bar in every) - len(bars)
    more = f"; {left_out} smaller swings are not drawn" if left_out else ""
    plan = found.result.plan
    letters.entitle(ax, f"What swings {size(plan) if plan else 'nothing'}{more}", points * 1.15)
    handles = [Patch(label="saves", **_SAVES), Patch(label="costs", **_COSTS)]
    letters.legend(ax, handles, points, lines=3.6, ncols=2)
    return ax


def _bars(swings: Sequence[Swing]) -> list[_Bar]:
    found: dict[tuple[Kind, str], list[Swing]] = {}
    for each in swings:
        if each.untold is None:
            found.setdefault((each.kind, each.name), []).append(each)
    return [_Bar(name, tuple(each)) for (_, name), each in found.items()]


def _span(bar: _Bar, priced: bool) -> float:
    """Return how wide a bar is; what leaves no plan at all is wider than any other."""
    if any(each.servers is None for each in bar.swings):
        return float("inf")
    amounts = [0, *bar.amounts(priced)]
    return max(amounts) - min(amounts)


def _label(found: Sensitivity, swing: Swing, priced: bool) -> str:
    plan = found.result.plan
    if swing.servers is None or plan is None:
        return f"{swing.change}: no plan"
    servers = f"{swing.servers:+} server{'' if abs(swing.servers) == 1 else 's'}".replace("-", "−")
    if not priced or swing.cost is None:
        return f"{swing.change}: {servers}"
    amount = f"{plan.money(swing.cost):+,}".replace("-", "−")
    return f"{swing.change}: {amount}{f', {servers}' if swing.servers else ''}"


def _unit(ax: "Axes", points: float) -> float:
    """Return how wide a letter is, in units of the axis."""
    left, right = ax.get_xlim()
    return (right - left) / (inches(ax)[0] * 72 / (points * 0.6))


def _room(
    ax: "Axes", low: int, high: int, bars: Sequence[_Bar], labels: Sequence[Sequence[str]], points: float, priced: bool
) -> None:
    """Leave room for the labels at the ends of bars, and for names to the left of them all."""
    letters = inches(ax)[0] * 72 / (points * 0.6)
    sides = [
        (amount, width(text) + 2)
        for bar, texts in zip(bars, labels, strict=True)
        for amount, text in zip(bar.amounts(priced), texts, strict=True)
    ]
    # Each label needs so many letters beyond its bar; the scale that has room for all is found in a few rounds.
    span = max(high - low, 1)
    left, right = low - span * 0.05, high + span * 0.05
    for _ in range(30):
        unit = (right - left) / letters
        left = min([low - span * 0.02, *(amount - wide * unit for amount, wide in sides if amount < 0)])
        right = max([high + span * 0.02, *(amount + wide * unit for amount, wide in sides if amount >= 0)])
    ax.set_xlim(left, right)


def _scale(ax: "Axes", found: Sensitivity, priced: bool, letters: Letters, points: float) -> None:
    """Write amounts as people have them on the axis."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    plan = found.result.plan
    decimals = plan.price_decimals if plan and priced else 0
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value / 10**decimals)))
    currency = f" in {plan.currency}" if plan and plan.currency and priced else ""
    letters.measure(ax.xaxis, f"more cost{currency}" if priced else "more servers", points)


def _tick(value: float) -> str:
    return f"{value:+,.6g}".replace("-", "−") if value else "0"
