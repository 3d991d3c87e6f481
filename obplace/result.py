"""What came of a problem, and how far a solve is."""

from dataclasses import dataclass, field

from obplace.certificate_form import Certificate, Stage
from obplace.fleet_form import FleetCertificate
from obplace.plan import Objective, Plan, Proof, Status
from obplace.problem import Problem


@dataclass(frozen=True)
class Progress:
    """How far a solve is: the objective in work, the best plan's value, its bound, seconds since the start."""

    objective: str
    value: int | None
    bound: int | None
    seconds: float


@dataclass(frozen=True)
class Result:
    """What came of a problem.

    Attributes
    ----------
    plan
        None where there is none; the status says whether that is proven.
    objectives
        In the order that matters: value, and what is proven about it.
    reasons
        Sentences on why there is no plan, as anybody finds them on the same pool.
    cheapest
        Where a budget stands in the way: what is known of the cost of the cheapest plan, which solving again found.
    proof
        What bounds and status rest on: the certificate, or a solver; None where nothing confirms them.
    certificate
        What `certificate` can check on the whole pool: the optimum, its bound, or that there is no plan.
    settled
        Plans of equal servers and cost were compared to the end, so that the same question gives this very plan.
    seconds
        Of the parts of the solve, by name.
    alike
        The problem in which clusters that nothing tells apart are one role, where there are such: it is this one that
        the certificate is about.
    fleet
        Sets of roles were generated, not listed: then a solver is CP-SAT, and no second one was asked.
    """

    problem: Problem
    status: Status
    plan: Plan | None
    objectives: tuple[Objective, ...]
    reasons: tuple[str, ...] = ()
    proof: Proof | None = None
    certificate: Certificate | FleetCertificate | None = None
    settled: bool = False
    interrupted: bool = False
    seconds: dict[str, float] = field(default_factory=dict, compare=False)
    fleet: bool = False
    alike: Problem | None = None
    cheapest: Objective | None = None

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of a certificate about this problem; that of a fleet has none."""
        return self.certificate.stages if isinstance(self.certificate, Certificate) and self.alike is None else ()

    def __repr__(self) -> str:
        return f"Result({self.status}, {self.plan!r})"

    def _repr_html_(self) -> str:
        from obplace.report.html import result_html

        return result_html(self)
