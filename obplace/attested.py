"""What is proven of a fleet, in the words of its problem: a certificate that anybody can check on the pool."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from obplace import fleet_form
from obplace.covering import Covering, Leaf, Node, Row
from obplace.fingerprint import fingerprint
from obplace.fleet_certificate import fleet_bound
from obplace.fleet_form import CutRow, FleetCertificate, FleetRow, Hold, WorthRow
from obplace.holding import POINT
from obplace.knapsack import STATES, grid
from obplace.lot import Lot
from obplace.pricing import grouped

SURROGATES = 400  # weights of resources in a row, about, at most
NARROW = 10  # of them for one machine, beside those for all its room


def certificate_of(made: Lot, proof: Covering) -> FleetCertificate | None:
    """Return the certificate of a proof, with the bound that its checker finds; None where that finds nothing."""
    problem = made.problem
    certificate = FleetCertificate(
        fingerprint(problem),
        made.fleet.unit,
        proof.bound,
        tuple(_row(made, row) for row in proof.rows),
        _node(made, proof.tree),
    )
    bound = fleet_bound(problem, certificate)
    if (bound is None) != (proof.bound is None):
        return None
    return replace(certificate, bound=bound)


def _row(made: Lot, row: Row) -> FleetRow:
    """Return a row in the words of a certificate: of roles, and of the domains in which some of their copies count."""
    fleet = made.fleet
    if row.worth is not None:
        return _worths(made, row.worth, row.tolls, row.most)
    roles = {made.parts[k].role for k in row.kinds}
    if {k for k, part in enumerate(made.parts) if part.role in roles} == set(row.kinds):
        resource = None if row.resource is None else fleet.resources[row.resource]
        return CutRow(tuple(role for role in made.problem.counts if role in roles), resource)
    weights = np.ones(len(fleet.kinds), dtype=np.int64) if row.resource is None else fleet.needs[:, row.resource]
    return _worths(made, [int(weights[k]) if k in row.kinds else 0 for k in range(len(fleet.kinds))], (), row.most)


def _worths(made: Lot, worth: Sequence[int], tolls: Sequence[int], holds: Sequence[int]) -> WorthRow:
    """Return a row of worths: where a domain's copies are worth less than others of their role, a toll is the rest."""
    most: dict[str, int] = {}
    for part, value in zip(made.parts, worth, strict=True):
        most[part.role] = max(value, most.get(part.role, 0))
    # A rule without a toll is named too: the machines of the lot are told apart by its domains.
    taken: dict[str, dict[str, int]] = {str(number): {} for number in made.told}
    for part, value in zip(made.parts, worth, strict=True):
        if part.rule is not None and value < most[part.role]:
            taken[str(part.rule)][part.domain] = value - most[part.role]
    for (number, domain), toll in zip(made.limits, tolls or [0] * len(made.limits), strict=True):
        if toll:
            taken[str(number)][domain] = toll
    return WorthRow({role: value for role, value in most.items() if value}, taken, _holds(made, worth, tolls, holds))


def _holds(made: Lot, worth: Sequence[int], tolls: Sequence[int], holds: Sequence[int]) -> dict[str, Hold]:
    """Return what helps to show what machines hold, by one machine of each stand; nothing where that is easy."""
    fleet = made.fleet
    if grid(fleet.needs, fleet.capacities, fleet.most).states <= STATES:
        return {}
    from obplace.hopes import Machine  # which loads a compiler

    found: dict[str, Hold] = {}
    narrow = min(NARROW, max(0, SURROGATES // len(fleet.stands) - 1))
    for stands, values in grouped(fleet, np.array(worth), np.array(tolls or [0] * len(fleet.counts))):
        for s in stands.tolist():
            machine = Machine(fleet, s, values, fleet.most)
            weights = [machine.by.weights, *machine.sums(narrow)] if len(found) < SURROGATES else []
            whole = (tuple((each * 2.0**POINT).astype(np.int64).tolist()) for each in weights)
            found[_machine(made, s)] = Hold(holds[s], tuple(whole))
    return found


def _machine(made: Lot, stand: int) -> str:
    """Return the name of a stand's first machine."""
    row, number = made.rows[stand][0]
    [machine] = made.problem.pool.take([row])
    return f"{machine.name}#{number + 1}" if machine.quantity > 1 else machine.name


def _node(made: Lot, node: Node) -> fleet_form.Node:
    if isinstance(node, Leaf):
        return fleet_form.Leaf(node.scale, node.prices, node.whole)
    return fleet_form.Fork(_machine(made, node.stand), node.at, _node(made, node.low), _node(made, node.high))
