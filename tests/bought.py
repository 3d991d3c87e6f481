"""Random problems of buying, small enough to go through every way to buy: what `solve` is compared with.

The search reads the cells as they were drawn. It knows nothing of pools, offers or rows: for each set of loads it tries
every place for each of them, and then what each offer costs for so many machines, at the best of its prices.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import combinations_with_replacement, product
from random import Random
from typing import Any

from obplace.catalogue import Catalogue
from obplace.catalogue.load import build
from obplace.check import check_document
from obplace.deployment import Deployment
from obplace.document import to_json
from obplace.errors import DataError, UsageError
from obplace.explanation import explanation
from obplace.kernel import ALL, Reduction
from obplace.plan import Status
from obplace.plan_form import read
from obplace.pool import Offers, Pool
from obplace.pose import pose
from obplace.problem import Problem
from obplace.result import Result
from obplace.solver import Solver
from obplace.wish import Wish

Row = dict[str, str]
Load = tuple[str, ...]
Answer = tuple[Decimal, ...]  # the values of the objectives, in their order

ZONES = ("z1", "z2", "z3")
NEEDS = {"a": (4, 100, 1), "b": (2, 60, 0)}  # cores, GB of storage, class of storage: 1 is ssd
CLASSES = ("hdd", "ssd", "nvme")
UNLIMITED = 10**6


def catalogue(*, shared: bool) -> Catalogue:
    """Return the catalogue of two roles; ``shared`` allows b on a machine of a, where their needs add up."""
    roles = [
        {
            "name": role,
            "max_per_machine": 1,
            "minimum": {"only": {"needs": {"cpu": str(cpu), "storage": f"{gb} GB", "storage_class": CLASSES[rank]}}},
        }
        for role, (cpu, gb, rank) in NEEDS.items()
    ]
    return build(
        {
            "name": "tiny",
            "title": "tiny",
            "source": "made up",
            "levels": ["only"],
            "colocation": "listed",
            "resources": {
                "cpu": {"kind": "cpu", "combine": "sum"},
                "storage": {"kind": "storage", "combine": "sum"},
                "storage_class": {"kind": "class", "combine": "max"},
            },
            "roles": roles,
            "sharing": [{"guest": "b", "host": "a", "how": "added"}] if shared else [],
        }
    )


@dataclass(frozen=True)
class Drawn:
    """A problem in the cells in which it was drawn: machines that are owned, offers, and what is asked."""

    owned: Sequence[Row]
    offers: Sequence[Row]
    shared: bool
    words: Mapping[str, Any]

    @property
    def kinds(self) -> tuple[str, ...]:
        """What makes the problem more than one of machines and prices, sorted."""
        machines = [row for row in self.offers if not row.get("resource")]
        found = {name for name in ("spread", "limit", "budget") if name in self.words}
        found |= {"owned"} if self.owned else set()
        found |= {"by-gb"} if len(machines) < len(self.offers) else set()
        found |= {"prices"} if len({row["machine"] for row in machines}) < len(machines) else set()
        found |= {name for name, column in (("stock", "quantity"), ("monthly", "running")) if _said(machines, column)}
        found |= {"minimum"} if any(row["from"] and _first(machines, row) for row in machines) else set()
        found |= {"places"} if any(len(_zones(row)) != 1 for row in machines) else set()
        return tuple(sorted(found))

    def pose(self, order: Random | None = None) -> Problem:
        """Return the problem, with its rows in the order drawn or in another one."""
        # pandas takes a third of a second to import: whoever only reads this module's names does without.
        import pandas as pd

        def frame(rows: Sequence[Row]) -> pd.DataFrame:
            return pd.DataFrame(rows if order is None else order.sample(rows, len(rows)), dtype=object).fillna("")

        book = catalogue(shared=self.shared)
        pool = Pool.from_frame(frame(self.owned), book.kinds) if self.owned else None
        offers = Offers.from_frame(frame(self.offers), book.kinds)
        return pose(book, Deployment(**self.words), pool, offers)


def draw(seed: int) -> Drawn:
    """Return the problem of a seed."""
    rng = Random(f"buying {seed}")
    owned = [_machine(rng) | {"machine": f"own{n}", "zone": rng.choice(ZONES)} for n in range(rng.choice((0, 0, 1, 3)))]
    if owned and rng.random() < 0.7:
        for row in owned:
            row["cost"] = str(rng.choice((0, 3, 7, 20)))
    offers: list[Row] = []
    for number in range(rng.choice((1, 2, 2, 3, 4))):
        offers += _offer(rng, f"o{number}")
    if rng.random() < 0.5:
        for number in range(rng.choice((1, 1, 2))):
            offers.append(_seller(rng, f"disk{number}"))
    copies = {"a": rng.choice((1, 2, 3)), "b": rng.choice((0, 1, 2))}
    words: dict[str, Any] = {"roles": copies, "horizon": rng.choice((1, 2, 12))}
    words["minimize"] = rng.choice(((), ("cost",), ("cost",), ("cost",)))
    if rng.random() < 0.4:
        words["spread"] = {"a": f"zone:{rng.randint(1, copies['a'])}"}
    if copies["b"] and rng.random() < 0.3:
        words["limit"] = {"b.zone": 1}
    if rng.random() < 0.15:
        words["budget"] = str(rng.choice((30, 60, 120, 400)))
    return Drawn(owned, offers, rng.random() < 0.6, words)


def _machine(rng: Random) -> Row:
    storage = rng.choice(("", "", "100 GB", "160 GB", "40 GB", "1 TB"))
    return {
        "cpu": str(rng.choice((2, 4, 4, 6, 8))),
        "storage": storage,
        "storage_class": rng.choice(CLASSES[1:] if rng.random() < 0.8 else CLASSES) if storage else "",
    }


def _offer(rng: Random, name: str) -> Iterator[Row]:
    """Yield the rows of an offer: one price, or several for orders of other sizes, with a minimum or without."""
    same = _machine(rng) | {"machine": name}
    same["zone"] = rng.choice(("", "", "z1", "z2", "z1|z2", "z2;z3", "z1|z2|z3"))
    stock = rng.choice((None, None, 1, 2, 3, 5))
    same["quantity"] = "" if stock is None else str(stock)
    price = rng.choice((3, 5, 8, 10, 10, 12, 20))
    least = rng.choice((1, 1, 1, 2, 3))
    for last in (False, True):
        if stock is not None and least > stock:
            return
        most = rng.choice((None, least, least + 1)) if not last else rng.choice((None, None, least + 2))
        cells = {"price": f"{price}{rng.choice(('', '', '.5'))}", "running": rng.choice(("", "", "1", "0.25"))}
        yield same | cells | {"from": "" if least == 1 else str(least), "to": "" if most is None else str(most)}
        if most is None:
            return
        least = most + rng.choice((1, 1, 2))
        price = max(1, price + rng.choice((-6, -3, -2, -2, 1)))


def _seller(rng: Random, name: str) -> Row:
    cells = {"price_per_gb": rng.choice(("", "0.02", "0.1")), "running_per_gb": rng.choice(("0.01", "0.03"))}
    rank = rng.choice(("ssd", "ssd", "nvme", "hdd"))
    return {
        "machine": name,
        "resource": "storage",
        "storage_class": rank,
        "zone": rng.choice(("", "", "z1|z2", "z3")),
        **cells,
    }


def _said(rows: Sequence[Row], column: str) -> bool:
    return any(row[column] for row in rows)


def _first(rows: Sequence[Row], row: Row) -> bool:
    return next(each for each in rows if each["machine"] == row["machine"]) is row


def judged(seed: int) -> dict[str, str | int | float]:
    """Return whether the solver finds what the search does, with and without its reduction, and proves it."""
    drawn = draw(seed)
    known = best(drawn)
    wrong = []
    facts: dict[str, str | int | float] = {"kinds": " ".join(drawn.kinds), "rows": len(drawn.offers)}
    try:
        problem = drawn.pose()
    except (DataError, UsageError) as error:
        said = "; ".join(error.problems) if known is not None else "same"
        return facts | {"status": "refused", "outcome": said}
    result = Solver(threads=1).solve(problem)
    plain = Solver(threads=1, reductions=ALL - {Reduction.OFFERS}).solve(problem)
    if values(drawn, result) != known:
        wrong.append(f"{values(drawn, result)} instead of {known}")
    if values(drawn, plain) != known:
        wrong.append(f"without the reduction {values(drawn, plain)} instead of {known}")
    if result.status is not (Status.INFEASIBLE if known is None else Status.OPTIMAL):
        wrong.append(f"status {result.status}")
    if result.proof is None:
        wrong.append("unproven")
    wrong += check_document(read(to_json(result), "plan"), problem).findings if result.certificate else ()
    bill = (result.plan and result.plan.bill) or ()
    return facts | {
        "status": result.status.value,
        "proof": result.proof.value if result.proof else "none",
        "values": " ".join(map(str, known or ())),
        "unused": sum(each.bought - each.used for each in bill),
        "gigabytes": sum(each.bought for each in bill if each.unit != "machines"),
        "outcome": "; ".join(wrong) or "same",
    }


def priced_to_explain(seed: int) -> tuple[Decimal | None, Decimal | None]:
    """Return the least for which a problem can be bought, what is owned costing nothing, and what `explain` takes.

    None is for no way to do it by money alone; both are 0 where nothing has to be bought.
    """
    import pandas as pd

    drawn = draw(seed)
    words: dict[str, Any] = {key: value for key, value in drawn.words.items() if key != "budget"}
    owned = [{key: value for key, value in row.items() if key != "cost"} for row in drawn.owned]
    drawn = Drawn(owned, drawn.offers, drawn.shared, words | {"minimize": ("cost",)})
    least = best(drawn)
    book = catalogue(shared=drawn.shared)
    pool = Pool.from_frame(pd.DataFrame(owned, dtype=object), book.kinds) if owned else None
    offers = Offers.from_frame(pd.DataFrame(drawn.offers, dtype=object).fillna(""), book.kinds)
    try:
        told = explanation(book, Deployment(**drawn.words), pool, 1, Wish(near=Fraction(0), most=1), offers)
    except (DataError, UsageError):
        return (None if least is None else least[0]), None
    free = [each.money for each in told.repairs if not each.concession]
    return (None if least is None else least[0]), (min(free, default=None) if told.conflicts.found else Decimal(0))


def values(drawn: Drawn, result: Result) -> Answer | None:
    """Return the values of the objectives of a result, in their order, as money and numbers."""
    if result.plan is None or result.plan.cost is None:
        return None
    found = (Decimal(result.plan.servers), result.plan.cost)
    return found[::-1] if drawn.words["minimize"] else found


@dataclass(frozen=True)
class _Spot:
    """Where a load may run: a machine that is owned, or one of an offer in a zone."""

    row: Row
    zone: str | None
    owned: bool


def best(drawn: Drawn) -> Answer | None:
    """Return the best values of the objectives, of all ways to buy that keep every rule; None when there are none."""
    answer: Answer | None = None
    months = drawn.words["horizon"]
    copies = drawn.words["roles"]
    budget = drawn.words.get("budget")
    sellers = [row for row in drawn.offers if row.get("resource")]
    spots = list(_spots(drawn))
    for together in range(min(copies["a"], copies["b"]) + 1 if drawn.shared else 1):
        loads = {("a", "b"): together, ("a",): copies["a"] - together, ("b",): copies["b"] - together}
        ways = []
        for load, number in loads.items():
            able = [(spot, gb) for spot in spots if (gb := _by_gb(spot, load, sellers, months)) is not None]
            ways.append([[(*each, load) for each in some] for some in combinations_with_replacement(able, number)])
        for parts in product(*ways):
            placed = [each for part in parts for each in part]
            if not _keeps(drawn, [(spot, load) for spot, _, load in placed]):
                continue
            cost = _cost(drawn, [spot for spot, _, _ in placed], months)
            if cost is None:
                continue
            cost += sum((gb for _, gb, _ in placed), Decimal(0))
            if budget is not None and cost > Decimal(budget):
                continue
            values = (Decimal(len(placed)), cost)
            found = values[::-1] if drawn.words["minimize"] else values
            answer = found if answer is None else min(answer, found)
    return answer


def _spots(drawn: Drawn) -> Iterator[_Spot]:
    """Yield every place for a machine; an offer that names no zone may be in any that somebody names."""
    yield from (_Spot(row, row["zone"], owned=True) for row in drawn.owned)
    machines = [row for row in drawn.offers if not row.get("resource")]
    named = {row["zone"] for row in drawn.owned} | {zone for row in machines for zone in _zones(row)}
    for row in {row["machine"]: row for row in machines}.values():
        for zone in _zones(row) or sorted(named) or [None]:
            yield _Spot(row, zone, owned=False)


def _zones(row: Row) -> list[str]:
    return [zone for zone in row["zone"].replace(";", "|").split("|") if zone]


def _by_gb(spot: _Spot, load: Load, sellers: Sequence[Row], months: int) -> Decimal | None:
    """Return what storage costs that a machine needs besides its own for a load; None where it cannot run it."""
    cores = sum(NEEDS[role][0] for role in load)
    gb = sum(NEEDS[role][1] for role in load)
    rank = max(NEEDS[role][2] for role in load)
    if int(spot.row["cpu"]) < cores:
        return None
    own, mine = _gigabytes(spot.row["storage"]), spot.row["storage_class"]
    if own >= gb:
        return Decimal(0) if mine and CLASSES.index(mine) >= rank else None
    prices = []
    for seller in () if spot.owned else sellers:
        classes = [CLASSES.index(seller["storage_class"])]
        if own:
            classes.append(CLASSES.index(mine) if mine else -1)
        here = not _zones(seller) or spot.zone in _zones(seller)
        if here and min(classes) >= rank:
            each = Decimal(seller["price_per_gb"] or 0) + months * Decimal(seller["running_per_gb"] or 0)
            prices.append(each * (gb - own))
    return min(prices, default=None)


def _gigabytes(cell: str) -> int:
    number, _, unit = cell.partition(" ")
    return int(number or 0) * (1000 if unit == "TB" else 1)


def _keeps(drawn: Drawn, placed: Sequence[tuple[_Spot, Load]]) -> bool:
    """Tell whether no machine that is owned is used twice, and zones are used as asked."""
    taken = [spot.row["machine"] for spot, _ in placed if spot.owned]
    if len(taken) > len(set(taken)):
        return False
    if "spread" in drawn.words:
        number = int(drawn.words["spread"]["a"].partition(":")[2])
        zones = Counter(spot.zone for spot, load in placed if "a" in load)
        if None in zones or len(zones) != number or max(zones.values()) - min(zones.values()) > 1:
            return False
    if "limit" in drawn.words:
        zones = Counter(spot.zone for spot, load in placed if "b" in load)
        if None in zones or max(zones.values()) > 1:
            return False
    return True


def _cost(drawn: Drawn, spots: Sequence[_Spot], months: int) -> Decimal | None:
    """Return what the machines cost, each offer at the best of its prices; None where there are not so many."""
    total = sum((Decimal(spot.row.get("cost", "0")) for spot in spots if spot.owned), Decimal(0))
    for name, used in Counter(spot.row["machine"] for spot in spots if not spot.owned).items():
        prices = []
        for row in drawn.offers:
            least, most = int(row.get("from") or 1), int(row.get("to") or UNLIMITED)
            stock = int(row.get("quantity") or UNLIMITED)
            if row["machine"] == name and used <= min(most, stock):
                each = Decimal(row["price"]) + months * Decimal(row["running"] or 0)
                prices.append(max(used, least) * each)
        if not prices:
            return None
        total += min(prices)
    return total
