"""Draw a frontier: its plans, the region where it is proven that none is, and where one may still be."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol

from obplace.errors import UsageError
from obplace.report.looks import COLOURS, GREY, INK, Letters, figure, inches
from obplace.words import width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Amount = int | Decimal
_BLUE: Final = COLOURS[6]
_RED: Final = COLOURS[5]
_POINTS: Final = 9.0
_WIDE: Final = 0.9 * 0.62  # how wide a letter of the numbers is, of the size of the others


class Point(Protocol):
    """A plan: its values and bounds by objective, a bound None where nothing is known; and whether it is proven."""

    @property
    def values(self) -> Mapping[str, Amount]:
        """By objective."""
        ...

    @property
    def bounds(self) -> Mapping[str, Amount | None]:
        """By objective; None where nothing is known."""
        ...

    @property
    def proven(self) -> bool:
        """Is it proven that no plan beats it?"""
        ...


class Between(Protocol):
    """Where plans may lie that are not on the list: none is better than ``best``, by objective."""

    @property
    def best(self) -> Mapping[str, Amount | None]:
        """By objective; None where nothing is known."""
        ...

    @property
    def worst(self) -> Mapping[str, Amount | None]:
        """By objective; None where nothing is said."""
        ...


class Frontier(Protocol):
    """Plans that no other beats in some objectives; ``more`` names those of which more is better."""

    @property
    def objectives(self) -> Sequence[str]:
        """Their names."""
        ...

    @property
    def more(self) -> Collection[str]:
        """Those of which more is better."""
        ...

    @property
    def points(self) -> Sequence[Point]:
        """The plans."""
        ...

    @property
    def between(self) -> Sequence[Between]:
        """Where more may be."""
        ...


def plot_frontier(frontier: Frontier, ax: "Axes | None" = None) -> "Axes":
    """Draw the plans of two objectives with what is proven: no plan lies in the hatched region.

    Parameters
    ----------
    frontier
        Of two objectives, with a point at least.
    ax
        Where to draw; a new figure when None.

    Raises
    ------
    UsageError
        It has no point, or another number of objectives.
    """
    if len(frontier.objectives) != 2 or not frontier.points:
        raise UsageError("a picture of a frontier has two objectives and a point at least")
    if ax is None:
        ax = figure(7.0, 4.6)
    return _Drawing(ax, frontier).draw()


class _Drawing:
    """One picture: amounts as numbers, and what is better to the left or below."""

    def __init__(self, ax: "Axes", frontier: Frontier) -> None:
        self.ax = ax
        self.frontier = frontier
        self.across, self.up = frontier.objectives
        wide, high = inches(ax)
        self.points = min(_POINTS, wide * 72 / 0.6 / 70, high * 72 / 1.35 / 22)
        self.letters = Letters(frontier.objectives)
        self.order = sorted(frontier.points, key=lambda point: [float(point.values[name]) for name in self.names])

    @property
    def names(self) -> tuple[str, str]:
        return self.across, self.up

    def draw(self) -> "Axes":
        """Draw from the ground up: room, region, gaps, plans, numbers."""
        ax = self.ax
        self.limits()
        self.region()
        for each in self.frontier.between:
            self.gap(each)
        for proven, look in ((True, {"mfc": _BLUE, "marker": "o"}), (False, {"mfc": "white", "marker": "D"})):
            known = [point for point in self.order if point.proven is proven]
            xs, ys = ([float(point.values[name]) for point in known] for name in self.names)
            label = "plan, proven" if proven else "plan, a better one is not ruled out"
            if known:
                ax.plot(xs, ys, ls="", ms=self.points * 0.75, mec=INK, mew=1, zorder=4, label=label, **look)  # type: ignore[arg-type]  # one look is what a mark takes
        self.numbers()
        for axis, name in ((ax.xaxis, self.across), (ax.yaxis, self.up)):
            better = "more is better" if name in self.frontier.more else "less is better"
            self.letters.measure(axis, f"{name} ({better})", self.points)
        ax.tick_params(labelsize=self.points * 0.9)
        ax.xaxis.set_major_formatter(_plainly)
        ax.yaxis.set_major_formatter(_plainly)
        ax.spines[["top", "right"]].set_visible(False)
        number = len(self.order)
        title = f"{number} plan{'' if number == 1 else 's'} of which none beats another"
        self.letters.entitle(ax, title, self.points * 1.15)
        handles, _ = ax.get_legend_handles_labels()
        self.letters.legend(ax, handles, self.points * 0.9, lines=4.0, ncols=2)
        return ax

    def limits(self) -> None:
        """Leave room around the plans and their bounds, and on the worse side for the numbers of the last."""
        from matplotlib.ticker import MaxNLocator

        wide, high = inches(self.ax)
        letters = max(width(self.text(point)) for point in self.order) + 2
        shares = {self.across: letters * self.points * _WIDE / 72 / wide, self.up: 2 * self.points * 1.3 / 72 / high}
        for name, set_limits, axis in (
            (self.across, self.ax.set_xlim, self.ax.xaxis),
            (self.up, self.ax.set_ylim, self.ax.yaxis),
        ):
            amounts = [float(point.values[name]) for point in self.order]
            amounts += [float(bound) for point in self.order if (bound := point.bounds[name]) is not None]
            span = (max(amounts) - min(amounts)) or max(1.0, abs(max(amounts)) * 0.1)
            share = min(shares[name], 0.5)
            better, worse = 0.16 * span, max(0.2 * span, 1.16 * span * share / (1 - share))
            below, above = (better, worse)[:: self.sign(name)]
            set_limits(min(amounts) - below, max(amounts) + above)
            whole = all(isinstance(point.values[name], int) for point in self.order)
            axis.set_major_locator(MaxNLocator(6, integer=whole))

    def sign(self, name: str) -> int:
        """Return 1 where less is better and -1 where more is."""
        return -1 if name in self.frontier.more else 1

    def region(self) -> None:
        """Hatch where no plan is.

        Nothing is better across than the bound of the best plan there. From one plan to the next, which nothing
        reaches before its own bound across, nothing is better up than the bound of the first of them, unless plans may
        be there that are not on the list.
        """
        ordered = sorted(self.order, key=lambda point: self.sign(self.across) * float(point.values[self.across]))
        near, far = self.ax.get_xlim()[:: self.sign(self.across)]
        best_up, worst_up = self.ax.get_ylim()[:: self.sign(self.up)]
        reached = [point.bounds[self.across] for point in ordered]
        if reached[0] is None:
            return
        xs, ys = [near, float(reached[0])], [worst_up, worst_up]
        for point, end in zip(ordered, [*reached[1:], far], strict=True):
            stop = xs[-1] if end is None else float(end)
            bound = self.floor(point, stop)
            if bound is None:
                break
            xs += [xs[-1], stop]
            ys += [float(bound), float(bound)]
        look: dict[str, Any] = {"facecolor": "none", "hatch": "////", "edgecolor": GREY, "linewidth": 0, "alpha": 0.55}
        self.ax.fill_between(xs, ys, best_up, zorder=1, label="proven: no plan here", **look)
        self.ax.plot(xs[1:], ys[1:], color=INK, lw=1, zorder=2)

    def overlaps(self, between: Between, start: float, end: float) -> bool:
        """Does a place where plans may be lie over this part?"""
        ends = [each for each in (between.best[self.across], between.worst[self.across]) if each is not None]
        low, high = sorted((start, end))
        return not ends or (min(map(float, ends)) < high and max(map(float, ends)) >= low)

    def floor(self, point: Point, end: float) -> Amount | None:
        """Return what is proven up of plans between one and the next, where some may not be on the list."""
        start = float(point.values[self.across])
        own = point.bounds[self.up]
        known = [own, *(each.best[self.up] for each in self.frontier.between if self.overlaps(each, start, end))]
        if any(bound is None for bound in known):
            return None
        return min((bound for bound in known if bound is not None), key=lambda bound: self.sign(self.up) * bound)

    def gap(self, between: Between) -> None:
        """Draw where a plan may be that is not on the list."""
        from matplotlib.patches import Rectangle

        corners = []
        for name, limits in ((self.across, self.ax.get_xlim()), (self.up, self.ax.get_ylim())):
            better, worse = limits if self.sign(name) > 0 else limits[::-1]
            best, worst = between.best[name], between.worst[name]
            corners.append((better if best is None else float(best), worse if worst is None else float(worst)))
        (x0, x1), (y0, y1) = corners
        known = {text.get_label() for text in self.ax.patches}
        label = "not looked at: plans may be here"
        look: dict[str, Any] = {"facecolor": _RED, "alpha": 0.15, "hatch": "..", "edgecolor": _RED, "linewidth": 0.5}
        box = Rectangle((x0, y0), x1 - x0, y1 - y0, zorder=1.5, label="_" + label if label in known else label, **look)
        self.ax.add_patch(box)

    def text(self, point: Point) -> str:
        """Return the amounts of a plan."""
        return " · ".join(f"{point.values[name]:,}" for name in self.names)

    def numbers(self) -> None:
        """Write the amounts beside plans, as far as they do not run into each other; the first and last always.

        They stand where a plan is worse in both: no other plan is there, and nothing that is proven.
        """
        wide, high = inches(self.ax)
        (left, right), (bottom, top) = self.ax.get_xlim(), self.ax.get_ylim()
        letter = (right - left) / (wide * 72) * self.points * _WIDE * self.sign(self.across)
        line = (top - bottom) / (high * 72) * self.points * 1.3 * self.sign(self.up)
        placed: list[tuple[float, float, float, float]] = []
        marks = [tuple(float(point.values[name]) for name in self.names) for point in self.order]
        near = [_box(a - letter * 0.6, b - line * 0.35, a + letter * 0.6, b + line * 0.35) for a, b in marks]
        ends = [0, len(self.order) - 1] if len(self.order) > 1 else [0]
        for index in [*ends, *range(1, len(self.order) - 1)]:
            x, y = marks[index]
            text = self.text(self.order[index])
            box = _box(x + letter, y + 0.35 * line, x + letter * (1 + width(text)), y + 1.55 * line)
            if any(_meet(box, other) for other in [*placed, *near]):
                continue
            placed.append(box)
            drawn = self.letters.write(self.ax, box[0], (box[1] + box[3]) / 2, text, self.points * 0.9, zorder=5)
            drawn.set_bbox({"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5})


def _plainly(value: float, _: float) -> str:
    return f"{value:,.7g}"


def _box(x: float, y: float, across: float, up: float) -> tuple[float, float, float, float]:
    return min(x, across), min(y, up), max(x, across), max(y, up)


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
