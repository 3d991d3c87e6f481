"""Why a rule on places leaves a role no room even if nothing else ran: too few domains, or too few machines there."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from obplace.patterns import most_copies
from obplace.pool import Batch, Column
from obplace.problem import Problem
from obplace.rules import Across, Apart, Layout, Limit, Majority, Rule, Same, Spread, Within, levels, sentence

INNER = {"region": ("idc",), "idc": ()}  # the levels inside which a zone that lies in one domain lies in one of these
NAMED = 4  # domains that a sentence names before it counts the rest


@dataclass
class Places:
    """The machines that can run one role alone, counted by domain and label.

    ``counts`` has the values of ``columns`` as keys; a row of several machines counts as many.
    """

    columns: tuple[str, ...]
    counts: Counter[tuple[str | None, ...]] = field(default_factory=Counter)

    def add(self, batch: Batch, able: NDArray[np.bool_], machines: NDArray[np.int64]) -> None:
        """Count the rows of a mask, each for so many machines."""
        rows = np.flatnonzero(able)
        if not len(rows):
            return
        found = [_column(batch, name) for name in self.columns]
        codes = np.array([column.codes[rows] for column in found] or [np.zeros(len(rows), np.int32)])
        keys, which = np.unique(codes, axis=1, return_inverse=True)
        sums = np.bincount(which.reshape(-1), weights=machines[rows])
        for key, number in zip(keys.T.tolist(), sums.tolist(), strict=True):
            values = [column.values[code] for column, code in zip(found, key, strict=False)]
            self.counts[tuple(None if value is None else str(value) for value in values)] += int(number)

    def by(self, *columns: str) -> Counter[tuple[str, ...]]:
        """Return the machines by the values of some columns, without those that leave one of these blank."""
        picked = [self.columns.index(name) for name in columns]
        answer: Counter[tuple[str, ...]] = Counter()
        for key, number in self.counts.items():
            values = [value for index in picked if (value := key[index]) is not None]
            if len(values) == len(picked):
                answer[tuple(values)] += number
        return answer


def columns_read(problem: Problem, role: str) -> tuple[str, ...]:
    """Return the levels and labels that say whether there is room for a role, as far as the pool has them."""
    pool = problem.pool
    read = {level for rule in problem.rules for one, level in levels(rule) if one == role}
    read |= {rule.column for rule in problem.rules if isinstance(rule, Same) and rule.role == role}
    return tuple(name for name in (*pool.levels, "arch", "os") if name in read and name in pool.columns)


def crowded(problem: Problem, role: str, places: Places) -> Iterator[str]:
    """Yield a sentence for each rule on the role alone for which no choice of domains has room."""
    view = _View(problem, role, places)
    for rule in problem.rules:
        if getattr(rule, "role", None) == role and not view.blind(rule):
            yield from view.rule(rule)
    yield from view.nested()


def mingled(problem: Problem, places: Mapping[str, Places]) -> Iterator[str]:
    """Yield a sentence for each two roles that are to share no domain, and have too few domains for that."""
    for rule in problem.rules:
        if not isinstance(rule, Apart) or rule.level is None or not {rule.first, rule.second} <= places.keys():
            continue
        views = [_View(problem, role, places[role]) for role in (rule.first, rule.second)]
        if any(view.blind(rule) for view in views):
            continue
        there = Counter({name: 0 for view in views for name in view.machines(rule.level)})
        wanted = sum(view.least_domains(rule.level) for view in views)
        if len(there) < wanted:
            text = f"{sentence(rule)}, so that they want {wanted} {rule.level}s"
            yield f"{text}, and machines for them {_lie(rule.level, there)}" if there else text


class _View:
    """What the rules say of one role, beside the machines that it may run on."""

    def __init__(self, problem: Problem, role: str, places: Places) -> None:
        self.problem, self.role, self.places = problem, role, places
        self.copies = problem.bounds(role)[0]
        self.most = max(1, most_copies(problem)[role])
        self.rules = [rule for rule in problem.rules if getattr(rule, "role", None) == role]
        spread = [rule.domains for rule in self.rules if isinstance(rule, Spread) and rule.level == "zone"]
        self.zones = max(spread, default=1)
        self.in_zone = max(1, self.copies // self.zones)  # copies that each zone has at least

    def blind(self, rule: Rule) -> bool:
        """Does the rule read of the role what the pool does not have?"""
        if self.problem.zoned and getattr(rule, "level", None) == "zone":
            return True  # the plan gives the zones, so that there is room in as many as it likes
        read = [level for role, level in levels(rule) if role == self.role]
        given = ["zone"] if self.problem.zoned else []
        return any(level not in (*self.places.columns, *given) for level in read)

    def rule(self, rule: Rule) -> Iterator[str]:
        match rule:
            case Limit(_, level, copies):
                room = sum(min(copies, number * self.most) for number in self.machines(level).values())
                if room < self.copies:
                    yield f"{sentence(rule)}: {self.have(level)}, which is room for {room} of {self.copies}"
            case Across(_, level, domains):
                if len(self.machines(level)) < domains:
                    yield f"{sentence(rule)}, and {self.have(level)}"
            case Layout(_, level, zones):
                if not _fit(zones, list(self.room(level).values())):
                    yield f"{self.asked(rule)}, and {self.have(level)}"
            case Within(_, level) if self.problem.zoned or len(self.places.by("zone")) >= self.zones:
                room = sum(self.room(level).values())
                if room < self.zones:
                    text = f"{sentence(rule)}, with {self.servers()} in each"
                    yield f"{text}, and {self.have(level)}, which is room for {room} of {self.zones} zones"
            case Majority(_, level, zones, arbiter):
                yield from self.majority(rule, level, zones, arbiter)
            case Same(_, column, None) if column in self.places.columns:
                wanted, found = -(-self.copies // self.most), self.places.by(column)
                if max(found.values(), default=0) < wanted:
                    has = ", ".join(f"{number} with {value}" for (value,), number in found.most_common(NAMED))
                    yield f"{sentence(rule)}, and of the machines for it there are {has or 'none with a known one'}"
            case _:
                pass

    def majority(self, rule: Rule, level: str, zones: int | None, arbiter: str | None) -> Iterator[str]:
        votes, what = (self.copies, "copies") if zones is None else (zones, "zones")
        allowed = (votes + (arbiter is not None and votes % 2 == 0) - 1) // 2
        there = self.machines(level) if zones is None else self.room(level)
        most = self.most if zones is None else 1
        if sum(min(number * most, allowed) for number in there.values()) < votes:
            yield f"{sentence(rule)}, so that each may hold {allowed} of the {votes} {what}, and {self.have(level)}"

    def nested(self) -> Iterator[str]:
        """Yield why layouts of IDCs and of regions, each possible by itself, are not so together."""
        layouts = {rule.level: rule for rule in self.rules if isinstance(rule, Layout) and not self.blind(rule)}
        if not {"idc", "region"} <= layouts.keys():
            return
        idcs, regions = layouts["idc"], layouts["region"]
        if any(not _fit(rule.zones, list(self.room(rule.level).values())) for rule in (idcs, regions)):
            return
        homes = {idc: region for region, idc in self.places.by("region", "idc")}
        inside: defaultdict[str, list[int]] = defaultdict(list)
        for idc, room in self.room("idc").items():
            if idc in homes:
                inside[homes[idc]].append(room)
        if not _nest(list(regions.zones), list(idcs.zones), dict(inside)):
            number = len(regions.zones)
            of = "one region" if number == 1 else f"{number} regions, {_dashed(regions.zones)}"
            none = "no region has" if number == 1 else "no such regions have"
            yield f"{self.asked(idcs)}, of {of}; {none} these, for {self.have('idc')}"

    def asked(self, rule: Layout) -> str:
        """Return what a layout asks for, with the servers of a zone where these matter."""
        level = f"{len(rule.zones)} {rule.level}{'' if len(rule.zones) == 1 else 's'}"
        each = f", with {self.servers()} in each zone" if self.in_zone > 1 else ""
        return f"the zones of {self.role} are to lie in {level}, {_dashed(rule.zones)}{each}"

    def servers(self) -> str:
        number = -(-self.in_zone // self.most)
        return f"{number} server{'' if number == 1 else 's'}"

    def machines(self, level: str) -> Counter[str]:
        """Return the machines for the role by domain."""
        return Counter({name: number for (name,), number in self.places.by(level).items()})

    def room(self, level: str) -> Counter[str]:
        """Return how many zones of the role each domain of a level has room for, at most."""
        inside = any(isinstance(rule, Within) and rule.level in (level, *INNER.get(level, ())) for rule in self.rules)
        # A zone that may lie in several domains needs one machine in each.
        each = -(-self.in_zone // self.most) if inside else 1
        if self.problem.zoned:
            return Counter({name: number // each for name, number in self.machines(level).items() if number >= each})
        return Counter(name for (name, _), number in self.places.by(level, "zone").items() if number >= each)

    def least_domains(self, level: str) -> int:
        """Return in how many domains of a level the role runs at least."""
        found = [1]
        for rule in self.rules:
            match rule:
                case Layout(_, where, zones) if where == level:
                    found.append(len(zones))
                case Across(_, where, domains) | Spread(_, where, domains) if where == level:
                    found.append(domains)
                case _:
                    pass
        return max(found)

    def have(self, level: str) -> str:
        there = self.machines(level)
        return f"machines for it {_lie(level, there)}" if there else f"no {level} has a machine for it"


def _fit(wanted: Sequence[int], room: Sequence[int]) -> bool:
    """Is there for each wanted number a domain of its own with that much room?"""
    ordered = sorted(room, reverse=True)
    return len(ordered) >= len(wanted) and all(
        has >= number for number, has in zip(sorted(wanted, reverse=True), ordered, strict=False)
    )


def _nest(regions: list[int], idcs: list[int], inside: Mapping[str, list[int]]) -> bool:
    """Can the zones of each region be those of some IDCs, in a region of its own that has room for these?"""
    if not regions:
        return not idcs
    for size in range(1, len(idcs) + 1):
        for chosen in combinations(range(len(idcs)), size):
            group = [idcs[index] for index in chosen]
            if sum(group) != regions[0]:
                continue
            rest = [number for index, number in enumerate(idcs) if index not in chosen]
            for region, room in inside.items():
                others = {name: each for name, each in inside.items() if name != region}
                if _fit(group, room) and _nest(regions[1:], rest, others):
                    return True
    return False


def _lie(level: str, there: Counter[str]) -> str:
    """Return 'lie in 2 idcs: ', with their names, and the numbers of their machines where these are counted."""
    names = [f"{name} ({number})" if number else name for name, number in sorted(there.items())]
    shown = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED:,} more" if len(names) > NAMED else "")
    return f"lie in {len(there):,} {level}{'' if len(there) == 1 else 's'}: {shown}"


def _dashed(zones: Sequence[int]) -> str:
    return "-".join(map(str, zones))


def _column(batch: Batch, name: str) -> Column:
    return batch.domain(name) if name in ("region", "idc", "rack", "zone") else batch.column(name)
