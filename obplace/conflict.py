"""What cannot hold together: minimal sets of members of a problem that have no plan, each shown to be minimal.

A conflict is found by deletion: members are dropped, many at once, while no plan exists; one whose dropping makes a
plan possible stays, and that plan is kept. At the end each of these plans is held against the problem that has all
other members of the conflict and nothing else, so that each member is shown to be necessary by a plan that passes
`verify`; and the conflict alone is solved as any problem, with its certificate or second opinion. No engine's own core
is ever used.

The order is fixed by the problem, and the first roles of the catalogue stay where they can. Who may share a server is
dropped at once or, where that makes a plan possible, late: without it a machine can be filled in many ways. The most
copies of a role come at the very end, for without them nothing bounds a plan.

Further conflicts are found by going through sets of members as MARCO does (Liffiton and others, 2016): take a largest
set that holds no known conflict and lies in no set that is known to have a plan; where it has no plan, it holds a new
conflict, otherwise remember it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from obplace.engine import Effort, cpsat
from obplace.errors import InternalError
from obplace.members import Alone, Member, Once, members, only, role_of, without
from obplace.model import Model
from obplace.plan import Plan, Proof, Status
from obplace.possible import broken_by, possible, trimmed
from obplace.problem import Problem
from obplace.rules import AtMost
from obplace.solver import Solver

TRIES = 300  # sets that are looked at for further conflicts


@dataclass(frozen=True)
class Conflict:
    """Members of a problem that cannot hold together; without any one of them a plan exists.

    Attributes
    ----------
    members
        In the order of the problem; none where the machines alone leave nothing possible.
    proof
        What it rests on that they have no plan; None where only one solver says so.
    plans
        By member: a plan of all the others, which shows that it is necessary.
    """

    problem: Problem
    members: tuple[Member, ...]
    proof: Proof | None
    plans: Mapping[Member, Plan] = field(repr=False, compare=False)


@dataclass(frozen=True)
class Conflicts:
    """The conflicts of a problem, in fixed order; ``whole`` says that there are no others."""

    found: tuple[Conflict, ...]
    whole: bool


def conflicts(problem: Problem, most: int = 1) -> Conflicts:
    """Return up to so many minimal conflicts of a problem; none where it has a plan."""
    every = members(problem)
    found: list[Conflict] = []
    held: list[frozenset[Member]] = []  # sets that have a plan
    for _ in range(TRIES):
        chosen = _largest(every, [each.members for each in found], held)
        if chosen is None:
            return Conflicts(tuple(found), whole=True)
        if len(found) == most:
            break
        shrinking: _Shrinking[Plan] = _Shrinking(problem, every, chosen, possible)
        if shrinking.possible():
            held.append(frozenset(chosen))
        else:
            found.append(_shown(problem, *shrinking.shrunk()))
    return Conflicts(tuple(found), whole=False)


def core(problem: Problem, possible: Callable[[Problem], object | None]) -> frozenset[Member]:
    """Return few members of a problem, not always the fewest, that already leave nothing possible in this sense."""
    every = members(problem)
    shrinking: _Shrinking[object] = _Shrinking(problem, every, every, possible)
    shrinking.ease()
    # Late, for by now few roles are asked for, and a machine can be filled in few ways.
    shrinking.drop([each for each in shrinking.left if isinstance(each, Alone | Once)][::-1])
    return frozenset(shrinking.left)


Shown = TypeVar("Shown")


class _Shrinking(Generic[Shown]):
    """Members that leave nothing possible become fewer; by member what shows that something is without it."""

    def __init__(
        self,
        problem: Problem,
        every: Sequence[Member],
        chosen: Sequence[Member],
        ask: Callable[[Problem], Shown | None],
    ) -> None:
        self.ask = ask
        self.problem = problem
        self.every = every
        self.left = dict.fromkeys(chosen)
        self.plans: dict[Member, Shown] = {}

    def possible(self, dropped: Sequence[Member] = ()) -> Shown | None:
        """Return what shows that what is left without these is possible, if it is."""
        kept = self.left.keys() - dropped
        return self.ask(without(self.problem, [each for each in self.every if each not in kept]))

    def shrunk(self) -> tuple[tuple[Member, ...], dict[Member, Shown]]:
        """Return what is left when nothing more can be dropped."""
        sharing = [each for each in self.left if isinstance(each, Alone | Once)]
        if self.possible(sharing) is None:
            self.left = {each: None for each in self.left if each not in sharing}
        self.ease()
        self.drop([each for each in sharing if each in self.left][::-1])
        self.drop([each for each in self.left if _is_most(each)][::-1])
        return tuple(self.left), {each: self.plans[each] for each in self.left}

    def ease(self) -> None:
        """Drop what is asked of the roles, but neither who may share nor the most copies.

        Role by role: one that nothing asks for any more makes every question after it smaller.
        """
        some = [each for each in self.left if not isinstance(each, Alone | Once) and not _is_most(each)]
        for role in dict.fromkeys([None, *(role_of(each) for each in some[::-1])]):
            self.drop([each for each in some if role_of(each) == role][::-1])

    def drop(self, some: Sequence[Member]) -> None:
        """Drop as many of these as can be, halving what cannot go as a whole."""
        if not some:
            return
        plan = self.possible(some)
        if plan is None:
            for each in some:
                del self.left[each]
        elif len(some) == 1:
            self.plans[some[0]] = plan
        else:
            self.drop(some[: len(some) // 2])
            self.drop(some[len(some) // 2 :])


def _is_most(member: Member) -> bool:
    """Is it the most copies of one role?"""
    return isinstance(member, AtMost) and role_of(member) is not None


def _shown(problem: Problem, kept: tuple[Member, ...], plans: dict[Member, Plan]) -> Conflict:
    """Return the conflict, proven as any answer is, with each plan held against all the other members."""
    result = Solver(threads=1).solve(trimmed(only(problem, kept)))
    if result.status is not Status.INFEASIBLE:
        raise InternalError(f"what is left of a conflict is {result.status}: {kept}")
    for each, plan in plans.items():
        if broken := broken_by(only(problem, [other for other in kept if other != each]), plan):
            raise InternalError([f"a member of a conflict is not shown to be necessary: {each}", *map(str, broken)])
    return Conflict(problem, kept, result.proof, plans)


def _largest(
    every: Sequence[Member], found: Sequence[Sequence[Member]], held: Sequence[frozenset[Member]]
) -> tuple[Member, ...] | None:
    """Return a largest set of members that holds none of the conflicts and lies in none of the sets with a plan."""
    model = Model()
    chosen = {each: model.variable(0, 1) for each in every}
    for conflict in found:
        model.row({chosen[each]: 1 for each in conflict}, high=len(conflict) - 1)
    for each in held:
        model.row({variable: 1 for member, variable in chosen.items() if member not in each}, low=1)
    answer = cpsat(model, dict.fromkeys(chosen.values(), -1), [], None, Effort())
    if answer.interrupted:
        raise KeyboardInterrupt
    if answer.values is None:
        return None
    values = answer.values
    return tuple(each for each, variable in chosen.items() if values[variable])
