"""Check what prices prove of a fleet, where what one machine can run is too much to list: numpy and nothing above.

```text
certificate  {"schema": "obplace.fleet-certificate/1", "fingerprint": 32 hexadecimal digits, "unit": u, "scale": s,
              "bound": integer, "worth": {ROLE: price}, "tolls": {RULE: {DOMAIN: price}}, "surrogates": [[weight, ...]]}
```
The bound is on ``u * first objective + second objective``, where u is more than the second can ever be. Prices are
integers in 1 / s of it: worth of a copy of a role, not negative, and of a rule "at most k in a domain" (RULE is its
place in the plan's list) in a domain, not positive. A spread of n copies over d domains is such a rule too, with n / d
rounded up. For any such prices no plan has less than

    sum of worth * copies + sum of toll * k + over all machines the lesser of 0 and s * price - most

where ``most`` is no less than what a machine's copies are worth together, tolls of its domains counted. That is found
by a dynamic programme over the capacities of the largest machine if it has no more than `STATES` points, else by
surrogates, weights of the resources: most <= weights @ capacity + sum of copies * max(0, worth - weights @ need), each
in 1 / s. A rule "at most k of some roles on a machine" is one more resource, of which a machine has k and a copy takes
1; they come last, in the order of rules. Keeping roles apart is not looked at: it only makes plans dearer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from math import gcd, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from obplace.able import Machines, counts
from obplace.catalogue import Combine
from obplace.pool import Batch
from obplace.problem import Problem
from obplace.rules import Limit, PerMachine, Rule, Spread

SCHEMA = "obplace.fleet-certificate/1"
STATES = 1_000_000

Group = tuple[tuple[int, ...], tuple[int, ...]]  # worth of a copy of each role here, capacities


@dataclass(frozen=True)
class FleetCertificate:
    """Prices, and the bound that they are said to prove; see the head of this file."""

    fingerprint: str
    unit: int
    scale: int
    bound: int
    worth: Mapping[str, int]
    tolls: Mapping[str, Mapping[str, int]]
    surrogates: Sequence[Sequence[int]]


def to_json(certificate: FleetCertificate) -> dict[str, Any]:
    """Return the document of a certificate."""
    return {"schema": SCHEMA, **asdict(certificate)}


def parse(document: Any) -> FleetCertificate:
    """Return the certificate in a JSON document.

    Raises
    ------
    ValueError
        It is none; the text says where.
    """
    keys = {"schema", *FleetCertificate.__dataclass_fields__}
    if not isinstance(document, dict) or set(document) != keys or document["schema"] != SCHEMA:
        raise ValueError(f"expected {SCHEMA} with the keys {', '.join(sorted(keys))}")
    for key in ("unit", "scale", "bound"):
        if not _whole(document[key]) or document[key] < (key != "bound"):
            raise ValueError(f"{key}: expected a whole number, found {str(document[key])[:40]!r}")
    worth, tolls, weights = document["worth"], document["tolls"], document["surrogates"]
    if not isinstance(worth, dict) or not all(_whole(price) and price >= 0 for price in worth.values()):
        raise ValueError("worth: expected a price of 0 or more by role")
    if not isinstance(tolls, dict) or not all(
        isinstance(each, dict) and all(_whole(price) and price <= 0 for price in each.values())
        for each in tolls.values()
    ):
        raise ValueError("tolls: expected prices of 0 or less by rule and domain")
    if not isinstance(weights, list) or not all(
        isinstance(each, list) and all(_whole(weight) and weight >= 0 for weight in each) for each in weights
    ):
        raise ValueError("surrogates: expected lists of weights of 0 or more")
    return FleetCertificate(**{key: document[key] for key in keys - {"schema"}})


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 62


def fleet_bound(problem: Problem, certificate: FleetCertificate) -> int:
    """Return what the prices prove on the pool of the problem, in the units of the certificate's bound.

    Raises
    ------
    ValueError
        A price names what the problem does not have, or the unit is too small for the second objective.
    """
    roles = [role for role in problem.counts if problem.bounds(role)[0] > 0]
    if unknown := set(certificate.worth) - set(roles):
        raise ValueError(f"worth: {sorted(unknown)[0]} is no role here")
    worth = [certificate.worth.get(role, 0) for role in roles]
    copies = [problem.bounds(role)[0] for role in roles]
    most = [min(problem.bounds(role)[1], problem.catalogue.roles[role].max_per_machine) for role in roles]
    total = sum(price * number for price, number in zip(worth, copies, strict=True))
    tolls: dict[tuple[int, str, str], int] = {}  # by role, level and domain
    for key, by_domain in certificate.tolls.items():
        limit = _limit(problem, problem.rules[int(key)]) if key.isdecimal() and int(key) < len(problem.rules) else None
        if limit is None:
            raise ValueError(f"tolls: rule {key} is no limit in a domain")
        for domain, price in by_domain.items():
            place = (roles.index(limit.role), limit.level, domain)
            tolls[place] = tolls.get(place, 0) + price
            total += price * limit.copies
    names = [name for name, each in problem.catalogue.resources.items() if each.combine is Combine.SUM]
    crowds = [rule for rule in problem.rules if isinstance(rule, PerMachine)]
    needs = np.array(
        [
            [*(_need(problem, role, name) for name in names), *(int(role in rule.roles) for rule in crowds)]
            for role in roles
        ],
        dtype=object,
    )
    able = Machines(problem, [((role, 1),) for role in roles])
    prices: dict[Group, dict[tuple[int, int], int]] = {}  # by group: how many machines by first and second objective
    for batch in problem.pool:
        marks = np.array(able.fits(batch), dtype=np.bool_)
        for group, amounts, number in _machines(problem, names, worth, tolls, batch, marks):
            there = prices.setdefault(group, {})
            there[amounts] = there.get(amounts, 0) + number
    second = sum(pair[1] * number for each in prices.values() for pair, number in each.items())
    if certificate.unit <= second:
        raise ValueError(f"unit: {certificate.unit} is no more than {second}, which the second objective may reach")
    best = _most(list(prices), needs, np.array(most, dtype=object), certificate.surrogates)
    for group, there in prices.items():
        for (first, other), number in there.items():
            total += number * min(0, certificate.scale * (first * certificate.unit + other) - best[group])
    return max(0, -(-total // certificate.scale))


def _limit(problem: Problem, rule: Rule) -> Limit | None:
    """Return what a rule says at most of a role in each domain of a level."""
    match rule:
        case Limit():
            return rule
        case Spread(role, level, domains):
            return Limit(role, level, -(-problem.bounds(role)[1] // domains))
        case _:
            return None


def _need(problem: Problem, role: str, resource: str) -> int:
    need = problem.needs[role].get(resource)
    return 0 if need is None else need.base + need.raised


def _machines(
    problem: Problem,
    names: Sequence[str],
    worth: Sequence[int],
    tolls: Mapping[tuple[int, str, str], int],
    batch: Batch,
    marks: NDArray[np.bool_],
) -> Iterator[tuple[Group, tuple[int, int], int]]:
    """Yield the group of each machine that may run a role, what it adds to both objectives, how many it stands for.

    ``marks`` say which roles it may run, shape (roles, machines).
    """
    columns = [batch.column(name) for name in names]
    levels = {level: batch.domain(level) for _, level, _ in tolls}
    numbers = counts(problem, batch).tolist()
    crowds = [rule.copies for rule in problem.rules if isinstance(rule, PerMachine)]
    for row in np.flatnonzero(marks.any(axis=0)).tolist():
        here = [price if able else 0 for price, able in zip(worth, marks[:, row].tolist(), strict=True)]
        for (role, level, domain), toll in tolls.items():
            column = levels[level]
            if column.values[column.codes[row]] == domain and here[role]:
                here[role] += toll
        room = tuple(
            _room(problem, name, column.values[column.codes[row]]) for name, column in zip(names, columns, strict=True)
        )
        amounts = {"servers": 1, "cost": int(batch.price[row])}
        first, second = [*(amounts[name] for name in problem.objectives), 0][:2]
        yield (tuple(here), (*room, *crowds)), (first, second), numbers[row]


def _room(problem: Problem, resource: str, capacity: int | str | None) -> int:
    """Return what copies may take of a capacity: need * (1 - tolerance) <= capacity * (1 - headroom)."""
    tolerance = problem.tolerance.get(resource, Fraction(0))
    return int(int(capacity or 0) * (1 - problem.headroom) / (1 - tolerance))


def _most(
    groups: Sequence[Group], needs: NDArray[Any], most: NDArray[Any], surrogates: Sequence[Sequence[int]]
) -> dict[Group, int]:
    """Return for each group what no set of copies on one of its machines is worth more than."""
    units = [gcd(*needs[:, r].tolist()) or 1 for r in range(needs.shape[1])]
    needs = needs // np.array(units, dtype=object)
    rooms = {group: [room // unit for room, unit in zip(group[1], units, strict=True)] for group in groups}
    reach = [int((needs[:, r] * most).sum()) for r in range(needs.shape[1])]
    rooms = {group: [min(each) for each in zip(room, reach, strict=True)] for group, room in rooms.items()}
    box = [1 + max((room[r] for room in rooms.values()), default=0) for r in range(needs.shape[1])]
    answer: dict[Group, int] = {}
    if prod(box) <= STATES:
        for worth in {group[0] for group in groups}:
            table = _table(box, needs, worth, most)
            answer |= {group: int(table[tuple(rooms[group])]) for group in groups if group[0] == worth}
        return answer
    for group in groups:
        worths = np.array(group[0], dtype=object)
        ways = [int((np.maximum(worths, 0) * most).sum())]
        for weights in surrogates:
            if len(weights) == len(box):
                over = worths - needs @ np.array(weights, dtype=object)
                ways.append(
                    sum(weight * room for weight, room in zip(weights, rooms[group], strict=True))
                    + int((np.maximum(over, 0) * most).sum())
                )
        answer[group] = min(ways)
    return answer


def _table(box: Sequence[int], needs: NDArray[Any], worth: Sequence[int], most: NDArray[Any]) -> NDArray[np.int64]:
    """Return the most that copies are worth together, by capacity: copies of a role in parcels of 1, 2, 4, ..."""
    if sum(max(0, price) * int(number) for price, number in zip(worth, most, strict=True)) >= 1 << 62:
        raise ValueError("worth: prices add up beyond 64 bits")
    best = np.zeros(box, dtype=np.int64)
    for price, need, number in zip(worth, needs, most, strict=True):
        left, parcel = int(number), 1
        while price > 0 and left > 0:
            take = min(parcel, left)
            steps = [int(each) * take for each in need]
            if any(step >= side for step, side in zip(steps, box, strict=True)):
                break
            behind = tuple(slice(step, None) for step in steps)
            before = tuple(slice(0, side - step) for step, side in zip(steps, box, strict=True))
            best[behind] = np.maximum(best[behind], best[before] + price * take)
            left -= take
            parcel *= 2
    return best
