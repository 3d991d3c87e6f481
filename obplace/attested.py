"""What is proven of a fleet, in the words of its problem: a certificate that anybody can check on the pool."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from obplace import fleet_form
from obplace.covering import Covering, Leaf, Node, Row
from obplace.fingerprint import fingerprint
from obplace.fleet_certificate import fleet_bound
from obplace.fleet_form import CutRow, FleetCertificate, FleetRow, WorthRow
from obplace.knapsack import STATES, grid
from obplace.lot import Lot
from obplace.surrogate import fitting, surrogate

SURROGATES = 200  # weights of resources that a certificate holds at most


def certificate_of(made: Lot, proof: Covering) -> FleetCertificate | None:
    """Return the certificate of a proof, with the bound that its checker finds; None where that finds nothing."""
    problem, fleet = made.problem, made.fleet
    weights: list[tuple[int, ...]] = []
    if grid(fleet.needs, fleet.capacities, fleet.most).states > STATES:
        for row in proof.rows:
            if row.worth is not None:
                worth = np.array(row.worth)
                found = [
                    surrogate(fleet.needs, room, worth, fitting(fleet.needs, room, fleet.most)).weights
                    for room in np.unique(fleet.capacities, axis=0)[:SURROGATES]
                ]
                weights += map(tuple, np.unique(np.array(found).astype(np.int64), axis=0).tolist())
    certificate = FleetCertificate(
        fingerprint(problem),
        made.fleet.unit,
        proof.bound,
        tuple(_row(made, row) for row in proof.rows),
        tuple(weights),
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
        return _worths(made, row.worth, row.tolls)
    roles = {made.parts[k].role for k in row.kinds}
    if {k for k, part in enumerate(made.parts) if part.role in roles} == set(row.kinds):
        resource = None if row.resource is None else fleet.resources[row.resource]
        return CutRow(tuple(role for role in made.problem.counts if role in roles), resource)
    weights = np.ones(len(fleet.kinds), dtype=np.int64) if row.resource is None else fleet.needs[:, row.resource]
    return _worths(made, [int(weights[k]) if k in row.kinds else 0 for k in range(len(fleet.kinds))], ())


def _worths(made: Lot, worth: Sequence[int], tolls: Sequence[int]) -> WorthRow:
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
    return WorthRow({role: value for role, value in most.items() if value}, taken)


def _node(made: Lot, node: Node) -> fleet_form.Node:
    if isinstance(node, Leaf):
        return fleet_form.Leaf(node.scale, node.prices, node.whole)
    row, number = made.rows[node.stand][0]
    [machine] = made.problem.pool.take([row])
    name = f"{machine.name}#{number + 1}" if machine.quantity > 1 else machine.name
    return fleet_form.Fork(name, node.at, _node(made, node.low), _node(made, node.high))
