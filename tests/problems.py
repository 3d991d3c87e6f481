"""Small random problems in which the rules matter: tight machines, few prices, rules aimed at the best machines."""

from collections import Counter
from collections.abc import Sequence
from itertools import permutations, product
from math import ceil
from random import Random
from typing import Any

from obplace.catalogue import Combine
from obplace.deployment import Deployment
from obplace.problem import Problem
from obplace.quantity import show
from tests.catalogues import made_up, oceanbase
from tests.drawn import Drawn, Row
from tests.oracle import best

Answer = dict[str, int] | None

MOST_MACHINES = 9
OCEANBASE = 0.35  # share of problems on the catalogue that ships

# What a problem can have, by how often it is drawn; some of it does nothing where it cannot be.
WEIGHTS = {
    "spread": 10,
    "spare": 5,
    "pin": 7,
    "ban": 6,
    "minimum": 7,
    "included": 5,
    "headroom": 5,
    "tolerance": 5,
    "waive": 4,
    "blank": 5,
    "nowhere": 4,
    "unavailable": 4,
    "runs": 5,
    "reuse": 4,
    "unpriced": 5,
    "quantity": 7,
}
# The rules of the catalogue are in most problems, so they are the theme most often.
THEMES = (
    *WEIGHTS,
    *["copies"] * 6,
    *["sharing"] * 9,
    "nowhere",
    "minimum",
    "minimum",
    *["quantity"] * 4,
    "most",
    "most",
)
TRIES = 4
IN_THE_WAY = ("ban", "blank", "nowhere", "unavailable", "runs", "unpriced")  # these take good machines away


def problem(seed: int) -> Problem:
    """Return the problem of a seed."""
    return draw(seed).pose()


def draw(seed: int) -> Drawn:
    """Return the problem of a seed in the words in which it was drawn.

    Each has a theme, a kind of rule that should matter: what is drawn is drawn again, not forever, while it does not.
    """
    rng = Random(seed)
    theme = rng.choice(THEMES)
    drawn = _Drawing(rng, theme).drawn()
    for _ in range(TRIES - 1):
        if theme in drawn.kinds and matters(drawn, theme):
            break
        drawn = _Drawing(rng, theme).drawn()
    return drawn


def plain(rng: Random) -> Drawn:
    """Draw a problem at once, whether or not its rules matter."""
    return _Drawing(rng, rng.choice(THEMES)).drawn()


def matters(drawn: Drawn, kind: str) -> bool:
    """Tell whether the answer changes when the rules of a kind are taken out."""
    return differ(answer(drawn.pose()), answer(drawn.without(kind)))


def answer(problem: Problem) -> Answer:
    """Return the best objectives by name; None when nothing is possible."""
    found = best(problem)
    return dict(zip(problem.objectives, found.objectives, strict=True)) if found else None


def differ(one: Answer, other: Answer) -> bool:
    """Tell whether two answers differ in what both have."""
    if one is None or other is None:
        return one is not other
    return any(one[name] != other[name] for name in one.keys() & other.keys())


class _Drawing:
    """One problem on its way: what is drawn first narrows what comes after."""

    def __init__(self, rng: Random, theme: str) -> None:
        self.rng = rng
        self.theme = theme
        drawn = rng.choices(list(WEIGHTS), list(WEIGHTS.values()), k=rng.choice((0, 1, 1, 2, 3, 4)))
        self.has = dict.fromkeys(WEIGHTS, False) | dict.fromkeys([*drawn, theme], True)
        self.has["cost"] = self.has["unpriced"] or rng.random() < 0.75
        self.has["runs"] = self.has["runs"] or self.has["reuse"]
        self.has["pin"] = self.has["pin"] or theme == "most"
        self.has["spread"] = self.has["spread"] or self.has["nowhere"]
        self.catalogue = oceanbase() if rng.random() < OCEANBASE else made_up(rng)
        self.level = rng.choice(self.catalogue.levels)
        self.counts = self.draw_counts()
        self.said: dict[str, Any] = {"level": self.level, "roles": self.counts}
        self.asked = [role for role, copies in self.counts.items() if copies]
        self.summed = [name for name, each in self.catalogue.resources.items() if each.combine is Combine.SUM]
        self.raised: dict[tuple[str, str], int] = {}
        self.included = {(pair.guest, pair.host) for pair in self.catalogue.sharing if pair.included}
        self.pairs = {(pair.guest, pair.host) for pair in self.catalogue.sharing}
        self.rows: list[Row] = []
        self.meant: list[tuple[str, ...]] = []  # by row: the roles it was made for, the host first
        self.twins: list[int] = []  # a row that could well stand for several
        self.price: list[int] = []
        self.flaws: dict[str, list[tuple[int, str, str]]] = {}

    def drawn(self) -> Drawn:
        """Draw the needs, machines for them, and then what stands in the way of the best machines."""
        self.draw_needs()
        self.draw_machines()
        self.draw_prices()
        self.draw_domains()
        self.draw_names()
        self.draw_flaws()
        if self.has["cost"]:
            self.said["minimize"] = self.rng.choice(
                ((), ("servers",), ("cost",), ("cost",), ("servers", "cost"), ("cost", "servers"))
            )
        return Drawn(self.catalogue, Deployment(**self.said), tuple(self.rows), self.flaws)

    def draw_counts(self) -> dict[str, int]:
        if self.catalogue is oceanbase():
            ranges = {"observer": (1, 3), "odp": (0, 3), "ocp": (0, 1), "oat": (0, 1), "oms": (0, 1), "odc": (0, 1)}
            return {role: self.rng.randint(*ranges[role]) for role in self.catalogue.roles}
        counts = dict.fromkeys(self.catalogue.roles, 1)
        # Five copies can lie in three domains evenly and unevenly with as many in the emptiest; fewer cannot.
        counts[self.rng.choice(list(counts))] += self.rng.choice((0, 2, 4) if self.has["spread"] else (0, 1, 2))
        counts[self.rng.choice(list(counts))] += self.rng.randint(0, 1)
        return counts

    def draw_needs(self) -> None:
        rng, roles = self.rng, self.asked
        if self.has["minimum"]:
            role, name = rng.choice([pair for pair in product(roles, self.summed) if self.base(*pair)])
            self.raised[role, name] = ceil(self.base(role, name) * rng.choice((0.5, 1.35, 1.5, 1.5, 2)))
            amount = show(self.raised[role, name], self.catalogue.resources[name].kind)
            self.said["minimum"] = {f"{role}.{name}": amount}
        if self.has["included"] and not self.catalogue.free and len(roles) > 1:
            known = sorted((self.pairs - self.included) & set(permutations(roles, 2)))
            guest, host = rng.choice(known or [tuple(rng.sample(roles, 2))])
            self.said["included"] = (f"{guest}:{host}",)
            self.included.add((guest, host))
            self.pairs.add((guest, host))
        if self.has["headroom"]:
            self.said["headroom"] = f"{rng.choice((10, 20, 25))}%"
        if self.has["tolerance"]:
            self.said["tolerance"] = {name: f"{rng.choice((5, 10, 20))}%" for name in self.summed[:2]}
        if self.has["waive"]:
            self.said["waive"] = (rng.choice(self.summed),)
        if self.has["spare"]:
            self.said["spare"] = {rng.choice(roles): rng.choice((1, 1, 2))}

    def base(self, role: str, name: str) -> int:
        return self.catalogue.roles[role].minimums[self.level].needs.get(name, 0)

    def need(self, roles: Sequence[str], name: str) -> int:
        """Return what roles on one machine, the host first, need; often without what the user raised."""
        raised = self.rng.choice((self.raised, {}, {}))
        each = {role: raised.get((role, name), self.base(role, name)) for role in roles}
        if self.catalogue.resources[name].combine is Combine.MAX:
            return max(each.values())
        copies = Counter(roles)
        inside = [role for role in copies if role == roles[0] or (role, roles[0]) in self.included]
        if self.catalogue.free:
            inside = [roles[0]]
        outside = sum(each[role] * copies[role] for role in copies if role not in inside)
        return outside + max(each[role] * copies[role] for role in inside)

    def draw_machines(self) -> None:
        """Draw machines that together could just run everything, and a few that could stand in for them."""
        rng = self.rng
        demand = Counter(self.counts) + Counter(self.said.get("spare", {}))
        copies = [role for role in demand for _ in range(demand[role])]
        rng.shuffle(copies)
        plan: list[list[str]] = []
        for role in copies:
            hosts = [group for group in plan if self.may_join(group, role)]
            if hosts and rng.random() < (0.9 if self.has["included"] else 0.65):
                rng.choice(hosts).append(role)
            else:
                plan.append([role])
        plan = plan[: MOST_MACHINES - 2]
        if self.has["quantity"]:
            plan = self.without_twins(plan)
        extra = max(
            4 - len(plan), rng.randint(1, 2) + sum(self.has[kind] for kind in IN_THE_WAY) - self.has["quantity"]
        )
        for _ in range(min(extra, MOST_MACHINES - len(plan))):
            # Some could run one role more, or everything twice, if only that were allowed.
            group = rng.choice(plan)
            beyond = {"copies": group * 2, "sharing": [*group, rng.choice(self.asked)]}
            plan.append(beyond.get(self.theme) or rng.choice((group, *beyond.values())))
        for group in plan:
            self.meant.append(tuple(group))
            factor = self.draw_factor()
            self.rows.append({name: self.cell(group, name, factor) for name in self.catalogue.resources})

    def without_twins(self, plan: Sequence[list[str]]) -> list[list[str]]:
        """Leave out a machine that is like another one: a quantity may take its place."""
        for index, group in enumerate(plan):
            if group in plan[:index]:
                self.twins = [plan.index(group)]
                return [*plan[:index], *plan[index + 1 :]]
        return list(plan)

    def draw_factor(self) -> float:
        """Draw how much of the needs a machine has: just enough, too little but for a rule, or some more."""
        rng = self.rng
        factor = 1.0 if "headroom" in self.said or "tolerance" in self.said else rng.choice((1.0, 1.0, 1.3))
        if "headroom" in self.said and rng.random() < 0.6:
            factor /= 1 - int(self.said["headroom"][:-1]) / 100
        if "tolerance" in self.said and rng.random() < 0.75:
            factor *= 1 - min(int(share[:-1]) for share in self.said["tolerance"].values()) / 100
        return factor

    def may_join(self, group: Sequence[str], role: str) -> bool:
        if group.count(role) == self.catalogue.roles[role].max_per_machine:
            return False
        return self.catalogue.free or role == group[0] or (role, group[0]) in self.pairs

    def cell(self, roles: Sequence[str], name: str, factor: float) -> str:
        """Return a capacity: so much of what the roles need of a resource."""
        need = self.need(roles, name)
        kind = self.catalogue.resources[name].kind
        if self.catalogue.resources[name].combine is Combine.MAX:
            return show(need, kind)
        if name in self.said.get("waive", ()):
            factor = self.rng.choice((1.0, 0.6))
        step = max(1, need // 1000)
        return show(ceil(need * factor / step - 1e-9) * step, kind)

    def draw_prices(self) -> None:
        """Draw few prices, so that there are ties; what runs more tends to be dearer."""
        few = sorted(self.rng.sample((3, 5, 6, 7, 8, 10, 12), self.rng.choice((1, 2, 2, 3))))
        ranks = [len(set(roles)) + self.rng.choice((-1, 0, 0, 1)) for roles in self.meant]
        self.price = [few[max(0, min(rank - 1, len(few) - 1))] for rank in ranks]
        if self.has["cost"]:
            for row, price in zip(self.rows, self.price, strict=True):
                row["cost"] = self.rng.choice((f"{price}", f"{price}.00")) if price != 7 else "7.50"

    def draw_domains(self) -> None:
        """Draw where machines stand, cheap ones together, so that to spread a role costs something."""
        if not self.has["spread"]:
            return
        rng = self.rng
        zones = ["z1", "z2", "z3", "z4"][: rng.randint(2, 4)]
        cheap = sorted(range(len(self.rows)), key=lambda row: (self.price[row], -len(self.meant[row])))
        for place, row in enumerate(cheap):
            together = place <= len(cheap) // 2 and rng.random() < 0.85
            zone = zones[0] if together else rng.choice(zones)
            idc = "north" if zone in ("z1", "z2") else "south"
            self.rows[row] |= {"idc": idc, "zone": zone, "rack": "r1" if together else rng.choice(("r1", "r2"))}
        spares = self.said.get("spare", {})
        able = [role for role in self.asked if self.counts[role] + spares.get(role, 0) > 1] or self.asked
        spread = {}
        for role in rng.sample(able, min(len(able), rng.choice((1, 1, 2)))):
            copies = self.counts[role]
            level = rng.choice(("zone", "zone", "rack", "idc"))
            domains = min(copies, rng.choice((1, 2, 2 if level == "idc" else 3)))
            spread[role] = rng.choice((level, f"{level}:{domains}", f"{level}:{domains}"))
        self.said["spread"] = spread

    def draw_names(self) -> None:
        """Name the machines, let some rows stand for several, and name some in rules."""
        rng = self.rng
        for row, number in zip(self.rows, rng.sample(range(1, 20), len(self.rows)), strict=True):
            row["machine"] = f"m{number:02}"
        if self.has["ban"]:
            self.said["ban"] = tuple(self.rows[row]["machine"] for row in self.best(rng.choice((1, 1, 2))))
        if self.has["pin"]:
            role = rng.choice(self.asked)
            worst = sorted(
                range(len(self.rows)), key=lambda row: (role in self.meant[row], -len(self.meant[row]), self.price[row])
            )
            banned = self.said.get("ban", ())
            free = [name for row in reversed(worst) if (name := self.rows[row]["machine"]) not in banned]
            most = rng.choice(
                (1, 1, 2, self.counts[role], self.counts[role] + 1 + self.said.get("spare", {}).get(role, 0))
            )
            self.said["pin"] = {role: tuple(free[:most])}

    def best(self, number: int) -> list[int]:
        """Return rows that a plan would like to use: they run much for little."""
        order = sorted(range(len(self.rows)), key=lambda row: self.price[row] / len(self.meant[row]))
        return self.rng.sample(order[: max(number, len(order) // 2)], number)

    def draw_flaws(self) -> None:
        rng = self.rng
        number = rng.choice((1, 2, 2))
        spread = sorted(self.said.get("spread", {"": "zone"}).values())[0]
        cells = {"unavailable": ("available", "no"), "runs": ("runs", "web"), "unpriced": ("cost", "")}
        cells |= {"nowhere": (spread.partition(":")[0], ""), "blank": (self.summed[0], "")}
        for kind, (column, cell) in cells.items():
            known = column in self.rows[0] or kind in ("unavailable", "runs")
            if self.has[kind] and known:
                self.flaws[kind] = [(row, column, cell) for row in self.best(number)]
                for row in self.rows:
                    row.setdefault(column, "")
        if self.has["unavailable"]:
            for row in self.rows:
                row["available"] = "yes"
        if self.has["runs"] and self.has["reuse"]:
            self.said["reuse"] = True
        if self.has["quantity"]:
            for row in self.rows:
                row["quantity"] = "1"
            room = MOST_MACHINES + 1 - len(self.rows)
            self.flaws["quantity"] = [
                (row, "quantity", str(rng.choice((0, 2, 2, min(3, room))))) for row in self.twins or self.best(1)
            ]
