"""The form of a certificate in a plan: read from JSON with nothing taken on trust, in plain Python.

```text
certificate  {"schema": "obplace.certificate/1", "fingerprint": 32 hexadecimal digits, "stages": [stage, ...]}
stage        {"objective": "servers" | "cost" | null, "bound": integer, "tree": node}; null: there is no plan
node         {"prices": {RULE: {PART: price | {DOMAIN: price}}},   a leaf; RULE is the place of the rule in the plan's
              "others": {RULE: {PART: price}},                     list, from 0, as text; others are the domains that
              "objectives": {NAME: price},                         prices do not name; objectives are the stages before
              "splits": [price, ...],                              this one; splits the bounds on the way here;
              "blocks": [RULE, ...],                               rules whose domains are reckoned each as a whole;
              "scale": number}                                     1 where it is missing
node         {"split": choice | count, "at": k, "low": node, "high": node}    at most k; at least k + 1
choice       {"rule": number, "choice": NAME, "domain": DOMAIN | null}
count        {"runs": [ROLE, ...], "like": MACHINE | null}    machines that run just this; those no rule can tell apart
                                                               from one, or all
```
Prices are integers in 2**-20 / scale of the objective's unit: servers, or the smallest unit of the prices.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SCHEMA = "obplace.certificate/1"
DEEPEST = 200
LARGEST = 1 << 200  # a price beyond it says nothing, and takes long to add


@dataclass(frozen=True)
class Leaf:
    """Prices of rows; what is not named has none."""

    prices: Mapping[int, Mapping[str, int | Mapping[str, int]]] = field(default_factory=dict)
    others: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    objectives: Mapping[str, int] = field(default_factory=dict)
    splits: Sequence[int] = ()
    blocks: Sequence[int] = ()
    scale: int = 1


@dataclass(frozen=True)
class ChoiceSplit:
    """A choice of a rule, in a domain where each has one."""

    rule: int
    choice: str
    domain: str | None


@dataclass(frozen=True)
class CountSplit:
    """The number of machines that run these roles and nothing else: all, or those like one."""

    runs: tuple[str, ...]
    like: str | None


@dataclass(frozen=True)
class Fork:
    """A split: ``low`` holds where it is at most ``at``, ``high`` where it is more."""

    split: ChoiceSplit | CountSplit
    at: int
    low: "Node"
    high: "Node"


Node = Leaf | Fork


@dataclass(frozen=True)
class Stage:
    """What is proven of one objective, or with None that there is no plan."""

    objective: str | None
    bound: int
    tree: Node


@dataclass(frozen=True)
class Certificate:
    """The stages, and the fingerprint of the pool that they were made for."""

    fingerprint: str
    stages: tuple[Stage, ...]


def parse(document: Any) -> Certificate:
    """Return the certificate in a JSON document.

    Raises
    ------
    ValueError
        It is none; the text says where.
    """
    whole = _table(document, "certificate", {"schema", "fingerprint", "stages"})
    if whole["schema"] != SCHEMA:
        raise ValueError(f"schema is {str(whole['schema'])[:60]!r}, expected {SCHEMA}")
    fingerprint = _text(whole["fingerprint"], "fingerprint")
    if len(fingerprint) != 32 or not set(fingerprint) <= set("0123456789abcdef"):
        raise ValueError("fingerprint: expected 32 hexadecimal digits")
    stages = []
    for number, each in enumerate(_list(whole["stages"], "stages")):
        where = f"stages[{number}]"
        stage = _table(each, where, {"objective", "bound", "tree"})
        name = None if stage["objective"] is None else _text(stage["objective"], f"{where}.objective")
        stages.append(Stage(name, _number(stage["bound"], f"{where}.bound"), _node(stage["tree"], f"{where}.tree", 0)))
    return Certificate(fingerprint, tuple(stages))


def to_json(certificate: Certificate) -> dict[str, Any]:
    """Return the document of a certificate."""
    stages = [
        {"objective": each.objective, "bound": each.bound, "tree": _node_json(each.tree)} for each in certificate.stages
    ]
    return {"schema": SCHEMA, "fingerprint": certificate.fingerprint, "stages": stages}


def _node_json(node: Node) -> dict[str, Any]:
    if isinstance(node, Fork):
        match node.split:
            case ChoiceSplit(rule, choice, domain):
                split: dict[str, Any] = {"rule": rule, "choice": choice, "domain": domain}
            case CountSplit(runs, like):
                split = {"runs": list(runs), "like": like}
        return {"split": split, "at": node.at, "low": _node_json(node.low), "high": _node_json(node.high)}
    answer: dict[str, Any] = {"prices": {str(rule): dict(parts) for rule, parts in node.prices.items()}}
    if node.others:
        answer["others"] = {str(rule): dict(parts) for rule, parts in node.others.items()}
    if node.objectives:
        answer["objectives"] = dict(node.objectives)
    if node.splits:
        answer["splits"] = list(node.splits)
    if node.blocks:
        answer["blocks"] = list(node.blocks)
    if node.scale != 1:
        answer["scale"] = node.scale
    return answer


def _node(document: Any, where: str, depth: int) -> Node:
    if depth > DEEPEST:
        raise ValueError(f"{where[:60]}...: deeper than {DEEPEST} splits")
    if isinstance(document, dict) and "split" in document:
        fork = _table(document, where, {"split", "at", "low", "high"})
        return Fork(
            _split(fork["split"], f"{where}.split"),
            _number(fork["at"], f"{where}.at"),
            _node(fork["low"], f"{where}.low", depth + 1),
            _node(fork["high"], f"{where}.high", depth + 1),
        )
    leaf = _table(document, where, {"prices"}, {"others", "objectives", "splits", "blocks", "scale"})
    prices: dict[int, dict[str, int | Mapping[str, int]]] = {}
    for rule, parts in _rules(leaf["prices"], f"{where}.prices"):
        prices[rule] = {}
        for part, price in parts.items():
            place = f"{where}.prices.{rule}.{part}"
            if isinstance(price, dict):
                prices[rule][part] = {name: _number(each, f"{place}.{name}") for name, each in price.items()}
            else:
                prices[rule][part] = _number(price, place)
    others = {
        rule: {part: _number(price, f"{where}.others.{rule}.{part}") for part, price in parts.items()}
        for rule, parts in _rules(leaf.get("others", {}), f"{where}.others")
    }
    objectives = leaf.get("objectives", {})
    if not isinstance(objectives, dict):
        raise ValueError(f"{where}.objectives: expected prices by name")
    return Leaf(
        prices,
        others,
        {name: _number(price, f"{where}.objectives.{name}") for name, price in objectives.items()},
        tuple(_number(price, f"{where}.splits") for price in _list(leaf.get("splits", []), f"{where}.splits")),
        tuple(_number(rule, f"{where}.blocks") for rule in _list(leaf.get("blocks", []), f"{where}.blocks")),
        _number(leaf.get("scale", 1), f"{where}.scale"),
    )


def _rules(document: Any, where: str) -> list[tuple[int, dict[str, Any]]]:
    if not isinstance(document, dict):
        raise ValueError(f"{where}: expected prices by rule")
    answer = []
    for rule, parts in document.items():
        if not (rule.isascii() and rule.isdecimal() and len(rule) < 10 and str(int(rule)) == rule):
            raise ValueError(f"{where}: {rule[:60]!r} is not the number of a rule")
        if not isinstance(parts, dict):
            raise ValueError(f"{where}.{rule}: expected prices by part")
        answer.append((int(rule), parts))
    return answer


def _split(document: Any, where: str) -> ChoiceSplit | CountSplit:
    if isinstance(document, dict) and "runs" in document:
        count = _table(document, where, {"runs", "like"})
        runs = tuple(_text(role, f"{where}.runs") for role in _list(count["runs"], f"{where}.runs"))
        return CountSplit(runs, None if count["like"] is None else _text(count["like"], f"{where}.like"))
    choice = _table(document, where, {"rule", "choice", "domain"})
    domain = None if choice["domain"] is None else _text(choice["domain"], f"{where}.domain")
    name = _text(choice["choice"], f"{where}.choice")
    return ChoiceSplit(_number(choice["rule"], f"{where}.rule"), name, domain)


def _table(document: Any, where: str, keys: set[str], also: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    if not isinstance(document, dict):
        raise ValueError(f"{where}: expected a table, found {type(document).__name__}")
    if missing := sorted(keys - document.keys()):
        raise ValueError(f"{where}: {', '.join(missing)} missing")
    if unknown := sorted(document.keys() - keys - also):
        raise ValueError(f"{where}: unknown key {unknown[0][:60]!r}")
    return document


def _list(document: Any, where: str) -> list[Any]:
    if not isinstance(document, list):
        raise ValueError(f"{where}: expected a list, found {type(document).__name__}")
    return document


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{where}: expected text, found {type(value).__name__}")
    return value


def _number(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > LARGEST:
        found = type(value).__name__ if not isinstance(value, int) else "a number beyond 2^200"
        raise ValueError(f"{where}: expected an integer, found {found}")
    return value
