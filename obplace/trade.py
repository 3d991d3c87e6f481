"""All trade-offs between two or three objectives: one kernel, one model, a solve for each step of a staircase.

A *box* holds the plans that are better than its corner in each objective; at first there is one without a corner. The
plan of a box that is best in the first objective, then in the next, is a point of the frontier: a plan that beats it
would lie in the same box. What can still be found lies in smaller boxes, each better than the point in one objective
(Klamroth, Lacour and Vanderpooten 2015); nothing in this box is better in the first one, so that part is empty. Of two
objectives one box is left each time: the staircase is walked from one end to the other, and no point is met twice.

Where there are more points than wanted, two objectives are cut at even distances in the first one: the best plan up to
each cut is a point, and what was proven on the way bounds whatever lies between two of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from obplace.axes import Axis, add, read, reading
from obplace.engine import check_magnitudes
from obplace.errors import InternalError, UsageError
from obplace.greedy import greedy
from obplace.kernel import reduce
from obplace.model import Row, value_of
from obplace.pareto import Amount, Between, Frontier, Point
from obplace.plan import Proof, Status
from obplace.problem import Problem
from obplace.searching import Search, below
from obplace.shortage import shortages
from obplace.solver import Solver

Corner = tuple[int | None, ...]  # by axis: what a plan of the box stays below; None where nothing is said


def trade(problem: Problem, names: Sequence[str], points: int = 50, solver: Solver | None = None) -> Frontier:
    """Return the frontier of a problem in the objectives of these names.

    Parameters
    ----------
    points
        All of them are found while they are no more than that.
    solver
        Its time limit is for all of it; a gap is not asked for.

    Raises
    ------
    UsageError
        The objectives are not such as the problem has, or fewer than two points are wanted.
    """
    axes = read(problem, names)
    if points < 2:
        raise UsageError(f"a frontier of {points} points, expected 2 or more")
    return _Trade(reading(problem, axes), axes, points, solver or Solver()).run()


@dataclass(frozen=True)
class _Best:
    """The best plan of a box, as values of all variables; by axis what they come to and the bound that is proven."""

    variables: list[int]
    values: tuple[int, ...]
    bounds: tuple[int | None, ...]
    proof: Proof | None


class _Trade(Search):
    """One frontier: its model, and what both solvers said so far."""

    def __init__(self, problem: Problem, axes: tuple[Axis, ...], points: int, solver: Solver) -> None:
        told = {name for axis in axes for name in axis.told}
        super().__init__(problem, reduce(problem, solver.reductions, told=told), solver)
        self.axes, self.points = axes, points
        for axis in axes:
            add(axis, self.kernel, self.model)
        check_magnitudes(self.model)
        self.terms = [self.model.objectives[axis.name] for axis in axes]
        # What the axes leave open goes by the usual order.
        rest = [
            name
            for name in ("servers", "cost")
            if name in problem.objectives and all(name != axis.name for axis in axes)
        ]
        self.rest = [self.model.objectives[name] for name in rest]
        self.hint = greedy(self.kernel, self.model)
        self.unsure: list[Corner] = []  # boxes that may hold something, for all that is proven

    def run(self) -> Frontier:
        found, boxes = self.walk()
        anything: Corner = (None,) * len(self.axes)
        between = [(anything, box) for box in (*boxes, *self.unsure)]
        if len(found) > self.points and len(self.axes) == 2:
            found, between = self.spaced(found[0])
        found = [one for one in found if not any(_beats(other.values, one.values) for other in found)]
        points = tuple(self.point(one) for one in sorted(found, key=lambda one: one.values))
        places = tuple(self.place(best, worst) for best, worst in between) if points else ()
        if points:
            whole = not places and all(point.proven for point in points)
            status = Status.OPTIMAL if whole else Status.FEASIBLE
        else:
            status = Status.UNKNOWN if between else Status.INFEASIBLE
        took = self.took()
        return Frontier(self.problem, self.axes, status, points, places, self.reasons(status), self.interrupted, took)

    def reasons(self, status: Status) -> tuple[str, ...]:
        if status is Status.INFEASIBLE:
            return shortages(self.problem)
        if status is Status.UNKNOWN:
            return (f"{'interrupted' if self.interrupted else 'the time limit was reached'} before a plan was found",)
        return ()

    def walk(self) -> tuple[list[_Best], list[Corner]]:
        """Return points, one more than wanted at most, and the boxes that were not looked into."""
        found: list[_Best] = []
        boxes: list[Corner] = [(None,) * len(self.axes)]
        while boxes and len(found) <= self.points and not self.over():
            box = boxes[0]
            one = self.best(range(len(self.axes)), box)
            if one is None:
                boxes.pop(0)
                continue
            found.append(one)
            if one.bounds[0] != one.values[0]:
                self.unsure.append((one.values[0], *box[1:]))
            boxes = _split(boxes, one.values)
        return found, boxes

    def spaced(self, first: _Best) -> tuple[list[_Best], list[tuple[Corner, Corner]]]:
        """Return points at even distances in the first objective, and the corners of what may lie between them."""
        self.unsure.clear()
        last = self.best((1, 0), (None, None))
        found, reached = [first], [first.values[0]]  # by point: up to where in the first objective it is the best
        width = last.values[0] - first.values[0] if last else 0
        for number in range(1, self.points - 1):
            cut = first.values[0] + width * number // (self.points - 1)
            one = None if self.over() else self.best((1, 0), (cut + 1, None))
            if one is None:
                break
            if one.values != found[-1].values:
                found.append(one)
                reached.append(cut)
            elif one.bounds == one.values:
                reached[-1] = cut
        if last is not None and last.values != found[-1].values:
            found.append(last)
            reached.append(last.values[0])
        between: list[tuple[Corner, Corner]] = []
        for end, before, after in zip(reached, found, found[1:], strict=False):
            least = after.bounds[1]
            if least is not None and after.bounds == after.values:
                least += 1  # only the point itself is so good
            if end + 1 < after.values[0] and (least is None or least < before.values[1]):
                between.append(((end + 1, least), (after.values[0], before.values[1])))
        if last is None:
            between.append(((None, None), (None, found[-1].values[1])))
        return found, between

    def best(self, order: Sequence[int], box: Corner) -> _Best | None:
        """Return the plan of a box that is best in the axes in this order; None where there is none, or none known."""
        rows = [Row(self.terms[i], None, high - 1) for i, high in enumerate(box) if high is not None]
        bounds: list[int | None] = [None] * len(self.axes)
        proof: Proof | None = Proof.SOLVER
        variables = self.hint
        for i in order:
            found, bounds[i], nothing = self.minimise(self.terms[i], rows, variables)
            if found is None:
                if not (nothing and self.agrees(rows)):
                    self.unsure.append(box)
                return None
            variables = found
            value = value_of(self.terms[i], found)
            floor = value == self.floor(self.terms[i])
            if bounds[i] != value or not (floor or self.agrees([*rows, Row(self.terms[i], None, below(value))])):
                proof = None
            rows = [*rows, Row(self.terms[i], None, value)]
        for terms in self.rest:
            variables = self.minimise(terms, rows, variables, ties=True)[0] or variables
            rows = [*rows, Row(terms, None, value_of(terms, variables or []))]
        if variables is None:
            raise AssertionError("a box that was not looked into")
        self.hint = variables
        return _Best(variables, tuple(value_of(terms, variables) for terms in self.terms), tuple(bounds), proof)

    def point(self, one: _Best) -> Point:
        """Return the point of a box's best plan, which passes `verify` and has what the model says."""
        plan = self.plan(one.variables)
        values = tuple(axis.of(self.problem, plan) for axis in self.axes)
        if values != one.values:
            raise InternalError(f"a plan of the frontier has {values}, and its model says {one.values}")
        shown = {axis.name: axis.shown(self.problem, value) for axis, value in zip(self.axes, values, strict=True)}
        return Point(plan, shown, self.amounts(one.bounds), one.proof)

    def place(self, best: Corner, worst: Corner) -> Between:
        return Between(self.amounts(best), self.amounts(worst))

    def amounts(self, units: Corner) -> dict[str, Amount | None]:
        """Return amounts as people have them, by objective."""
        pairs = zip(self.axes, units, strict=True)
        return {axis.name: None if unit is None else axis.shown(self.problem, unit) for axis, unit in pairs}


def _split(boxes: Sequence[Corner], values: tuple[int, ...]) -> list[Corner]:
    """Return boxes for all that is left beside a point, the best of the first box; none inside of another."""
    parts: list[Corner] = []
    for number, box in enumerate(boxes):
        if all(high is None or value < high for value, high in zip(values, box, strict=True)):
            parts += [(*box[:i], value, *box[i + 1 :]) for i, value in enumerate(values) if number or i]
        else:
            parts.append(box)
    distinct = list(dict.fromkeys(parts))
    return [box for box in distinct if not any(other != box and _within(box, other) for other in distinct)]


def _within(box: Corner, other: Corner) -> bool:
    pairs = zip(box, other, strict=True)
    return all(high is None or (low is not None and low <= high) for low, high in pairs)


def _beats(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))
