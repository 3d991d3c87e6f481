"""Fleets to measure: five families, each from its seed, and a reader of the public cloud-balancing sets."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from obplace.fleet import Count, Fleet, Kind, Stand

SMALL = ("cpu", "memory", "network")


def cloudbalancing(path: Path) -> Fleet:
    """Return the fleet of a set of computers and processes, as JSON."""
    data = json.loads(path.read_text())
    computers = Counter(
        (each["cpuPower"], each["memory"], each["networkBandwidth"], each["cost"]) for each in data["computerList"]
    )
    processes = Counter(
        (each["requiredCpuPower"], each["requiredMemory"], each["requiredNetworkBandwidth"])
        for each in data["processList"]
    )
    return Fleet(SMALL, _kinds(processes), _stands(computers))


def oceanbase(machines: int, seed: int) -> Fleet:
    """Family a: clusters of four sizes over three zones of many racks, three servers of different ones on a machine.

    A kind is the servers of one size in one zone: of those clusters that have as many there, so that the row "at most
    one of each cluster in a rack" is "at most as many as there are clusters".
    """
    random = np.random.default_rng(seed)
    clusters = machines * 3 // 100
    racks = max(3, machines // 40)
    sizes = ((4, 16), (8, 64), (16, 128), (32, 256))
    kinds: list[Kind] = []
    counts: list[Count] = []
    for zone in range(3):
        asked = Counter((int(random.integers(4)), int(random.integers(1, 4))) for _ in range(clusters))
        for (size, servers), number in sorted(asked.items()):
            cpu, memory = sizes[size]
            name = f"z{zone} {cpu}C/{memory}G x{servers}"
            counts += [Count((len(kinds),), f"rack {rack}", number) for rack in range(zone, racks, 3)]
            kinds.append(Kind(name, number * servers, (cpu, memory, 1, *(int(z == zone) for z in range(3)))))
    kinds.append(Kind("odp", clusters // 3, (4, 8, 0, 0, 0, 0)))
    kinds.append(Kind("ocp", 3, (32, 128, 0, 0, 0, 0), 1))
    found: dict[tuple[int, tuple[int, ...]], Counter[int]] = {}
    for number in range(machines):
        rack = number % racks
        cpu = int(random.choice((16, 32, 64, 96)))
        memory = cpu * int(random.choice((4, 8)))
        price = int((30 * cpu + 4 * memory) * random.uniform(0.9, 1.2)) // 20 * 20
        zones = tuple(3 * int(rack % 3 == zone) for zone in range(3))
        found.setdefault((rack, (cpu, memory, 3, *zones)), Counter())[price] += 1
    stands = tuple(
        Stand(f"rack {rack} {room[:2]}", room, tuple(sorted(prices.items())), frozenset({f"rack {rack}"}))
        for (rack, room), prices in sorted(found.items())
    )
    return Fleet(("cpu", "memory", "servers", "zone 0", "zone 1", "zone 2"), tuple(kinds), stands, counts=tuple(counts))


def sharing(machines: int, seed: int) -> Fleet:
    """Family b: anything may share a machine; half as many types as machines, prices not proportional to size."""
    random = np.random.default_rng(seed)
    types = []
    for _ in range(max(1, machines // 2)):
        cpu = int(random.choice((4, 6, 8, 12, 16, 24, 32)))
        room = (cpu, cpu * int(random.choice((1, 2, 3, 4))), int(random.choice((4, 6, 8, 12, 16, 24))))
        types.append((*room, int(_price(room) * random.uniform(0.8, 1.2)) // 10 * 10))
    chosen = Counter(types[n] for n in random.integers(0, len(types), machines).tolist())
    return Fleet(SMALL, _items(random, 3 * machines), _stands(chosen))


def cloud(machines: int, seed: int) -> Fleet:
    """Machines and items as the public sets have them: grades whose prices add up, and needs that are mostly one.

    The prices are those of the public sets, where each of a machine's three grades is at most one from another, nearly
    always; needs fall off as there.
    """
    random = np.random.default_rng(seed)
    grades = (
        ((3, 110), (4, 140), (6, 180), (8, 270), (12, 400), (16, 1000), (24, 3000)),
        ((2, 140), (4, 180), (8, 220), (16, 300), (32, 400), (64, 600), (96, 1000)),
        ((2, 100), (4, 200), (6, 300), (8, 400), (12, 600), (16, 800), (20, 1000)),
    )
    found: Counter[tuple[int, ...]] = Counter()
    for _ in range(machines):
        middle = random.integers(0, 7)
        parts = [grade[int(np.clip(middle + random.integers(-1, 2), 0, 6))] for grade in grades]
        found[(*(room for room, _ in parts), sum(price for _, price in parts))] += 1
    columns = [1 + ((2000.0 ** random.random(3 * machines) - 1) / 1999 * most).astype(int) for most in (12, 32, 12)]
    return Fleet(SMALL, _kinds(Counter(zip(*(column.tolist() for column in columns), strict=True))), _stands(found))


def different(machines: int, seed: int) -> Fleet:
    """Family c: every machine has a price and a size of its own."""
    random = np.random.default_rng(seed)
    found: Counter[tuple[int, ...]] = Counter()
    for _ in range(machines):
        cpu = int(random.integers(4, 33))
        room = (cpu, int(np.clip(cpu * random.uniform(1, 4), 4, 96)), int(random.integers(4, 25)))
        found[(*room, int(_price(room) * random.uniform(0.8, 1.2)))] += 1
    return Fleet(SMALL, _items(random, 3 * machines), _stands(found))


def dimensions(machines: int, seed: int) -> Fleet:
    """Family d: eight resources, numbers up to a million."""
    random = np.random.default_rng(seed)
    rooms = random.integers(200_000, 1_000_000, (max(2, machines // 15), 8))
    weights = random.uniform(0.5, 1.5, 8)
    prices = (rooms @ weights / 1000 * random.uniform(0.8, 1.2, len(rooms))).astype(int)
    chosen = Counter((*rooms[n].tolist(), int(prices[n])) for n in random.integers(0, len(rooms), machines))
    needs = np.clip(np.exp(random.normal(np.log(80_000), 0.6, (machines // 2, 8))), 1000, 600_000).astype(int)
    needs = needs[(needs[:, None, :] <= rooms[None]).all(axis=2).any(axis=1)]
    asked = Counter(tuple(needs[n].tolist()) for n in random.integers(0, len(needs), 3 * machines))
    return Fleet(tuple(f"resource {r}" for r in range(8)), _kinds(asked), _stands(chosen))


FAMILIES: dict[str, Callable[[int, int], Fleet]] = {
    "oceanbase": oceanbase,
    "sharing": sharing,
    "cloud": cloud,
    "different": different,
    "dimensions": dimensions,
}


def _price(room: tuple[int, ...]) -> int:
    return 60 * room[0] + 12 * room[1] + 40 * room[2]


def _items(random: np.random.Generator, number: int) -> tuple[Kind, ...]:
    spread = ((0.7, 0.7, 16), (1.6, 0.8, 60), (0.5, 0.7, 16))
    columns = [np.clip(np.exp(random.normal(mean, dev, number)), 1, most).astype(int) for mean, dev, most in spread]
    return _kinds(Counter(zip(*(column.tolist() for column in columns), strict=True)))


def _kinds(asked: Counter[tuple[int, ...]]) -> tuple[Kind, ...]:
    return tuple(Kind("-".join(map(str, needs)), copies, needs) for needs, copies in sorted(asked.items()))


def _stands(machines: Counter[tuple[int, ...]]) -> tuple[Stand, ...]:
    """Return the stands of machines by capacities and, last, price."""
    found: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for (*room, price), number in sorted(machines.items()):
        found.setdefault(tuple(room), []).append((price, number))
    return tuple(Stand("-".join(map(str, room)), room, tuple(prices)) for room, prices in found.items())
