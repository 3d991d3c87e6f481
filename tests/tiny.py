"""Problems of a few machines, written out by hand, for tests that compute the answer in a comment."""

from collections.abc import Mapping, Sequence
from typing import Any

from obplace.catalogue import Catalogue
from obplace.catalogue.load import build
from obplace.deployment import Deployment
from obplace.pool import Pool
from obplace.pose import pose
from obplace.problem import Problem


def catalogue(
    needs: Mapping[str, int],
    *,
    most: int = 1,
    included: Sequence[tuple[str, str]] = (),
    added: Sequence[tuple[str, str]] = (),
    free: bool = False,
) -> Catalogue:
    """Return a catalogue of roles that need so many units; ``included`` and ``added`` are pairs (guest, host)."""
    pairs = [(*pair, "included") for pair in included] + [(*pair, "added") for pair in added]
    roles = [
        {"name": role, "max_per_machine": most, "minimum": {"only": {"needs": {"units": str(units)}}}}
        for role, units in needs.items()
    ]
    return build(
        {
            "name": "tiny",
            "title": "tiny",
            "source": "made up",
            "levels": ["only"],
            "colocation": "free" if free else "listed",
            "resources": {"units": {"kind": "count", "combine": "sum"}},
            "roles": roles,
            "sharing": [{"guest": guest, "host": host, "how": how} for guest, host, how in pairs],
        }
    )


def tiny(kit: Catalogue, machines: Sequence[dict[str, Any]], **said: Any) -> Problem:
    """Return the problem over machines given by their columns; ``said`` are the fields of a Deployment."""
    import pandas as pd

    return pose(kit, Deployment(**said), Pool.from_frame(pd.DataFrame(machines), kit.kinds))
