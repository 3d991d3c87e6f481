"""The linear program of a stage of a certificate: the rows of `claims` over some machines of a kernel, and splits."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from obplace.blocks import Member
from obplace.certificate_form import ChoiceSplit, CountSplit
from obplace.claims import Claim, Counted
from obplace.engine import FAR, Linear, linear
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
        blocks: Mapping[int, Member],
    ) -> None:
        self.priced = priced
        self.known = known
        self.blocks = blocks
        self.upper: list[int] = []
        self.lower: list[int] = []
        self.fixed = Rows()
        self.running: dict[tuple[int, int], int] = {}
        self.choices: dict[Key, int] = {}
        self.slots: dict[int, int] = {}  # of the variables that count machines of a slot: which
        self.domains: dict[int, list[str]] = {}
        prices: Terms = {}
        servers: Terms = {}
        slots: defaultdict[int, list[int]] = defaultdict(list)
        # A slot is told by the roles of blocks that run on it, so that a domain is bounded machine by machine.
        roles = frozenset(each.role for each in blocks.values())
        self.parts: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)  # variable, slot
        for number in sorted(active):
            slots[priced.owner[number]].append(number)
        for c, numbers in slots.items():
            size = sum(priced.count[number] for number in numbers)
            balances: defaultdict[frozenset[str], Terms] = defaultdict(dict)
            for p in priced.kernel.classes[c].patterns:
                x = self.running[c, p] = self.variable(0, size)
                balances[roles.intersection(priced.runs[p])][x] = 1
            for number in numbers:
                shared = {}
                for of_blocks, balance in balances.items():
                    s = self.variable(0, priced.count[number])
                    balance[s] = -1
                    servers[s], prices[s] = 1, priced.price[number]
                    shared[s] = 1
                    self.slots[s] = number
                    for role in of_blocks:
                        self.parts[role].append((s, number))
                if len(shared) > 1:
                    self.fixed.add(None, shared, -1, priced.count[number])
            for balance in balances.values():
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
        for number, each in blocks.items():
            if each.chosen:
                self.whole(number, each)

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
                x = self.choices[number, name, domain] = self.variable(choice.low, choice.high)
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
                        terms[self.choices[number, choice_name, each_domain]] += factor
                # The rows that a block stands for have no price of their own.
                inner = number in self.blocks and self.blocks[number].chosen and part.domains and not part.everywhere
                self.fixed.add(None if inner else (number, name, domain), dict(terms), part.sense, part.amount)

    def whole(self, number: int, block: Member) -> None:
        """Add what a block knows beside the rows of its rule: no machine runs the role where its domain is not used."""
        classes, owner, count = self.priced.kernel.classes, self.priced.owner, self.priced.count
        limited: defaultdict[tuple[str, str, str], Terms] = defaultdict(dict)
        others = {each.role: dict(self.parts[each.role]) for each in self.blocks.values() if each.role != block.role}
        for variable, slot in self.parts[block.role]:
            domains = classes[owner[slot]].domains
            here = domains[block.level]
            used = self.choices[number, "used", here]
            self.fixed.add(None, {variable: 1, used: -count[slot]}, -1, 0)
            if block.limit is not None:
                limited[here, "", domains[block.limit[0]]] |= {variable: 1, used: -block.limit[1]}
            limited[here, "", ""] |= {variable: 1, used: -block.high}
            for each in self.blocks.values():
                if each.role != block.role and variable in others[each.role]:
                    # Machines with both roles are no more than either may have there, or in one place by a limit.
                    most, place = (each.high, "") if each.limit is None else (each.limit[1], domains[each.limit[0]])
                    limited[here, each.role, place] |= {variable: 1, used: -min(most, block.high)}
        for terms in limited.values():
            self.fixed.add(None, terms, -1, 0)

    def share(self, copies: Mapping[Counted, int], p: int) -> int:
        """Return what a machine with a pattern adds to a row with these factors."""
        return self.priced.share(copies, p) if copies else 0

    def solve(self, path: Path) -> tuple[Linear | None, Linear | None, Rows]:
        """Solve the program below some splits; the second answer is a proof that nothing is there, if so."""
        lower, upper, rows = self.below(path)
        if any(low > high for low, high in zip(lower, upper, strict=True)):
            # Nothing lies below a choice without a value: the splits say so, without any prices.
            return None, None, rows
        answer = linear(lower, upper, self.objective, rows.rows)
        if answer is not None:
            return answer, None, rows
        missed = self.farkas(lower, upper, rows)
        if missed is not None and missed.value <= NEAR:
            # Doubles cannot tell: these values miss no row by more than their rounding, and say where to split.
            value = sum(factor * missed.values[x] for x, factor in self.objective.items())
            return replace(missed, value=value), None, rows
        return None, missed, rows

    def needed(self, answer: Linear, spare: float) -> set[int]:
        """Return the slots that a solution may use which is worse than the answer by no more than so much."""
        return {slot for variable, slot in self.slots.items() if answer.costs[variable] <= spare + NEAR}

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
                    upper.append(FAR)
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
