"""Deal the copies of a role that stands for several clusters out to them, on the machines where they are.

Copies are written down domain by domain, machine by machine, and given to the clusters in turn. That each cluster then
keeps its own rules is argued in `alike`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from obplace.alike import Merged
from obplace.kernel import assembled
from obplace.plan import Assignment, Plan


def dealt(merged: Merged, plan: Plan) -> Plan:
    """Return the plan in which each cluster has its own servers."""
    loads = {each.name: Counter(each.roles) for each in plan.assignments}
    for role, members in merged.members.items():
        levels = merged.levels[role]
        there = [each for each in plan.assignments if loads[each.name][role]]
        there.sort(key=partial(_place, levels))
        turn = 0
        for each in there:
            copies = loads[each.name].pop(role)
            loads[each.name].update(members[(turn + number) % len(members)] for number in range(copies))
            turn += copies
    order = {role: number for number, role in enumerate(merged.whole.counts)}
    one = {role: first for first, members in merged.members.items() for role in members}
    return assembled(merged.whole, (_assignment(each, loads[each.name], order, one) for each in plan.assignments))


def _place(levels: Sequence[str], each: Assignment) -> tuple[str, ...]:
    """Return where a machine stands, the widest domain first."""
    return (*(each.machine.domains[level] or "" for level in levels), each.name)


def _assignment(old: Assignment, load: Counter[str], order: dict[str, int], one: dict[str, str]) -> Assignment:
    """Return the assignment with the roles of its clusters, which take as much as that for all of them took."""
    before = Counter(old.roles)
    used_by = {}
    for role in sorted(load, key=order.__getitem__):
        whole = old.used_by[one.get(role, role)]
        used_by[role] = {name: amount * load[role] // before[one.get(role, role)] for name, amount in whole.items()}
    roles = tuple(role for role in used_by for _ in range(load[role]))
    return replace(old, roles=roles, used_by=used_by)
