"""The linear program of a stage of a certificate: the rows of `claims` over some machines of a kernel, and splits."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from obplace.certificate import Rooms, factor_in, usable
from obplace.certificate_form import ChoiceSplit, CountSplit
from obplace.claims import Claim, Counted
from obplace.engine import Linear, linear
from obplace.model import Row, Terms
from obplace.priced import Priced

NEAR = 1e-6  # what a linear program's double may be off a whole number

Split = ChoiceSplit | CountSplit
Path = tuple[tuple[Split, int, bool], ...]  # (what, at, whether it is the higher half)
Key = tuple[int, str, str | None]  # rule, part or choice, domain


@dataclass
class Rows:
    """Rows with the name of each; a row without one has no price in the certificate."""

    rows: list[Row] = field(default_factory=list)
    keys: list[Key | str | int | None] = field(default_factory=list)

    def add(self, key: Key | str | int | None, terms: Terms, sense: int, amount: int) -> None:
        """Add a row: at least the amount, at most, or just that, by its sense."""
        self.rows.append(Row(terms, amount if sense >= 0 else None, amount if sense <= 0 else None))
        self.keys.append(key)


class Program:
    """The linear program of a stage: machines of each class by what they run, slots, and choices."""

    def __init__(
        self,
        priced: Priced,
        active: set[int],
        known: Mapping[int, Claim],
        objective: str | None,
        proven: Mapping[str, int],
        room: Rooms,
    ) -> None:
        self.priced = priced
        self.known = known
        self.room = room
        self.upper: list[int] = []
        self.lower: list[int] = []
        self.fixed = Rows()
        self.running: dict[tuple[int, int], int] = {}
        self.choices: dict[Key, int] = {}
        self.domains: dict[int, list[str]] = {}
        prices: Terms = {}
        servers: Terms = {}
        slots: defaultdict[int, list[int]] = defaultdict(list)
        for number in sorted(active):
            slots[priced.owner[number]].append(number)
        for c, numbers in slots.items():
            size = sum(priced.count[number] for number in numbers)
            balance = {}
            for p in priced.kernel.classes[c].patterns:
                x = self.running[c, p] = self.variable(0, size)
                balance[x] = 1
            for number in numbers:
                s = self.variable(0, priced.count[number])
                balance[s] = -1
                servers[s], prices[s] = 1, priced.price[number]
            self.fixed.add(None, balance, 0, 0)
        values = {"servers": servers, "cost": prices}
        self.objective: Terms = values.get(objective or "", {})
        for name, value in proven.items():
            self.fixed.add(name, values[name], -1, value)
        self.named: defaultdict[str, list[tuple[tuple[int, int], int]]] = defaultdict(list)
        for (c, p), x in self.running.items():
            if (machine := priced.kernel.classes[c].named) is not None:
                self.named[machine].append(((c, p), x))
        for number, claim in known.items():
            self.choose(number, claim, prices)
        for number, claim in known.items():
            self.claim(number, claim, prices)

    def variable(self, low: int, high: int) -> int:
        """Add a variable and return its number."""
        self.lower.append(low)
        self.upper.append(high)
        return len(self.lower) - 1

    def choose(self, number: int, claim: Claim, prices: Terms) -> None:
        """Add the choices of a rule for the domains that the machines here lie in, and what they cost."""
        level = claim.level or ""
        classes = self.priced.kernel.classes
        here = sorted({domain for c, _ in self.running if (domain := classes[c].domains.get(level))})
        self.domains[number] = here
        for name, choice in claim.choices.items():
            for domain in here if choice.domains else [None]:
                # Only `used` of a spread role has room.
                shut = number in self.room and domain is not None and not usable(claim, self.room[number], domain)
                x = self.choices[number, name, domain] = self.variable(choice.low, 0 if shut else choice.high)
                if choice.price:
                    prices[x] = choice.price

    def claim(self, number: int, claim: Claim, prices: Terms) -> None:
        """Add the rows of a rule for these domains."""
        level, here = claim.level or "", self.domains[number]
        classes = self.priced.kernel.classes
        for name, part in claim.parts.items():
            rows: dict[str | None, defaultdict[int, int]] = {
                domain: defaultdict(int) for domain in (here if part.domains else [None])
            }
            counted = [pair for name in part.machines for pair in self.named.get(name, ())]
            for (c, p), x in counted if part.machines else self.running.items():
                inside = rows.get(classes[c].domains.get(level) if part.domains else None)
                if inside is not None and (share := self.share(part.copies, p)):
                    inside[x] += share
                if share := self.share(part.everywhere, p):
                    for terms in rows.values():
                        terms[x] += share
            for domain, terms in rows.items():
                for s, price in prices.items() if part.prices else ():
                    terms[s] += price * part.prices
                for choice_name, factor in part.choices.items():
                    own = claim.choices[choice_name].domains
                    for each_domain in [domain] if part.domains and own else here if own else [None]:
                        exact = factor_in(self.room.get(number), name, factor, domain or "")
                        terms[self.choices[number, choice_name, each_domain]] += exact
                self.fixed.add((number, name, domain), dict(terms), part.sense, part.amount)

    def share(self, copies: Mapping[Counted, int], p: int) -> int:
        """Return what a machine with a pattern adds to a row with these factors."""
        return self.priced.share(copies, p) if copies else 0

    def solve(self, path: Path) -> tuple[Linear | None, Linear | None, Rows]:
        """Solve the program below some splits; the second answer is a proof that nothing is there, if so."""
        lower, upper, rows = self.below(path)
        if any(low > high for low, high in zip(lower, upper, strict=True)):
            # Nothing lies below a choice without a value: whatever prices will do.
            return None, Linear(1.0, [0.0] * len(lower), [0.0] * len(rows.rows)), rows
        answer = linear(lower, upper, self.objective, rows.rows)
        if answer is not None:
            return answer, None, rows
        missed = self.farkas(lower, upper, rows)
        if missed is not None and missed.value <= NEAR:
            # Doubles cannot tell: these values miss no row by more than their rounding, and say where to split.
            value = sum(factor * missed.values[x] for x, factor in self.objective.items())
            return replace(missed, value=value), None, rows
        return None, missed, rows

    def below(self, path: Path) -> tuple[list[int], list[int], Rows]:
        """Return the ends of the variables, and the rows, below some splits."""
        lower, upper = list(self.lower), list(self.upper)
        rows = Rows(list(self.fixed.rows), list(self.fixed.keys))
        for depth, (split, at, high) in enumerate(path):
            if isinstance(split, CountSplit):
                terms = dict.fromkeys(self.counted(split), 1)
                rows.add(depth, terms, 1 if high else -1, at + 1 if high else at)
            elif (x := self.choices.get((split.rule, split.choice, split.domain))) is not None:
                lower[x], upper[x] = (max(lower[x], at + 1), upper[x]) if high else (lower[x], min(upper[x], at))
        return lower, upper, rows

    def farkas(self, lower: list[int], upper: list[int], rows: Rows) -> Linear | None:
        """Return prices under which the rows cannot hold together: those of the least by which they are missed."""
        objective: Terms = {}
        lower, upper = list(lower), list(upper)
        loose = []
        for row, key in zip(rows.rows, rows.keys, strict=True):
            terms = dict(row.terms)
            for sign in () if key is None else (1, -1):
                if (row.low if sign > 0 else row.high) is not None:
                    slack = len(lower)
                    lower.append(0)
                    upper.append(1 << 40)
                    terms[slack] = sign
                    objective[slack] = 1
            loose.append(Row(terms, row.low, row.high))
        return linear(lower, upper, objective, loose)

    def counted(self, split: CountSplit) -> list[int]:
        """Return the variables that a split counts: of classes that no rule can tell apart, or of all."""
        like = None if split.like is None else self.priced.like(split.like)
        return [
            x
            for (c, p), x in self.running.items()
            if self.priced.runs[p] == split.runs and (like is None or self.priced.marks[c] == like)
        ]
