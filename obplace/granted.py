"""Machines that count as having more than the pool says: a near miss that is accepted, an upgrade that is bought."""

from dataclasses import dataclass
from difflib import get_close_matches

from obplace.catalogue import Catalogue
from obplace.pool import Pool
from obplace.quantity import parse, show


@dataclass(frozen=True)
class Granted:
    """A pool with what is granted, a sentence on each grant, and what is wrong with others by their keys."""

    pool: Pool
    beyond: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]


def granted(catalogue: Catalogue, words: dict[str, str], pool: Pool) -> Granted:
    """Return the pool in which machines have what is granted them; ``words`` are quantities by MACHINE.RESOURCE.

    Only a machine with a row of its own can be granted something, and only more than it is known to have.
    """
    beyond, faults = [], []
    amounts: dict[int, dict[str, int]] = {}
    pairs = {key: key.rpartition(".") for key in words}
    rows = pool.find([name for name, _, _ in pairs.values()])
    machines = dict(zip(rows, pool.take(list(rows.values())), strict=True))
    for key, (name, _, resource) in pairs.items():
        where, said = f"grant.{key}", f"grant {key}"
        if resource not in catalogue.resources or resource not in pool.columns:
            known = [each for each in catalogue.resources if each in pool.columns]
            near = get_close_matches(resource, known, n=1)
            nearest = f" (nearest: {near[0]})" if near else ""
            expected = f"expected MACHINE.RESOURCE with one of {', '.join(known)}"
            faults.append((where, f"{said}: no resource '{resource}'{nearest}, {expected}"))
            continue
        if name not in machines:
            faults.append((where, f"{said}: no machine '{name}' in {pool.source}"))
            continue
        machine, kind = machines[name], catalogue.resources[resource].kind
        if machine.quantity != 1:
            faults.append((where, f"{said}: {machine.name} stands for {machine.quantity} machines, expected one"))
            continue
        try:
            amount = parse(words[key], kind, round_up=True)
        except ValueError as error:
            faults.append((where, f"{said} is '{words[key]}', {error}"))
            continue
        has = machine.capacity[resource]
        if has is None or amount <= has:
            known_as = "unknown" if has is None else f"{show(has, kind)} already"
            faults.append((where, f"{said} is '{words[key]}', and what it has is {known_as}: expected more than that"))
            continue
        amounts.setdefault(machine.row, {})[resource] = amount
        beyond.append(f"{name} counts as having {show(amount, kind)} of {resource}; it has {show(has, kind)}")
    return Granted(pool.granted(amounts) if amounts else pool, tuple(beyond), tuple(faults))
