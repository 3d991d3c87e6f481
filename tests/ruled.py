"""Problems of a few machines made of rules, not of the user's words, for tests of what a rule means."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from obplace.catalogue import Catalogue
from obplace.deployment import Deployment
from obplace.pool import Pool
from obplace.problem import Need, Problem
from obplace.rules import AtLeast, AtMost, Rule, levels


def ruled(
    kit: Catalogue,
    machines: Sequence[dict[str, Any]],
    counts: Mapping[str, int],
    *rules: Rule,
    zoned: Sequence[str] = (),
    objectives: Sequence[str] = ("servers",),
    bounded: bool = True,
) -> Problem:
    """Return the problem in which these rules hold, and exactly so many copies run unless it is not ``bounded``."""
    import pandas as pd

    pool = Pool.from_frame(pd.DataFrame(machines), kit.kinds)
    level = kit.levels[0]
    exact = [rule for role, copies in counts.items() for rule in (AtLeast((role,), copies), AtMost((role,), copies))]
    read = {level for rule in rules for _, level in levels(rule)}
    names = {
        level: {str(name) for machine in pool.take(range(len(pool))) if (name := machine.domains[level]) is not None}
        for level in read
        if level in pool.levels
    }
    if "zone" in read:
        names["zone"] = names.get("zone", set()) | set(zoned)
    sharing = {(pair.guest, pair.host): pair.included for pair in kit.sharing}
    included = frozenset(pair for pair, inside in sharing.items() if inside)
    return Problem(
        catalogue=kit,
        deployment=Deployment(),
        pool=pool,
        level=level,
        counts=dict(counts),
        needs={
            role: {name: Need(amount) for name, amount in kit.roles[role].minimums[level].needs.items() if amount}
            for role in counts
        },
        included=included,
        added=frozenset(sharing) - included,
        rules=(*(exact if bounded else ()), *rules),
        objectives=tuple(objectives),
        headroom=Fraction(0),
        tolerance={},
        domains={level: tuple(sorted(found)) for level, found in sorted(names.items())},
        zoned=tuple(zoned),
        beyond=(),
    )
