"""Find the certificate of an optimum that is known: prices from linear programs, and a tree where one is not enough.

The linear program is that of `claims` over some machines of a kernel, so that its duals are prices for the whole pool.
What they make of the other machines of the kernel is reckoned exactly; one that would lower the bound joins the
program, until none does. Where the bound does not reach the optimum, the program's fractions say where to split:
a choice, or how many machines run some set of roles, in all or in a class; of several the best is taken. Since the
optimum is known, every node asks only whether anything better is below it. The work is limited by the size of
the programs, not by the clock, so that the same question has the same certificate.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import ceil, floor
from types import MappingProxyType
from typing import TypeGuard

from obplace.able import Load
from obplace.blocks import MOST as MOST_COPIES
from obplace.blocks import Member, member
from obplace.certificate import SHIFT, Sum, bounds
from obplace.certificate_form import DEEPEST, ChoiceSplit, CountSplit, Fork, Leaf, Node, Stage
from obplace.claims import Claim, Part, claims
from obplace.engine import Linear, linear
from obplace.kernel import Kernel, Reduction, reduce
from obplace.priced import Priced
from obplace.problem import Problem
from obplace.relaxed import NEAR, Key, Path, Program, Rows, Split

MOST = 500_000  # variables of all linear programs of one tree together, some three seconds
TRIED = 4  # splits of each kind that are compared at a node
LARGE = 10_000  # variables of what is tried of each kind together; of a large program fewer splits are compared
HAIR = 1e-3  # of the unit of prices: so much below a whole number still counts as it


def certify(
    kernel: Kernel,
    targets: Mapping[str, int] | None,
    enough: Callable[[], bool] = lambda: False,
    *,
    short: bool = False,
) -> tuple[Stage, ...]:
    """Return the stages that prove these values optimal, in their order, as far as they hold on the whole pool.

    Most close at the root of the kernel as it is. Where one does not, a larger kernel has all machines that fractions,
    or the halves of a split, could need: the one at hand keeps the racks that whole plans need, and leaves out machines
    for the sake of others that a split may bar.

    Parameters
    ----------
    targets
        The optimum by name; None to prove that there is no plan.
    enough
        Asked before each linear program whether to stop.
    short
        The last of the targets is not known to be the optimum: its stage may prove less.
    """
    problem = kernel.problem
    wanted = dict(targets) if targets is not None else {"": 1}
    try:
        first = _Proof(kernel, kernel, enough, sharp=False)
        stages = _held(problem, first.stages(wanted, (), most=0))
        if short and len(stages) == len(wanted) - 1 and first.root is not None:
            # Of what is open the root says how far it is from known; a tree would say little more.
            stage = Stage(list(wanted)[-1], 0, first.root)
            return (*stages, replace(stage, bound=bounds(problem, [*stages, stage])[-1]))
        if len(stages) < len(wanted) and not enough():
            # One machine more of each class than any plan uses, so that the last one that is used has its price.
            whole = reduce(problem, frozenset({Reduction.CHEAPEST, Reduction.OFFERS}), beyond=1)
            stages = _held(problem, _Proof(kernel, whole, enough, sharp=True).stages(wanted, stages, most=MOST))
    except ValueError:  # a catalogue with more sets of roles than the checker goes through
        return ()
    return stages


def _held(problem: Problem, stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """Return the stages up to the first one that does not hold on the pool."""
    proven = bounds(problem, stages) if stages else []
    failed = [n for n, (stage, bound) in enumerate(zip(stages, proven, strict=True)) if bound < stage.bound]
    return tuple(stages[: min(failed, default=len(stages))])


def _blocks(problem: Problem, known: Mapping[int, Claim], loads: Sequence[Load]) -> dict[int, Member]:
    """Return the rules whose domains are reckoned as a whole: one for a role, of the level with most domains.

    Those that say which domains are used come first, then those that bound a role that may share a machine with one of
    theirs.
    """
    levels = {claim.level for claim in known.values() if "used" in claim.choices and claim.level is not None}
    chosen: dict[str, Member] = {}
    for level in sorted(levels, key=lambda level: (-len(problem.domains.get(level, ())), level)):
        found = [each for number, claim in known.items() if (each := member(problem, number, claim, level))]
        found.sort(key=lambda each: (not each.chosen, each.level, each.high, each.rule))
        size = 1
        for each in found:
            beside = any(each.role in dict(load) and not chosen.keys().isdisjoint(dict(load)) for load in loads)
            # A quarter of what the checker goes through: prices are also put to rules with a copy more.
            if each.role not in chosen and (each.chosen or beside) and size * (each.high + 1) <= MOST_COPIES // 4:
                chosen[each.role] = each
                size *= each.high + 1
        if chosen:
            break
    return {each.rule: each for each in chosen.values()}


class _Proof:
    """One attempt: a kernel whose machines are in the programs at once, and a larger one that they are drawn from."""

    def __init__(self, kernel: Kernel, whole: Kernel, enough: Callable[[], bool], *, sharp: bool) -> None:
        self.known = claims(kernel.problem, {each.named for each in whole.classes if each.named is not None})
        self.priced = Priced(whole)
        self.blocks = _blocks(kernel.problem, self.known, self.priced.sets) if sharp else {}
        self.active = self.priced.slots({slot.name for each in kernel.classes for slot in each.slots})
        self.enough = enough
        self.root: Leaf | None = None  # of the last stage

    def stages(self, wanted: Mapping[str, int], done: Sequence[Stage], most: int) -> list[Stage]:
        """Return the stages done before, and the next ones while each is proven by the machines of the kernel."""
        stages = list(done)
        proven = {stage.objective: stage.bound for stage in done if stage.objective is not None}
        for name, value in list(wanted.items())[len(done) :]:
            tree = _Tree(self, name or None, proven, value, most)
            node = tree.grow(())
            if not tree.closed:
                break
            stages.append(Stage(name or None, value, node))
            proven = proven | {name: value}
        return stages


class _Tree:
    """The tree of one stage in the making."""

    def __init__(self, proof: _Proof, objective: str | None, proven: Mapping[str, int], target: int, most: int) -> None:
        self.proof = proof
        self.objective = objective
        self.proven = proven
        self.target = target
        self.most = most
        self.work = 0  # variables of the linear programs so far
        self.lean = False  # whether the program has only what a better plan could use
        self.closed = True  # every leaf so far reaches the target, as far as the kernel tells
        self.program = self.build()

    def build(self) -> Program:
        proof = self.proof
        return Program(proof.priced, proof.active, proof.known, self.objective, self.proven, proof.blocks)

    def grow(self, path: Path, before: Mapping[Key | str | int | None, float] = MappingProxyType({})) -> Node:
        """Return a leaf where its prices prove the target below these splits, else a fork.

        Parameters
        ----------
        before
            The prices of the node above.
        """
        while True:
            self.work += len(self.program.lower)
            answer, nothing, rows = self.program.solve(path)
            # So many times the prices of a proof of nothing that they outweigh what the objective could still save.
            times = 1 if nothing is None else max(1, ceil(2 * self.target / nothing.value))
            # Where there is neither, the program lacks what the splits want: above it was too dear, or is nowhere.
            found = answer or nothing or Linear(0.0, [], [before.get(key, 0.0) for key in rows.keys], [])
            fine = self.fine(found, rows)
            leaf = self.leaf(found, rows, path, times * fine, fine if nothing is None else 1)
            sum_ = Sum(
                self.proof.priced.kernel.problem,
                self.proof.priced.sets,
                self.proof.known,
                self.objective,
                self.proven,
                leaf,
                path,
            )
            if not path:
                self.proof.root = leaf
            bound, alone, taken = self.proof.priced.bound(sum_, self.proof.active)
            # Machines left out of the program stand for others like them that the kernel left out.
            if bound >= self.target and not alone:
                return leaf
            joining = alone | taken
            if self.work > self.most or self.proof.enough():
                self.closed = False
                return leaf
            if joining:
                self.proof.active |= joining
            elif path or answer is None or self.objective is None or self.lean:
                break
            else:
                # What a better plan cannot use is left out of the program, and joins again where that was rash.
                self.proof.active = self.program.needed(answer, self.target - answer.value)
                self.lean = True
            self.program = self.build()
        split = None if answer is None or len(path) >= DEEPEST else self.split(answer, path)
        # Where all is whole and still below the target, a rule that has no rows decides.
        if answer is None or split is None or not self.closed:
            self.closed = False
            return leaf
        what, at = split
        prices = dict(zip(rows.keys, answer.prices, strict=True))
        low = self.grow((*path, (what, at, False)), prices)
        return Fork(what, at, low, self.grow((*path, (what, at, True)), prices) if self.closed else Leaf())

    def split(self, answer: Linear, path: Path) -> tuple[Split, int] | None:
        """Return the split whose halves come nearest to the target; None where all is whole."""
        found: tuple[float, tuple[Split, int]] | None = None
        for what, at in self.fractions(answer):
            gains = [self.gain(answer.value, (*path, (what, at, high))) for high in (False, True)]
            score = max(min(gains), NEAR) * max(max(gains), NEAR)
            if found is None or score > found[0] * (1 + NEAR):
                found = score, (what, at)
            if min(gains) >= 1:
                break
        return None if found is None else found[1]

    def gain(self, value: float, path: Path) -> float:
        """Return which part of the way from a value to the target the program below these splits comes."""
        self.work += len(self.program.lower)
        lower, upper, rows = self.program.below(path)
        if any(low > high for low, high in zip(lower, upper, strict=True)):
            return 1.0
        answer = linear(lower, upper, self.program.objective, rows.rows)
        if answer is None:
            return 1.0
        # A bound is rounded up, so that what is just above the whole number before is enough.
        return min(1.0, (answer.value - value) / max(NEAR, self.target - 1 + NEAR - value)) if self.objective else 0.0

    def fractions(self, answer: Linear) -> list[tuple[Split, int]]:
        """Return splits of what is a fraction: choices, numbers of machines in all, and in a class; by how much."""
        priced = self.program.priced
        choices = [(answer.values[x], ChoiceSplit(*key)) for key, x in sorted(self.program.choices.items(), key=str)]
        every: defaultdict[tuple[str, ...], float] = defaultdict(float)
        some: defaultdict[tuple[tuple[str, ...], int], float] = defaultdict(float)
        for (c, p), x in self.program.running.items():
            every[priced.runs[p]] += answer.values[x]
            some[priced.runs[p], priced.marks[c]] += answer.values[x]
        totals = [(value, CountSplit(runs, None)) for runs, value in every.items()]
        parts = [(value, CountSplit(runs, priced.first[mark])) for (runs, mark), value in some.items()]
        found: list[tuple[Split, int]] = []
        tried = max(1, min(TRIED, LARGE // len(self.program.lower)))
        for group in (choices, totals, parts):
            broken = [pair for pair in group if _fraction(pair[0]) > NEAR]
            broken.sort(key=lambda pair: -round(_fraction(pair[0]), 6))
            found += [(what, floor(value)) for value, what in broken[:tried]]
        return found

    def fine(self, answer: Linear, rows: Rows) -> int:
        """Return by how much finer prices must be than 2**-20, as what is proven before has one of them."""
        priced = any(isinstance(key, str) and dual != 0 for key, dual in zip(rows.keys, answer.prices, strict=True))
        return 1 << (max(self.proven.values()).bit_length() // 2) if priced else 1

    def leaf(self, answer: Linear, rows: Rows, path: Path, times: int, scale: int) -> Leaf:
        """Return the leaf of so many times a program's prices, rounded so that no machine gets a share from that."""
        prices: defaultdict[int, dict[str, int | dict[str, int]]] = defaultdict(dict)
        objectives: dict[str, int] = {}
        splits = [0] * len(path)
        for key, row, dual in zip(rows.keys, rows.rows, answer.prices, strict=True):
            if key is None:
                continue
            claim, part = self.part(key)
            price = _rounded(dual * (times << SHIFT), part)
            if claim is not None and part is not None and price and not part.copies and not part.everywhere:
                # Enough that the rounding of the other parts gives no choice a share either.
                price -= sum(
                    abs(factor)
                    for other in claim.parts.values()
                    if other.copies
                    for choice, factor in other.choices.items()
                    if choice in part.choices
                )
            price = max(price, 0) if row.high is None else min(price, 0) if row.low is None else price
            if not price:
                continue
            match key:
                case str(name):
                    objectives[name] = price
                case int(depth):
                    splits[depth] = price
                case (rule, name, None):
                    prices[rule][name] = price
                case (rule, name, str(domain)):
                    inside = prices[rule].setdefault(name, {})
                    assert isinstance(inside, dict)
                    inside[domain] = price
        others = {}
        for number in sorted(prices.keys() - {each.rule for each in self.proof.blocks.values() if each.chosen}):
            self.idle(number, prices[number], {split.domain for split, _, _ in path if _of(split, number)})
            if other := self.others(number, prices[number]):
                others[number] = other
        for number, other in others.items():
            # Domains of the program that had no price keep none; one that has the price of the others needs no mention.
            for name, price in other.items():
                inside = prices[number].get(name, {})
                assert isinstance(inside, dict)
                full = {domain: inside.get(domain, 0) for domain in self.program.domains[number]}
                prices[number][name] = {domain: each for domain, each in full.items() if each != price}
        return Leaf(
            dict(prices), others, objectives, tuple(splits) if any(splits) else (), tuple(self.proof.blocks), scale
        )

    def idle(self, number: int, prices: dict[str, int | dict[str, int]], split: set[str | None]) -> None:
        """Lower what a domain gives to its machines until using it costs nothing.

        A domain that nothing uses may have prices that are too high for machines in it that the program does not have.
        """
        claim = self.proof.known[number]
        if "used" not in claim.choices:
            return
        whole = prices.get("domains", prices.get("one", 0))
        assert isinstance(whole, int)
        rows = {name: part.choices["used"] for name, part in claim.parts.items() if part.domains and part.choices}
        for domain in self.program.domains[number]:
            tables = {name: table for name in rows if isinstance(table := prices.setdefault(name, {}), dict)}
            left = -whole - sum(table.get(domain, 0) * rows[name] for name, table in tables.items())
            if left <= 0 or domain in split:
                continue
            for name, table in sorted(tables.items(), key=lambda pair: -claim.parts[pair[0]].sense):
                part = claim.parts[name]
                if part.everywhere or not part.copies or not rows[name]:
                    continue
                step = left // -rows[name]
                if part.sense > 0:
                    step = min(step, table.get(domain, 0))
                if step > 0:
                    table[domain] = table.get(domain, 0) - step
                    left += step * rows[name]
        for name in rows:
            if prices.get(name) == {}:
                del prices[name]

    def part(self, key: Key | str | int | None) -> tuple[Claim | None, Part | None]:
        """Return the rule and the part that a row is of."""
        if not isinstance(key, tuple):
            return None, None
        claim = self.proof.known[key[0]]
        return claim, claim.parts[key[1]]

    def others(self, rule: int, prices: Mapping[str, int | dict[str, int]]) -> dict[str, int]:
        """Return prices for the domains that the program has not: such that using them, or not, changes nothing."""
        claim = self.proof.known[rule]
        whole = prices.get("domains", 0)
        if "used" not in claim.choices or not isinstance(whole, int) or not whole:
            return {}
        if len(self.program.domains[rule]) == len(self.proof.priced.kernel.problem.domains.get(claim.level or "", ())):
            return {}
        if whole > 0 and "held" in claim.parts:
            return {"held": -(-whole // -claim.parts["held"].choices["used"])}
        if whole < 0 and "room" in claim.parts:
            return {"room": -(-whole // -claim.parts["room"].choices["used"])}
        return {}


def _rounded(price: float, part: Part | None) -> int:
    """Return a whole price: towards where the machines that it counts become dearer, if they are all on one side."""
    factors = [] if part is None else [*part.copies.values(), *part.everywhere.values()]
    if all(factor >= 0 for factor in factors):
        return floor(price + HAIR)
    return ceil(price - HAIR) if all(factor <= 0 for factor in factors) else round(price)


def _fraction(value: float) -> float:
    return min(value - floor(value), ceil(value) - value)


def _of(split: Split, rule: int) -> TypeGuard[ChoiceSplit]:
    return isinstance(split, ChoiceSplit) and split.rule == rule
