"""Random problems in which anything may share a machine, small enough to be listed too."""

from random import Random
from typing import Any

from obplace.catalogue.load import build
from obplace.deployment import Deployment
from obplace.problem import Problem
from tests.drawn import Drawn


def shared(seed: int) -> Problem:
    """Return a problem of a free catalogue: two resources that add up, one that does not, and rules."""
    return sharing(seed).pose()


def sharing(seed: int) -> Drawn:
    """Return the same as it was drawn."""
    rng = Random(seed)
    names = ["web", "db", "cache", "queue", "cron"][: rng.randint(2, 4)]
    roles = [
        {
            "name": name,
            "max_per_machine": rng.choice((1, 2, 3)),
            "minimum": {
                "only": {
                    "needs": {
                        "units": str(rng.randint(1, 9)),
                        "blocks": str(rng.choice((0, 5, 10, 20))),
                        "grade": str(rng.randint(0, 2)),
                    }
                }
            },
        }
        for name in names
    ]
    kit = build(
        {
            "name": "random",
            "title": "random",
            "source": "a random draw",
            "levels": ["only"],
            "colocation": "free",
            "resources": {
                "units": {"kind": "count", "combine": "sum"},
                "blocks": {"kind": "count", "combine": "sum"},
                "grade": {"kind": "count", "combine": "max"},
            },
            "roles": roles,
            "sharing": [],
        }
    )
    machines = [
        {
            "machine": f"m{number}",
            "units": str(rng.choice((6, 9, 12, 16))),
            "blocks": str(rng.choice((10, 20, 40))),
            "grade": str(rng.randint(0, 2)),
            "rack": f"r{rng.randint(1, 3)}",
            "cost": str(rng.choice((3, 4, 5, 7, 9))),
            "quantity": str(rng.choice((1, 1, 1, 2))),
        }
        for number in range(rng.randint(5, 9))
    ]
    said: dict[str, Any] = {
        "roles": {name: rng.randint(1, 3) for name in names},
        "minimize": rng.choice((("cost",), ("servers",), ())),
    }
    if rng.random() < 0.4:
        said["apart"] = (f"{names[0]}:{names[1]}",)
    if rng.random() < 0.4:
        said["limit"] = {f"{names[0]}.rack": rng.randint(1, 2)}
    if rng.random() < 0.2:
        said["headroom"] = "10%"
    if rng.random() < 0.2:
        said["ban"] = ("m0",)
    return Drawn(kit, Deployment(**said), tuple(machines), {})
