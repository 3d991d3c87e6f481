"""Why a question has no plan, and what to ask or do instead: its conflicts and repairs together."""

from dataclasses import dataclass

from obplace.buyable import owning
from obplace.catalogue import Catalogue
from obplace.conflict import Conflicts, conflicts
from obplace.deployment import Deployment
from obplace.lot import only_listed
from obplace.pool import Offers, Pool
from obplace.pose import pose
from obplace.problem import Problem
from obplace.repair import repairs
from obplace.repaired import Repair
from obplace.wish import Wish


@dataclass(frozen=True)
class Explanation:
    """What came of asking why.

    Attributes
    ----------
    conflicts
        What cannot hold together; none where there is a plan.
    repairs
        What to change, as preferred; none where nothing helps, or nothing has to.
    """

    problem: Problem
    conflicts: Conflicts
    repairs: tuple[Repair, ...]

    def __repr__(self) -> str:
        return f"Explanation({len(self.conflicts.found)} conflicts, {len(self.repairs)} repairs)"

    def _repr_html_(self) -> str:
        from obplace.explained import as_html

        return as_html(self)


def explanation(
    catalogue: Catalogue,
    deployment: Deployment,
    pool: Pool | None,
    most: int = 1,
    wish: Wish | None = None,
    offers: Offers | None = None,
) -> Explanation:
    """Return up to ``most`` conflicts of a question, and its repairs; both are empty where it has a plan.

    The question is put to the pool alone, if there is one: what is on offer is not owned yet, but a repair may buy it.

    Raises
    ------
    UsageError
        More sets of roles fit on a machine than can be listed.
    """
    problem = owning(pose(catalogue, deployment, pool, offers))
    only_listed(problem, "what cannot hold together")
    found = conflicts(problem, most)
    helping = repairs(catalogue, deployment, pool, wish or Wish(), offers) if found.found else ()
    return Explanation(problem, found, helping)
