"""Random problems in which anything may share a machine, few enough sets of roles to be listed too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pandas as pd

from obplace.catalogue.load import build
from obplace.deployment import Deployment
from obplace.pool import Pool
from obplace.pose import pose
from obplace.problem import Problem

KINDS = ("apart", "most", "limit", "ban", "second", "headroom", "tolerance")
NAMES = ("web", "db", "cache", "queue", "cron", "mail")
SCALES = (1, 10, 1_000, 60_000)  # of amounts, by resource: from a handful to 10^6 units
LARGER = 4  # one problem in so many is beyond exhaustive search
FULL = 0.6  # share of resources of which a role needs something, beside the first
OFTEN = 0.25  # share of problems that hold a kind of rule besides those whose turn it is


@dataclass(frozen=True)
class Shared:
    """One question: roles with their needs, machines, and what is asked; ``kinds`` are the rules that it holds."""

    resources: tuple[str, ...]
    needs: Mapping[str, Mapping[str, str]]
    most: Mapping[str, int]
    machines: Sequence[Mapping[str, str]]
    said: Mapping[str, Any]
    kinds: tuple[str, ...]
    small: bool

    def pose(self) -> Problem:
        """Return the problem."""
        roles = [
            {"name": name, "max_per_machine": self.most[name], "minimum": {"only": {"needs": dict(needs)}}}
            for name, needs in self.needs.items()
        ]
        kit = build(
            {
                "name": "random",
                "title": "random",
                "source": "a random draw",
                "levels": ["only"],
                "colocation": "free",
                "resources": {
                    **{name: {"kind": "count", "combine": "sum"} for name in self.resources},
                    "grade": {"kind": "count", "combine": "max"},
                },
                "roles": roles,
                "sharing": [],
            }
        )
        return pose(kit, Deployment(**self.said), Pool.from_frame(pd.DataFrame(self.machines), kit.kinds))

    def without(self, kind: str) -> "Shared":
        """Return the question without one kind of rule; with two objectives, in the other order."""
        said = {key: value for key, value in self.said.items() if key != kind}
        if kind == "most":
            return replace(self, most=dict(self.said["roles"]))
        if kind == "second":
            said["minimize"] = ("servers",) if self.said["minimize"] == ("cost",) else ("cost",)
        return replace(self, said=said)


def drawn(seed: int) -> Shared:
    """Return the question of a seed: tight enough for its rules to matter, with machines of a few types."""
    rng = Random(seed)
    small = seed % LARGER != LARGER - 1
    kinds = tuple(kind for n, kind in enumerate(KINDS) if n == seed % len(KINDS) or rng.random() < OFTEN)
    names = NAMES[: rng.randint(2, 4) if small else rng.randint(4, 6)]
    resources = tuple(f"r{n}" for n in range(rng.choice((2, 2, 2, 3, 3, 4, 6, 8, 10))))
    scales = {name: rng.choice(SCALES) for name in resources}

    def amount(name: str, low: int, high: int) -> int:
        return rng.randint(low, high) * scales[name] + rng.randrange(scales[name])

    copies = {role: rng.randint(1, 3 if small else 4) for role in names}
    heavy = sorted(names, key=lambda role: -copies[role])
    if {"limit", "most"} & set(kinds):
        copies[heavy[0]] = max(3, copies[heavy[0]])
    needs = {
        role: {
            # Where copies are told how many may share a machine, they are so small that several would.
            name: str(amount(name, *((1, 3) if "most" in kinds and role == heavy[0] else (2, 8))) if full else 0)
            for name in resources
            for full in [name == "r0" or rng.random() < FULL]
        }
        | {"grade": str(rng.choice((0, 0, 0, 1)))}
        for role in names
    }
    # Large machines cost more for their size, so that few servers and little money are two things.
    sizes = (9, 20) if "second" in kinds else tuple(rng.sample((9, 12, 16, 20), 2 if small else 3))
    types = [
        {name: str(amount(name, size, size + 4)) for name in resources}
        | {"grade": str(rng.choice((0, 1, 1))), "cost": str(size * size // 9 - 5 + rng.randint(0, 3))}
        for size in sizes
    ]
    machines = []
    for number in range(rng.randint(5, 7) if small else rng.randint(9, 14)):
        # The machines of one rack are all of the first type, so that a plan likes to lie there.
        rack = rng.randint(0, 2)
        kind = types[0] if rack == 0 and "second" not in kinds else types[number % len(types)]
        machines.append({"machine": f"m{number}", **kind, "rack": f"k{rack}", "quantity": str(rng.choice((1, 1, 2)))})
    said: dict[str, Any] = {"roles": copies, "minimize": ("cost",)}
    if "second" in kinds:
        said["minimize"] = rng.choice((("cost",), ("servers",)))
    if "apart" in kinds:
        said["apart"] = (f"{heavy[0]}:{heavy[1]}",)
    if "limit" in kinds:
        said["limit"] = {f"{heavy[0]}.rack": -(-copies[heavy[0]] // 3)}
    if "ban" in kinds:
        said["ban"] = tuple(f"m{n}" for n in range(rng.randint(1, 2)))
        machines[0] |= {"cost": "1", "grade": "1"}
    if "headroom" in kinds:
        said["headroom"] = rng.choice(("15%", "25%", "35%"))
    if "tolerance" in kinds:
        said["tolerance"] = dict.fromkeys(resources, "30%")
    most = dict(copies)
    if "most" in kinds:
        most = {role: rng.choice((1, 1, 1, 2)) for role in names}
    return Shared(resources, needs, most, machines, said, kinds, small)


def shared(seed: int) -> Problem:
    """Return the problem of a seed."""
    return drawn(seed).pose()
