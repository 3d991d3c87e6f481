"""Domains as a whole: the least sum is that of going through every set of machines that may run a role."""

from collections.abc import Iterator, Sequence
from itertools import product
from random import Random

import numpy as np
import pytest

from obplace.blocks import FAR, Block, Load, Member
from obplace.pool import Column

LOADS: tuple[Load, ...] = ((("web", 1),), (("db", 1),), (("web", 1), ("db", 1)), (("db", 2),), (("arb", 1),))


Machine = tuple[str, str, int, list[int | None]]  # rack, zone, how many, the share of each load that it can run


def drawn(rng: Random) -> tuple[list[Member], list[Machine]]:
    """Return members of a block, and machines."""
    members = []
    for rule, role in enumerate(rng.sample(("web", "db"), rng.choice((1, 2)))):
        low = rng.choice((0, 1, 1, 2))
        chosen = rng.random() < 0.8
        members.append(
            Member(
                rule,
                role,
                "rack",
                chosen,
                low if chosen else 0,
                max(low, rng.choice((1, 2, 3))),
                ("zone", rng.choice((1, 2))) if rng.random() < 0.4 else None,
                rng.randint(-8, 4) if chosen else 0,
                {"r0": rng.randint(-8, 4)} if chosen and rng.random() < 0.5 else {},
                rng.choice(({}, {}, {"r1": (0, 0)}, {"r1": (1, 1)})) if chosen else {},
            )
        )
    machines = [
        (
            f"r{rng.randrange(3)}",
            f"z{rng.randrange(2)}",
            rng.choice((1, 1, 2)),
            [rng.choice((None, rng.randint(-6, 6))) for _ in LOADS],
        )
        for _ in range(rng.randint(0, 5))
    ]
    return members, machines


def least(members: Sequence[Member], machines: Sequence[Machine]) -> int | None:
    """Return the least sum over all placements, each domain for itself; None where one has to be used and cannot be."""
    total = 0
    for rack in ("r0", "r1", "r2"):
        here = [(zone, shares) for at, zone, count, shares in machines if at == rack for _ in range(count)]
        zones = [zone for zone, _ in here]
        ways = [
            [(0, ()), *((share, load) for share, load in zip(shares, LOADS, strict=True) if share is not None)]
            for _, shares in here
        ]
        values = [
            sum(share for share, _ in way) + used for way in product(*ways) for used in uses(members, rack, zones, way)
        ]
        if not values:
            return None
        total += min(values)
    return total


def uses(members: Sequence[Member], rack: str, zones: Sequence[str], way: Sequence[tuple[int, Load]]) -> Iterator[int]:
    """Yield what the factors of a domain with these loads come to, for each way to call it used that is allowed."""
    options = []
    for each in members:
        copies = [dict(load).get(each.role, 0) for _, load in way]
        by_zone = [sum(n for n, at in zip(copies, zones, strict=True) if at == zone) for zone in set(zones)]
        low, high = each.ends.get(rack, (0, 1))
        if sum(copies) > each.high or (each.limit is not None and max(by_zone, default=0) > each.limit[1]):
            options.append([])
        elif not each.chosen:
            options.append([0])
        else:
            unused = [0] if low == 0 and not any(copies) else []
            options.append(unused + ([each.factor_in(rack)] if high == 1 and sum(copies) >= each.low else []))
    yield from (sum(chosen) for chosen in product(*options))


def reckoned(members: Sequence[Member], machines: Sequence[Machine], scale: int = 1) -> int | None:
    """Return what a block makes of them, with what machines add that run none of its roles."""
    block = Block(members, LOADS)
    total = 0
    for part in (machines[:2], machines[2:]):
        racks, zones = (Column(np.arange(len(part), dtype=np.int32), tuple(row[n] for row in part)) for n in (0, 1))
        fits = [np.array([row[3][load] is not None for row in part], dtype=np.bool_) for load in range(len(LOADS))]
        kind = object if scale > FAR else np.int64
        shares = [np.array([(row[3][load] or 0) * scale for row in part], dtype=kind) for load in range(len(LOADS))]
        counts = np.array([row[2] for row in part], dtype=np.int64)
        free = block.add([racks, *(zones for each in members if each.limit)], fits, shares, counts)
        total += sum(int(each) * count for each, count in zip(free, counts.tolist(), strict=True))
    found, _ = block.least(3)
    return None if found is None else found + total


@pytest.mark.parametrize("start", range(0, 1200, 300))
def test_least_is_that_of_every_placement(start: int) -> None:
    """Whatever the members, the limits, the splits and the machines; and some of them leave no placement at all."""
    nothing = 0
    for seed in range(start, start + 300):
        members, machines = drawn(Random(seed))
        known = least(members, machines)
        found = reckoned(members, machines)
        if any(each.limit for each in members):  # how many zones a rack lies in is what counts of a limit: a bound
            assert known is None or (found is not None and found <= known), seed
        else:
            assert found == known, seed
        nothing += known is None

    assert 5 <= nothing <= 150


def test_numbers_of_any_size() -> None:
    """Beyond 64 bits the sums are the same, times the factor."""
    far = 1 << 80
    for seed in range(100):
        members, machines = drawn(Random(seed))
        for each in members:
            each.factor, each.factors = each.factor * far, {name: n * far for name, n in each.factors.items()}
        large = reckoned(members, machines, far)
        for each in members:
            each.factor, each.factors = each.factor // far, {name: n // far for name, n in each.factors.items()}
        small = reckoned(members, machines)
        assert large == (None if small is None else small * far), seed


def test_members_are_of_one_level_and_one_for_a_role() -> None:
    """What a role adds is told once, and of domains that do not cross."""
    one = Member(0, "web", "rack", True, 1, 1, None)
    for other in (Member(1, "web", "rack", True, 1, 1, None), Member(1, "db", "zone", True, 1, 1, None)):
        with pytest.raises(ValueError, match="one level, and once for a role"):
            Block([one, other], LOADS)
    with pytest.raises(ValueError, match="more than 1000 numbers of copies"):
        Block([Member(0, "web", "rack", True, 1, 1000, None)], LOADS)
