"""A first plan by column generation, for a listed model that is too large for the search to find one by itself.

With some hundreds of sets of roles CP-SAT may look for its first plan for minutes, where column generation has one
within two per cent in seconds. From there reduced costs leave out nearly all of the model, and what is left is often
proven within a second. So the one finds, and the other improves and proves.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

from obplace.errors import UsageError
from obplace.generated import generated
from obplace.kernel import Kernel
from obplace.plan import Assignment, Objective, Plan, Proof, Status
from obplace.result import Progress, Result
from obplace.sayable import refused

SETS = 150  # of roles: up to so many the search finds its first plan by itself, whatever the number of racks
NEAR = 0.02  # a plan that is so much above its bound is near enough to go on from
SHARE = 0.5  # of the time that is left, at most; what is left then is to improve the plan and to prove it
SECONDS = 10.0  # without a limit


def started(
    kernel: Kernel,
    left: float | None,
    *,
    gap: float,
    threads: int,
    seed: int,
    watch: Callable[[Progress], None] | None,
) -> Result | None:
    """Return what column generation finds in a share of the time that is left, or None.

    It does nothing where sets of roles are few, or where a fleet cannot keep what is asked or add it up exactly.
    """
    if len(kernel.patterns) <= SETS or any(refused(kernel.problem)):
        return None
    seconds = SECONDS if left is None else SHARE * left
    gap = max(gap, NEAR)
    try:
        return generated(kernel.problem, time_limit=seconds, gap=gap, threads=threads, seed=seed, watch=watch)
    except UsageError:  # its sums are larger than those of a model, which adds up one objective at a time
        return None


def joined(first: Result, found: Result) -> Result:
    """Return the best plan of column generation and the search after it, with the higher bound of the two.

    The certificate of a fleet proves its bound of any plan, so that it goes with the plan of the search as well.
    """
    if first.plan is None or found.status is Status.OPTIMAL or found.status is Status.INFEASIBLE:
        return found
    ours, theirs = found.objectives[0], first.objectives[0]
    assert theirs.value is not None
    assert theirs.bound is not None
    if first.status is Status.OPTIMAL or ours.value is None or ours.value > theirs.value:
        return first
    if ours.bound is not None and (ours.bound, found.proof is Proof.CERTIFICATE) > (theirs.bound, False):
        return found
    rest = [Objective(each.name, each.value, None) for each in found.objectives[1:]]
    return replace(first, plan=found.plan, objectives=(replace(theirs, value=ours.value), *rest))


def lowered(kernel: Kernel, plan: Plan) -> dict[tuple[int, int], int] | None:
    """Return how many machines of each class run each pattern in a plan, for `Model.complete`: the way back of `lift`.

    A machine that the kernel left out gives its load to one of it: of another class in the same domains that can run
    the same. None where there is no such machine, for the kernel keeps those of an optimal plan, not of any.
    """
    numbers = {pattern.roles: p for p, pattern in enumerate(kernel.patterns)}
    own = {slot.row: c for c, each in enumerate(kernel.classes) for slot in each.slots}
    taken: Counter[int] = Counter()
    found: Counter[tuple[int, int]] = Counter()
    # Those of the kernel first, so that nobody takes their place.
    for each in sorted(plan.assignments, key=lambda each: (each.machine.row not in own, each.name)):
        p = numbers[_roles(kernel, each)]
        row = each.machine.row
        classes = [own[row]] if row in own else [c for c in range(len(kernel.classes)) if _does(kernel, c, p, each)]
        c = next((c for c in classes if taken[c] < kernel.classes[c].size), None)
        if c is None:
            return None
        taken[c] += 1
        found[c, p] += 1
    return dict(found)


def _roles(kernel: Kernel, each: Assignment) -> tuple[tuple[str, int], ...]:
    copies: Mapping[str, int] = Counter(each.roles)
    return tuple((role, copies[role]) for role in kernel.problem.counts if role in copies)


def _does(kernel: Kernel, c: int, p: int, each: Assignment) -> bool:
    """Can a machine of the class run the pattern, where this one lies?"""
    there, domains = kernel.classes[c], each.machine.domains
    return there.named is None and p in there.patterns and there.domains.items() <= domains.items()
