"""Why there is no plan: which role is short of machines, which minimum stops it, and what comes nearest."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from obplace.classes import usable
from obplace.crowding import Places, columns_read, crowded, mingled
from obplace.lot import lot
from obplace.overfull import overfull
from obplace.patterns import Pattern, alone, most_copies
from obplace.pool import Batch, Machine
from obplace.problem import MAJORITY, Problem
from obplace.quantity import show
from obplace.rules import AtLeast, AtMost, Ban, Pin, Spread, Survive, Where, sentence
from obplace.sayable import refused

PPM = 10**6
TOGETHER = "no role is short of machines by itself; what is asked cannot hold together on this pool"
NAMED = 3  # machines that are banned and would do, before the rest is counted


@dataclass
class _Supply:
    """What the pool has for one role alone, folded over its batches."""

    pattern: Pattern
    where: tuple[Where, ...]
    places: Places
    machines: int = 0
    labelled: int = 0  # of these, the machines that are as the rules on labels want them
    domains: dict[str, set[str]] = field(default_factory=dict)
    nearest: tuple[int, int] | None = None  # (shortfall in millionths of the needs, row)


def shortages(problem: Problem) -> tuple[str, ...]:
    """Return a sentence for each role, rule on places or pin that the pool could not satisfy if nothing else ran.

    Where none is short by itself, one sentence says that it is the rules together.
    """
    supplies = {role: _supply(problem, role) for role in problem.counts}
    banned = [rule.machine for rule in problem.rules if isinstance(rule, Ban)]
    out = np.array(sorted(problem.pool.find(banned).values()) if banned else [], dtype=np.int64)
    free = 0
    for batch in problem.pool:
        mask = usable(problem, batch)
        mask[out[(out >= batch.first) & (out < batch.first + batch.size)] - batch.first] = False
        free += int(mask.sum())
        for supply in supplies.values():
            _count(problem, supply, batch, mask)
    if not free:
        return (_nothing_free(problem),)
    by_role = {role: list(_role(problem, role, supply)) for role, supply in supplies.items()}
    found = [text for texts in by_role.values() for text in texts]
    if problem.catalogue.free and not any(refused(problem)):
        found += overfull(lot(problem), [role for role, texts in by_role.items() if texts])
    found += mingled(problem, {role: supply.places for role, supply in supplies.items()})
    found += [text for rule in problem.rules if isinstance(rule, Pin) for text in _pin(problem, rule, supplies)]
    return tuple(found) or (TOGETHER,)


def why_not(problem: Problem, reasons: tuple[str, ...]) -> tuple[str, ...]:
    """Say of a fleet with these shortages why it has no plan, which rules have a part in it, and what to do."""
    rules = [sentence(rule) for rule in problem.rules if not isinstance(rule, AtLeast | AtMost)]
    kept = [f"it has to keep these rules: {'; '.join(rules)}"] if rules and reasons == (TOGETHER,) else []
    loosen = ", or loosen a rule" if rules else ""
    return (*reasons, *kept, f"add machines, ask for fewer copies (--role) or less for each (--minimum){loosen}")


def _supply(problem: Problem, role: str) -> _Supply:
    where = tuple(rule for rule in problem.rules if isinstance(rule, Where) and rule.role == role)
    return _Supply(alone(problem, role), where, Places(columns_read(problem, role)))


def _count(problem: Problem, supply: _Supply, batch: Batch, mask: NDArray[np.bool_]) -> None:
    shortfall = np.zeros(batch.size, dtype=np.int64)
    for name, least in zip(problem.catalogue.resources, supply.pattern.least, strict=True):
        if least > 0:
            column = batch.column(name)
            short = [max(0, least - int(value or 0)) * PPM // least for value in column.values]
            # What is missing by less than a millionth is missing.
            short = [max(s, int(int(value or 0) < least)) for s, value in zip(short, column.values, strict=True)]
            shortfall += np.array(short, dtype=np.int64)[column.codes]
    able = mask & (shortfall == 0)
    numbers = _numbers(problem, batch)
    supply.machines += int(numbers[able].sum())
    for rule in supply.where:
        labels = batch.column(rule.column)
        able &= np.array([_labelled(rule, value) for value in labels.values])[labels.codes]
    supply.labelled += int(numbers[able].sum())
    supply.places.add(batch, able, numbers)
    for level in problem.domains:
        if level not in problem.pool.levels:
            continue
        column = batch.domain(level)
        names = {column.values[code] for code in np.unique(column.codes[able]).tolist()}
        supply.domains.setdefault(level, set()).update(str(name) for name in names if name is not None)
    lacking = np.flatnonzero(mask & (shortfall > 0))
    if len(lacking):
        best = int(shortfall[lacking].min())
        if supply.nearest is None or best < supply.nearest[0]:
            tied = (lacking[shortfall[lacking] == best] + batch.first).tolist()
            first = min(zip(problem.pool.names(tied), tied, strict=True))
            supply.nearest = (best, first[1])


def _labelled(rule: Where, value: int | str | None) -> bool:
    """Is a cell as the rule wants it? Several tags stand in one cell, with commas between them."""
    if value is None:
        return not rule.allowed
    held = str(value).split(",") if rule.column == "tags" else [str(value)]
    return any(each in rule.values for each in held) == rule.allowed


def _numbers(problem: Problem, batch: Batch) -> NDArray[np.int64]:
    """Return for how many machines each row stands, shape (rows,)."""
    if "quantity" not in problem.pool.columns:
        return np.ones(batch.size, dtype=np.int64)
    column = batch.column("quantity")
    return np.array([1 if value is None else int(value) for value in column.values], dtype=np.int64)[column.codes]


def _nothing_free(problem: Problem) -> str:
    if not len(problem.pool):
        return f"{problem.pool.source} has no machines"
    return (
        f"none of the {len(problem.pool)} machines of {problem.pool.source} may be used: "
        "each is banned, not available, runs something already (--reuse takes those) or has no price"
    )


def _role(problem: Problem, role: str, supply: _Supply) -> Iterable[str]:
    spare = [rule.copies + rule.failures for rule in problem.rules if isinstance(rule, Survive) and rule.role == role]
    copies = max(problem.bounds(role)[0], *spare, 0)
    wanted = -(-copies // max(1, most_copies(problem)[role]))
    if supply.machines < wanted:
        needs = ", ".join(
            f"{resource.name} {show(need, resource.kind)}"
            for resource, need in zip(problem.catalogue.resources.values(), supply.pattern.needs, strict=True)
            if need
        )
        found = "no machine" if supply.machines == 0 else f"only {supply.machines} of {wanted} machines"
        yield f"{found} can run {role}, which needs {needs}{_nearest(problem, supply)}{_banned(problem, supply)}"
        return
    if supply.labelled < wanted:
        rules = " and ".join(sentence(rule) for rule in supply.where)
        yield f"{rules}: of {supply.machines} machines for it {supply.labelled} are such, {wanted} are needed"
        return
    yield from crowded(problem, role, supply.places)
    for rule in problem.rules:
        if isinstance(rule, Spread) and rule.role == role and not (rule.level == "zone" and problem.zoned):
            able = supply.domains.get(rule.level, set())
            if len(able) < rule.domains:
                has = ", ".join(sorted(able)) or "none"
                text = (
                    f"{role} is spread over {rule.domains} {rule.level}s, and {len(able)} hold a machine for it: {has}"
                )
                if able and problem.catalogue.roles[role].quorum and rule.domains == MAJORITY:
                    fewer = f"{role}={rule.level}:{len(able)}"
                    text += f"; fewer than three cannot keep a majority (--spread {fewer} does it all the same)"
                yield text


def _nearest(problem: Problem, supply: _Supply) -> str:
    if supply.nearest is None:
        return ""
    [machine] = problem.pool.take([supply.nearest[1]])
    return f"; {machine.name} comes nearest: {_lacks(problem, machine, supply.pattern)}"


def _banned(problem: Problem, supply: _Supply) -> str:
    """Name the machines that would do and that a rule leaves out."""
    names = sorted(rule.machine for rule in problem.rules if isinstance(rule, Ban))
    rows = problem.pool.find(names)
    machines = dict(zip(names, problem.pool.take([rows[name] for name in names]), strict=True))
    would = [
        name
        for name, each in machines.items()
        if each.available and (problem.deployment.reuse or not each.runs) and not _lacks(problem, each, supply.pattern)
    ]
    if not would:
        return ""
    more = f" and {len(would) - NAMED:,} more" if len(would) > NAMED else ""
    return f"; nothing runs on {', '.join(would[:NAMED])}{more}, which would do"


def _lacks(problem: Problem, machine: Machine, pattern: Pattern) -> str:
    texts = []
    for resource, need, least in zip(problem.catalogue.resources.values(), pattern.needs, pattern.least, strict=True):
        capacity = machine.capacity.get(resource.name)
        if least and (capacity is None or capacity < least):
            has = "unknown" if capacity is None else show(capacity, resource.kind)
            free = f" with {problem.deployment.headroom} left free" if least > need else ""
            texts.append(f"{resource.name} is {has}, {show(need, resource.kind)} are needed{free}")
    return ", ".join(texts)


def _pin(problem: Problem, rule: Pin, supplies: dict[str, _Supply]) -> Iterable[str]:
    [row] = problem.pool.find([rule.machine]).values()
    [machine] = problem.pool.take([row])
    lacks = _lacks(problem, machine, supplies[rule.role].pattern)
    if lacks:
        yield f"{rule.role} is pinned to {rule.machine}, which cannot run it: {lacks}"
    elif not machine.available:
        yield f"{rule.role} is pinned to {rule.machine}, which is not available"
    elif machine.runs and not problem.deployment.reuse:
        yield f"{rule.role} is pinned to {rule.machine}, which runs {', '.join(machine.runs)} (--reuse takes it)"
