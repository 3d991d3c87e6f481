"""The form of what is proven of a fleet: read from JSON with nothing taken on trust, in plain Python.

```text
certificate  {"schema": "obplace.fleet-certificate/1", "fingerprint": 32 hexadecimal digits, "unit": u,
              "bound": integer | null, "rows": [row, ...], "tree": node}
row          {"worth": {ROLE: weight}, "tolls": {RULE: {DOMAIN: weight}}, "holds": {MACHINE: hold}}    copies at worths
row          {"roles": [ROLE, ...], "resource": NAME | null}    copies of these roles, or what they need of a resource
hold         {"most": weight, "surrogates": [[weight of each resource, in 1 / 2^20], ...]}    where to begin to search
node         {"scale": s, "prices": [price of each row], "whole": true | false}    a leaf
node         {"like": MACHINE, "at": k, "low": node, "high": node}    at most k are used of those like it; more
```
The bound is on ``u * first objective + second objective``; null says that there is no plan. RULE is the place of a
rule "at most k in a domain" in the plan's list. Worths and prices are not negative, tolls not positive.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SCHEMA = "obplace.fleet-certificate/1"
DEEPEST = 100
LARGEST = 1 << 200  # a price beyond it says nothing, and takes long to add


@dataclass(frozen=True)
class Hold:
    """What a machine, and all like it, is said to hold at most, and weights of the resources by which that shows.

    It is a hint: the checker finds out. The first weights bound the whole machine best, in 1 / 2^20 of a worth's unit.
    """

    most: int
    surrogates: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class WorthRow:
    """What copies are worth, and what a rule takes off where it bounds them in a domain, by its place in the list."""

    worth: Mapping[str, int]
    tolls: Mapping[str, Mapping[str, int]]
    holds: Mapping[str, Hold]


@dataclass(frozen=True)
class CutRow:
    """Copies of some roles counted, or what they need of a resource."""

    roles: tuple[str, ...]
    resource: str | None


@dataclass(frozen=True)
class Leaf:
    """A price for each row, in 1 / scale; ``whole``: they are added up, and no part of a machine is bought."""

    scale: int
    prices: tuple[int, ...]
    whole: bool


@dataclass(frozen=True)
class Fork:
    """``low`` holds where at most ``at`` of the machines like one are used, ``high`` where more are."""

    like: str
    at: int
    low: "Node"
    high: "Node"


Node = Leaf | Fork
FleetRow = WorthRow | CutRow


@dataclass(frozen=True)
class FleetCertificate:
    """Rows, prices, and the bound that they are said to prove; see the head of this file."""

    fingerprint: str
    unit: int
    bound: int | None
    rows: tuple[FleetRow, ...]
    tree: Node


def leaves(node: Node) -> int:
    """Return how many leaves a tree has."""
    return leaves(node.low) + leaves(node.high) if isinstance(node, Fork) else 1


def to_json(certificate: FleetCertificate) -> dict[str, Any]:
    """Return the document of a certificate."""
    return {
        "schema": SCHEMA,
        "fingerprint": certificate.fingerprint,
        "unit": certificate.unit,
        "bound": certificate.bound,
        "rows": [_row_json(row) for row in certificate.rows],
        "tree": _node_json(certificate.tree),
    }


def _row_json(row: FleetRow) -> dict[str, Any]:
    match row:
        case WorthRow(worth, tolls, holds):
            return {
                "worth": dict(worth),
                "tolls": {rule: dict(by_domain) for rule, by_domain in tolls.items()},
                "holds": {
                    machine: {"most": hold.most, "surrogates": [list(weights) for weights in hold.surrogates]}
                    for machine, hold in holds.items()
                },
            }
        case CutRow(roles, resource):
            return {"roles": list(roles), "resource": resource}


def _node_json(node: Node) -> dict[str, Any]:
    match node:
        case Leaf(scale, prices, whole):
            return {"scale": scale, "prices": list(prices), "whole": whole}
        case Fork(like, at, low, high):
            return {"like": like, "at": at, "low": _node_json(low), "high": _node_json(high)}


def parse(document: Any) -> FleetCertificate:
    """Return the certificate in a JSON document.

    Raises
    ------
    ValueError
        It is none; the text says where.
    """
    keys = {"schema", "fingerprint", "unit", "bound", "rows", "tree"}
    if not isinstance(document, dict) or set(document) != keys or document["schema"] != SCHEMA:
        raise ValueError(f"expected {SCHEMA} with the keys {', '.join(sorted(keys))}")
    fingerprint = document["fingerprint"]
    if not isinstance(fingerprint, str) or len(fingerprint) != 32 or not set(fingerprint) <= set("0123456789abcdef"):
        raise ValueError("fingerprint: expected 32 hexadecimal digits")
    rows = tuple(_row(each, f"rows[{n}]") for n, each in enumerate(_list(document["rows"], "rows")))
    return FleetCertificate(
        fingerprint,
        _number(document["unit"], "unit", 1),
        None if document["bound"] is None else _number(document["bound"], "bound", 0),
        rows,
        _node(document["tree"], "tree", len(rows)),
    )


def _row(document: Any, where: str) -> FleetRow:
    match document:
        case {"worth": dict(worth), "tolls": dict(tolls), "holds": dict(holds), **rest} if not rest:
            for role, weight in worth.items():
                _number(weight, f"{where}.worth.{role}", 0)
            for rule, by_domain in tolls.items():
                if not isinstance(by_domain, dict):
                    raise ValueError(f"{where}.tolls.{rule}: expected weights by domain")
                for domain, weight in by_domain.items():
                    if _number(weight, f"{where}.tolls.{rule}.{domain}", -LARGEST) > 0:
                        raise ValueError(
                            f"{where}.tolls.{rule}.{domain}: expected a weight of 0 or less, found {weight}"
                        )
            return WorthRow(worth, tolls, {machine: _hold(hold, f"{where}.holds") for machine, hold in holds.items()})
        case {"roles": list(roles), "resource": str() | None as resource, **rest} if not rest:
            if not roles or not all(isinstance(role, str) for role in roles) or len(set(roles)) < len(roles):
                raise ValueError(f"{where}.roles: expected names of roles, each once")
            return CutRow(tuple(roles), resource)
        case _:
            raise ValueError(f"{where}: expected worth, tolls and holds, or roles and resource")


def _hold(document: Any, where: str) -> Hold:
    match document:
        case {"most": most, "surrogates": list(surrogates), **rest} if not rest:
            weights = (tuple(_number(each, where, 0) for each in _list(row, where)) for row in surrogates)
            return Hold(_number(most, where, 0), tuple(weights))
        case _:
            raise ValueError(f"{where}: expected most and surrogates of each machine")


def _node(document: Any, where: str, rows: int, depth: int = 0) -> Node:
    match document:
        case {"scale": scale, "prices": list(prices), "whole": bool(whole), **rest} if not rest:
            if len(prices) != rows:
                raise ValueError(f"{where}.prices: expected one for each of {rows} rows, found {len(prices)}")
            return Leaf(
                _number(scale, f"{where}.scale", 1), tuple(_number(p, f"{where}.prices", 0) for p in prices), whole
            )
        case {"like": str(like), "at": at, "low": low, "high": high, **rest} if not rest and depth < DEEPEST:
            below = (_node(each, f"{where}.{name}", rows, depth + 1) for name, each in (("low", low), ("high", high)))
            return Fork(like, _number(at, f"{where}.at", 0), *below)
        case _:
            raise ValueError(f"{where[:60]}: expected scale, prices and whole, or like, at, low and high")


def _list(document: Any, where: str) -> list[Any]:
    if not isinstance(document, list):
        raise ValueError(f"{where}: expected a list, found {type(document).__name__}")
    return document


def _number(value: Any, where: str, least: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < LARGEST:
        what = f"a whole number of {least} or more" if least >= 0 else "a whole number"
        raise ValueError(f"{where[:80]}: expected {what}, found {str(value)[:40]!r}")
    return value
