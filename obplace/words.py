"""Say in a few words what a plan and its result hold, for notebook and picture."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from unicodedata import east_asian_width

from obplace.catalogue import Combine
from obplace.plan import Assignment, Objective, Plan, Proof, Status
from obplace.quantity import Kind, parse, show
from obplace.rules import Alike

if TYPE_CHECKING:
    from obplace.result import Result

_BEST: Final = {"servers": "fewest servers", "cost": "lowest cost"}
ALIKE: Final = "alike"
_UNITS: Final = ("PB", "TB", "GB", "MB", "KB")

# Control, zero-width and bidirectional characters, and surrogates: unseen, but they can change what is seen.
_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


@dataclass(frozen=True)
class Fill:
    """How much of one resource of a machine its roles take; ``share`` is None where the capacity is unknown."""

    resource: str
    text: str
    share: float | None


def plain(text: str) -> str:
    """Return a name without the characters that nobody can see."""
    return _UNSEEN.sub("", text)


def resources(plan: Plan) -> list[str]:
    """Return the resources that add up, so that a machine can be filled with them, in catalogue order."""
    return [name for name, each in plan.catalogue.resources.items() if each.combine is Combine.SUM]


def fills(plan: Plan, assignment: Assignment) -> list[Fill]:
    """Return for each of `resources` what is taken of it on one machine."""
    answer = []
    for name in resources(plan):
        used, capacity = assignment.used.get(name, 0), assignment.machine.capacity.get(name)
        text = _of(used, capacity, plan.catalogue.resources[name].kind)
        answer.append(Fill(name, text, None if capacity is None else share(used, capacity)))
    return answer


def share(used: int, capacity: int) -> float:
    """Return which part of a capacity is used; of nothing, nothing is used."""
    return used / capacity if capacity else 0.0


def runs(assignment: Assignment) -> str:
    """Return the roles of a machine in one line."""
    copies = Counter(plain(role) for role in assignment.roles)
    return ", ".join(role if number == 1 else f"{number} × {role}" for role, number in copies.items())


def listed(texts: Sequence[str], last: str = "and") -> str:
    """Return 'a, b and c'."""
    return f" {last} ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def width(text: str) -> int:
    """Return how wide a text is, in Latin characters; Chinese, Japanese and Korean ones are twice as wide."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def size(plan: Plan) -> str:
    """Return servers and cost of a plan in one line."""
    servers = f"{plan.servers} server{'' if plan.servers == 1 else 's'}"
    return servers if plan.cost is None else f"{servers}, cost {plan.cost:,}{_currency(plan)}"


_RESTS_ON = {Proof.CERTIFICATE: "with a certificate", Proof.SOLVER: "confirmed by a second solver"}


def headline(result: "Result") -> str:
    """Return what came of a problem and what is proven about it, in one line."""
    plan = result.plan
    confirmed = "unconfirmed" if result.proof is None else _RESTS_ON[result.proof]
    if result.fleet and result.proof is Proof.SOLVER:
        confirmed = "by CP-SAT alone"
    if plan is None:
        return f"no plan exists, {confirmed}" if result.status is Status.INFEASIBLE else "no plan found"
    if result.status is Status.OPTIMAL:
        best = ", then ".join(_best(result, each) for each in result.objectives)
        return f"{size(plan)}: {best}; proven, {confirmed}"
    return f"{size(plan)}: " + "; ".join(_proven(result, plan, each) for each in result.objectives)


def _of(used: int, capacity: int | None, kind: Kind) -> str:
    """Return '272 / 384 GB': both in the unit of the capacity, to four digits, as a picture has no room for more."""
    if capacity is None:
        return "unknown"
    if kind not in (Kind.MEMORY, Kind.STORAGE):
        return f"{show(used, kind)} / {show(capacity, kind)}"
    unit = next((unit for unit in _UNITS if parse(f"1 {unit}", kind) <= capacity), "B")
    one = parse(f"1 {unit}", kind)
    return f"{used / one:.4g} / {capacity / one:.4g} {unit}"


def _best(result: "Result", objective: Objective) -> str:
    if objective.name != ALIKE or objective.value is None:
        return _BEST[objective.name]
    apart = f"{_amount(result, objective.value)} apart" if objective.value else "all equal"
    return f"{_difference(result)} as alike as can be, {apart}"


def _difference(result: "Result") -> str:
    """Return of what the servers of which role are to be alike."""
    return listed([f"{rule.resource} of {rule.role}" for rule in result.problem.rules if isinstance(rule, Alike)])


def _amount(result: "Result", difference: int) -> str:
    """Return a difference in the unit of the resource."""
    kinds = result.problem.catalogue.resources
    found = next(rule for rule in result.problem.rules if isinstance(rule, Alike))
    return show(difference, kinds[found.resource].kind)


def _proven(result: "Result", plan: Plan, objective: Objective) -> str:
    if objective.bound is None:
        return f"nothing is proven about {objective.name}"
    name, least = objective.name, str(objective.bound)
    if name == "cost":
        least = f"{plan.money(objective.bound):,}{_currency(plan)}"
    if name == ALIKE:
        name, least = f"difference in {_difference(result)}", _amount(result, objective.bound)
    if objective.value == objective.bound:
        return f"{name} proven least"
    gap = "" if objective.gap is None else f", a gap of {objective.gap:.2%}"
    return f"{name} cannot be below {least}{gap}"


def _currency(plan: Plan) -> str:
    return f" {plain(plan.currency)}" if plan.currency else ""
