"""Random problems of OceanBase of any size, and whether what is proven of them can be checked.

Small pools of few racks, equal prices and choices are drawn more often than life has them: there a linear program and
its prices alone say too little, so that certificates are trees.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any

from obplace.catalogue import Catalogue, load
from obplace.certificate import bounds
from obplace.certificate_form import Certificate, Fork, Leaf, Node, parse, to_json
from obplace.deployment import Deployment
from obplace.errors import UsageError
from obplace.fingerprint import fingerprint
from obplace.plan import Proof, Status
from obplace.pool import Pool
from obplace.pose import pose
from obplace.problem import Problem
from obplace.quantity import show
from obplace.result import Result
from obplace.solver import Solver

SMALLEST, LITTLE, LARGEST = 8, 30, 100_000
SEARCH = 40  # questions that are tried for one whose certificate is a tree
SECONDS = 60.0  # for one solve; what is settled among equal plans after that is of no concern here
CATALOGUES = ("oceanbase-4.1",) * 6 + ("oceanbase-4.0", "oceanbase-4.2.3", "oceanbase-4.2.5", "oceanbase-ce")
SIZES = (1, 4, 16, 64)  # leaves of a tree: the ends of the classes in the table

# What machines are bought for: small pools have little else, large ones have all of it.
MEANT = (
    ("observer", "odp"),
    ("observer",),
    ("ocp", "oat", "odc"),
    ("odp",),
    ("oat",),
    ("oms",),
    ("observer", "odp", "ocp"),
    (),
)
COPIES = {
    "observer": (1, 3, 3, 3, 4, 5, 6, 9),
    "odp": (0, 1, 2, 3, 3, 4, 5, 6),
    "ocp": (0, 1, 1, 1, 3),
    "oat": (0, 1, 1),
    "oms": (0, 0, 0, 1, 2),
    "odc": (0, 0, 1),
}

Case = dict[str, str | int | float]
Words = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A question: a catalogue, a deployment and the columns of a pool."""

    catalogue: Catalogue
    deployment: Deployment
    columns: Mapping[str, Sequence[str]]

    @property
    def machines(self) -> int:
        """How many rows the pool has."""
        return len(self.columns["machine"])

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of words that are said, sorted."""
        return tuple(sorted(self.deployment.said().keys() - {"level", "roles"}))

    def pose(self, order: Sequence[int] | None = None) -> Problem:
        """Return the problem, with its rows in the order drawn or in another one."""
        # pandas takes a third of a second to import: whoever only reads this module's names does without.
        import pandas as pd

        frame = pd.DataFrame(dict(self.columns), dtype=object)
        if order is not None:
            frame = frame.iloc[list(order)].reset_index(drop=True)
        return pose(self.catalogue, self.deployment, Pool.from_frame(frame, self.catalogue.kinds))


def asked(seed: int) -> Asked:
    """Return the question of a seed.

    Of eight two are searched for where a tree is needed for an optimum, and one where it is for that there is no plan.
    """
    rng = Random(f"certified {seed}")
    wanted = {0: Status.OPTIMAL, 1: Status.OPTIMAL, 2: Status.INFEASIBLE}.get(seed % 8)
    for _ in range(SEARCH if wanted else 0):
        drawn = _asked(rng, LITTLE)
        if branches(drawn, wanted):
            return drawn
    return _asked(rng, LARGEST)


def branches(question: Asked, wanted: Status | None) -> bool:
    """Is this the status of the answer, and does its certificate need a tree?"""
    result = Solver(threads=1, time_limit=SECONDS).solve(question.pose())
    trees = [] if result.certificate is None else [stage.tree for stage in result.certificate.stages]
    return result.status is wanted and any(isinstance(tree, Fork) for tree in trees)


def _asked(rng: Random, largest: int) -> Asked:
    """Return the first question that does not contradict itself."""
    while True:
        drawn = _Drawing(rng, largest).drawn()
        try:
            drawn.pose()
        except UsageError:
            continue
        return drawn


class _Drawing:
    def __init__(self, rng: Random, largest: int) -> None:
        self.rng = rng
        self.little = largest == LITTLE
        self.catalogue = load(rng.choice(CATALOGUES))
        self.level = rng.choice(self.catalogue.levels)
        self.size = round(SMALLEST * (largest / SMALLEST) ** rng.random())
        self.roles = {role: rng.choice(COPIES[role]) if role in COPIES else 0 for role in self.catalogue.roles}
        if not any(self.roles.values()):
            self.roles["observer"] = 3
        self.counts = {role: copies for role, copies in self.roles.items() if copies}
        self.zones = rng.choice((1, 2, 3, 3, 4, 5))
        self.rack = rng.choice((1, 1, 2, 2, 3) if self.little else (1, 2, 3, 5, 20, 40))  # machines in one

    def drawn(self) -> Asked:
        said: Words = {"level": self.level, "roles": self.roles}
        columns = self.machines()
        said["minimize"] = self.rng.choice(((), (), ("cost",), ("cost",), ("cost", "servers")))
        for draw, chance in (
            (self.spread, 0.9 if self.little else 0.65),
            (self.spare, 0.2),
            (self.limit, 0.2),
            (self.across, 0.12),
            (self.included, 0.15),
            (self.pinned, 0.1),
            (self.banned, 0.1),
        ):
            if self.rng.random() < chance:
                said |= draw(columns)
        return Asked(self.catalogue, Deployment(**said), columns)

    def machines(self) -> dict[str, list[str]]:
        """Draw machines, each bought for some roles, of which it can run all or, now and then, not quite."""
        rng, size = self.rng, self.size
        scarce = size < 60 and (self.little or rng.random() < 0.6)
        kinds = [roles for roles in MEANT if set(roles) & set(self.counts)] if scarce else list(MEANT)
        configurations = []
        for roles in rng.choices(kinds, k=rng.choice((3, 6, 12))):
            factor = rng.choice((1, 1, 1, 1.5, 0.9))
            configurations.append((self.cells(roles, factor), len(roles) + rng.randint(1, 3)))
        chosen = rng.choices(configurations, k=size)
        digits = rng.choice((1, 1, 100, 10_000))
        spread = rng.choice((0, 1, 5))
        columns: dict[str, list[str]] = {"machine": [f"m{number:06}" for number in rng.sample(range(10**6), size)]}
        for name in self.catalogue.resources:
            columns[name] = [cells[name] for cells, _ in chosen]
        columns["cost"] = [
            str(10 * price * digits + rng.randint(0, spread * digits)) + rng.choice(("", ".5")) * (digits > 1)
            for _, price in chosen
        ]
        racks = max(1, size // self.rack)
        placed = [rng.randrange(racks) for _ in range(size)]
        zone_of = [rng.randrange(self.zones) for _ in range(racks)]
        columns["rack"] = [f"r{rack}" for rack in placed]
        columns["zone"] = [f"z{zone_of[rack]}" for rack in placed]
        if rng.random() < 0.3:
            columns["idc"] = [f"i{zone_of[rack] // 2}" for rack in placed]
        if rng.random() < 0.3:
            columns["arch"] = rng.choices(("x86_64", "x86_64", "x86_64", "aarch64"), k=size)
        if rng.random() < 0.3:
            columns["quantity"] = rng.choices(("1", "1", "2", "3"), k=size)
        for column in ("rack", "zone", "cost"):
            if rng.random() < 0.1:
                columns[column] = [cell if rng.random() < 0.95 else "" for cell in columns[column]]
        return columns

    def cells(self, roles: Sequence[str], factor: float) -> dict[str, str]:
        """Return capacities that so much of what the roles need together."""
        answer = {}
        needs = [
            self.catalogue.roles[role].minimums[self.level].needs for role in roles if role in self.catalogue.roles
        ]
        for name, resource in self.catalogue.resources.items():
            amounts = [each.get(name, 0) for each in needs]
            total = sum(amounts) if resource.combine == "sum" else max(amounts, default=0)
            exact = total if resource.combine != "sum" else round(total * factor) // 1000 * 1000
            answer[name] = show(exact, resource.kind)
        return answer

    def spread(self, columns: Mapping[str, Sequence[str]]) -> Words:
        rng = self.rng
        roles = rng.sample(list(self.counts), min(len(self.counts), rng.choice((1, 1, 2, 3))))
        levels = ("zone", "zone", "rack", "rack", "rack", *(["idc"] if "idc" in columns else []))
        words = {}
        for role in roles:
            level = rng.choice(levels)
            number = rng.choice(("", f":{rng.randint(1, self.counts[role])}"))
            words[role] = f"{level}{number}"
        return {"spread": words}

    def spare(self, _: Mapping[str, Sequence[str]]) -> Words:
        return {"spare": {self.rng.choice(list(self.counts)): self.rng.choice((1, 1, 2))}}

    def limit(self, _: Mapping[str, Sequence[str]]) -> Words:
        role = self.rng.choice(list(self.counts))
        return {"limit": {f"{role}.{self.rng.choice(('rack', 'zone'))}": self.rng.choice((1, 1, 2))}}

    def across(self, _: Mapping[str, Sequence[str]]) -> Words:
        role = self.rng.choice(list(self.counts))
        return {"across": {f"{role}.{self.rng.choice(('rack', 'zone'))}": self.rng.randint(1, self.counts[role])}}

    def included(self, _: Mapping[str, Sequence[str]]) -> Words:
        return {"included": ("odp:observer",)} if {"odp", "observer"} <= self.counts.keys() else {}

    def pinned(self, columns: Mapping[str, Sequence[str]]) -> Words:
        return {"pin": {self.rng.choice(list(self.counts)): (self.rng.choice(columns["machine"]),)}}

    def banned(self, columns: Mapping[str, Sequence[str]]) -> Words:
        return {"ban": tuple(self.rng.sample(list(columns["machine"]), 2))}


def judged(seed: int) -> Case:
    """Return the row of a case: its certificate is accepted on the pool, by what it says in the plan's document."""
    question = asked(seed)
    problem = question.pose()
    result = Solver(threads=1, time_limit=SECONDS).solve(problem)
    trees = [] if result.certificate is None else [stage.tree for stage in result.certificate.stages]
    return {
        "catalogue": question.catalogue.name,
        "machines": question.machines,
        "kinds": " ".join(question.kinds),
        "status": str(result.status),
        "proof": str(result.proof or ""),
        "leaves": " ".join(str(len(list(leaves(tree)))) for tree in trees),
        "whole": sum(any(leaf.blocks for leaf in leaves(tree)) for tree in trees),
        "bytes": 0 if result.certificate is None else len(text(result.certificate)),
        "certify": round(result.seconds.get("certify", 0), 3),
        "outcome": "; ".join(wrong(result)) or "same",
    }


def wrong(result: Result) -> list[str]:
    """Return what is not as it must be of a result: every answer is proven by a certificate that holds."""
    if result.status not in (Status.OPTIMAL, Status.INFEASIBLE):
        return []  # nothing is claimed
    if result.proof is not Proof.CERTIFICATE or result.certificate is None:
        return [f"proof {result.proof}"]
    problem = result.problem
    read = parse(json.loads(text(result.certificate)))
    if read.fingerprint != fingerprint(problem):
        return ["another fingerprint"]
    said = {"": 1} if result.plan is None else {each.name: each.value for each in result.objectives}
    found = {stage.objective or "": stage.bound for stage in read.stages}
    if found != {name: value for name, value in said.items() if name != "alike"}:
        return [f"the stages claim {found} instead of {said}"]
    proven = bounds(problem, read.stages)
    return [
        f"{stage.objective} is {stage.bound}, proven is {bound}"
        for stage, bound in zip(read.stages, proven, strict=True)
        if bound < stage.bound
    ]


def text(certificate: Certificate) -> str:
    """Return a certificate as it stands in a plan."""
    return json.dumps(to_json(certificate), ensure_ascii=False)


def leaves(node: Node) -> Iterator[Leaf]:
    """Yield the leaves of a tree."""
    if isinstance(node, Fork):
        yield from leaves(node.low)
        yield from leaves(node.high)
    else:
        yield node


def table(rows: Sequence[Mapping[str, str]]) -> dict[str, object]:
    """Return what the cases say of certificates: how large the trees of all stages are, and how long they take."""
    rows = [row for row in rows if row["status"]]  # without those that ended in an error
    sizes = [int(size) for row in rows for size in row["leaves"].split()]
    ends = (0, *SIZES)
    names = {f"{low + 1}-{high}" if high > low + 1 else str(high): (low, high) for low, high in pairwise(ends)}
    counted = {name: sum(low < size <= high for size in sizes) for name, (low, high) in names.items()}
    counted["more"] = sum(size > SIZES[-1] for size in sizes)
    trees = [row for row in rows if max(map(int, row["leaves"].split()), default=1) > 1]
    return {
        "leaves": counted,
        "most leaves": max(sizes, default=0),
        "cases with a tree": len(trees),
        "cases with domains as a whole": sum(row["whole"] not in ("", "0") for row in rows),
        "infeasible with either": sum(
            row["status"] == "infeasible" and (row["whole"] not in ("", "0") or row in trees) for row in rows
        ),
        "infeasible with a tree": sum(row["status"] == "infeasible" for row in trees),
        "most bytes": max((int(row["bytes"]) for row in rows), default=0),
        "by status and proof": dict(Counter(f"{row['status']} {row['proof']}".strip() for row in rows)),
        "share of seconds to certify": round(
            sum(float(row["certify"]) for row in rows) / max(0.001, sum(float(row["seconds"]) for row in rows)), 3
        ),
    }
