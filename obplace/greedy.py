"""A first plan without a solver: so that there is one to fall back on when the search is cut short."""

from collections import Counter

from obplace.kernel import Kernel
from obplace.model import Model
from obplace.rules import AtLeast, Pin, Spread, Survive


def greedy(kernel: Kernel, model: Model) -> list[int] | None:
    """Return values of all variables for a plan made by always taking the best next machine, or None.

    Best is the lowest price for the share of the open demand that a machine takes, or the largest share where
    servers are counted first. Whether the result keeps every rule is for the model to say; often enough it does.
    """
    return _Greedy(kernel, model).place()


class _Greedy:
    def __init__(self, kernel: Kernel, model: Model) -> None:
        self.kernel = kernel
        self.model = model
        self.open: Counter[str] = Counter()
        for rule in kernel.problem.rules:
            if isinstance(rule, AtLeast) and len(rule.roles) == 1:
                self.open[rule.roles[0]] = max(self.open[rule.roles[0]], rule.copies)
            if isinstance(rule, Survive):
                self.open[rule.role] = max(self.open[rule.role], rule.copies + rule.failures)
        self.spreads = [rule for rule in kernel.problem.rules if isinstance(rule, Spread)]
        self.placed: dict[Spread, Counter[str | None]] = {rule: Counter() for rule in self.spreads}
        self.demand = Counter(self.open)
        self.taken: Counter[int] = Counter()
        self.running: Counter[tuple[int, int]] = Counter()

    def place(self) -> list[int] | None:
        for rule in self.kernel.problem.rules:
            if isinstance(rule, Pin):
                self._take([c for c, each in enumerate(self.kernel.classes) if each.named == rule.machine], rule.role)
        everything = range(len(self.kernel.classes))
        while self.open.total():
            if not self._take(everything):
                return None
        return self.model.complete(self.running)

    def _take(self, classes: range | list[int], role: str | None = None) -> bool:
        """Take the best machine of these classes, with a pattern that runs the role if one is given."""
        best: tuple[float, int, int, int] | None = None
        for c in classes:
            each = self.kernel.classes[c]
            if self.taken[c] >= each.size:
                continue
            price = self._price(c)
            for p in each.patterns:
                if not self._fits(c, p) or (role and not self.kernel.patterns[p].copies(role)):
                    continue
                share = sum(copies / self.demand[name] for name, copies in self.kernel.patterns[p].roles)
                servers_first = self.kernel.problem.objectives[0] == "servers"
                worth = -share if servers_first else (price + 1) / share
                if best is None or (worth, price, c, p) < best:
                    best = (worth, price, c, p)
        if best is None:
            return False
        _, _, c, p = best
        self.taken[c] += 1
        self.running[c, p] += 1
        for name, copies in self.kernel.patterns[p].roles:
            self.open[name] -= copies
            for rule in self.spreads:
                if rule.role == name:
                    self.placed[rule][self.kernel.domain(c, p, rule.level)] += copies
        return True

    def _price(self, c: int) -> int:
        passed = 0
        for slot in self.kernel.classes[c].slots:
            passed += slot.count
            if self.taken[c] < passed:
                return slot.price
        return 0

    def _fits(self, c: int, p: int) -> bool:
        """Is so much of each role still wanted, and wanted in these domains?"""
        for name, copies in self.kernel.patterns[p].roles:
            if copies > self.open[name]:
                return False
            for rule in self.spreads:
                if rule.role == name and not self._wanted(rule, self.kernel.domain(c, p, rule.level), copies):
                    return False
        return True

    def _wanted(self, rule: Spread, domain: str | None, copies: int) -> bool:
        placed = self.placed[rule]
        if domain not in placed and len(placed) == rule.domains:
            return False
        share, larger = divmod(self.demand[rule.role], rule.domains)
        full = sum(number > share for other, number in placed.items() if other != domain)
        return placed[domain] + copies <= share + (full < larger)
