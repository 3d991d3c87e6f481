"""What the certificate of a plan proves on the pool given, and where that is less than the plan says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from obplace.alike import SCHEMA as ALIKE
from obplace.alike import merged, unwrapped
from obplace.certificate import bounds
from obplace.certificate_form import Fork, Node, Stage, parse
from obplace.fingerprint import fingerprint
from obplace.fleet_certificate import fleet_bound
from obplace.fleet_form import SCHEMA as FLEET
from obplace.fleet_form import leaves as fleet_leaves
from obplace.fleet_form import parse as parse_fleet
from obplace.plan import money
from obplace.plan_form import PlanForm
from obplace.problem import Problem

# By objective: what no other plan does, the same with a number, and how its own plans are called in what comes after.
_WORDS = {
    "servers": ("has fewer servers", "has fewer than {} servers", "with as few servers"),
    "cost": ("costs less", "costs less than {}", "of this cost"),
    "alike": ("differs less", "differs by less than {}", "as much alike"),
}


@dataclass(frozen=True)
class Proven:
    """What a certificate comes to.

    Attributes
    ----------
    findings
        What is wrong with it, or with what the plan says it proves.
    sentences
        What it proves.
    whole
        Whether that is all: no plan is better in any objective, or there is none.
    """

    findings: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True)
class _Shown:
    """What is proven of one objective, and by how many leaves."""

    objective: str | None
    bound: int
    leaves: int


def other_pool(form: PlanForm, problem: Problem) -> tuple[str, ...]:
    """Return a sentence where the pool is not the one that the certificate was made for."""
    said = None if form.certificate is None else form.certificate.get("fingerprint")
    if said is None or said == (found := fingerprint(problem)):
        return ()
    what = "the pool is not the one that the plan was made for, or another catalogue reads it"
    return (f"{what}: its fingerprint is {found}, the certificate's is {said}",)


def proven(form: PlanForm, problem: Problem, values: Mapping[str, int] | None) -> Proven:
    """Check a certificate on the pool of the problem, which is that of its fingerprint.

    Parameters
    ----------
    values
        The plan's objectives, computed from the pool, in integers; None where the document says that there is no plan.
    """
    if form.certificate is None:
        return Proven(("proof: the plan says certificate, and holds none",) if form.proof == "certificate" else ())
    if form.certificate.get("schema") == ALIKE:
        same = merged(problem)
        if same is None:
            return Proven(("certificate: it counts clusters that are alike as one, and here are none",))
        inner = form.model_copy(update={"certificate": unwrapped(form.certificate)})
        return proven(inner, same.problem, values)
    if form.certificate.get("schema") == FLEET:
        return _fleet(form, problem, values)
    try:
        stages = parse(form.certificate).stages
        wrong = list(_order(problem, stages, values))
        if not wrong:
            wrong = list(_short(problem, stages, bounds(problem, stages)))
    except ValueError as error:
        wrong = [str(error)]
    if wrong:
        return Proven(tuple(f"certificate: {text}" for text in wrong))
    if values is None:
        [stage] = stages
        return Proven(sentences=(f"no plan exists on this pool ({_leaves(_count(stage.tree))})",), whole=True)
    return _compared(form, problem, [_Shown(each.objective, each.bound, _count(each.tree)) for each in stages], values)


def _compared(form: PlanForm, problem: Problem, shown: Sequence[_Shown], values: Mapping[str, int]) -> Proven:
    """Return what is shown of a plan, where it neither contradicts it nor falls short of what it says."""
    if findings := [*_beyond(problem, shown, values), *_claimed(form, problem, shown, values)]:
        return Proven(tuple(findings))
    sentences = (*_sentences(problem, shown, values), *_unchecked(form, problem, shown))
    return Proven(sentences=sentences, whole=not _open(problem, shown, values))


def _fleet(form: PlanForm, problem: Problem, values: Mapping[str, int] | None) -> Proven:
    """Check the prices of a fleet: they prove a bound on the first objective, and on the second where it is met."""
    try:
        certificate = parse_fleet(form.certificate)
        bound = fleet_bound(problem, certificate)
    except ValueError as error:
        return Proven((f"certificate: {error}",))
    asked, number = certificate.bound, fleet_leaves(certificate.tree)
    if values is None:
        if bound is not None:
            return Proven(("certificate: its prices do not prove on this pool that there is no plan",))
        return Proven(sentences=(f"no plan exists on this pool ({_leaves(number)})",), whole=True)
    if asked is None:
        return Proven(("certificate: it says that there is no plan, and here is one",))
    if bound is None or bound < asked:
        proves = "that there is no plan" if bound is None else f"{bound:,}"
        return Proven((f"certificate: it says {asked:,}, its prices prove {proves} on this pool",))
    shown: list[_Shown] = []
    left = bound
    for name, unit in zip(problem.objectives, (certificate.unit, 1), strict=False):
        shown.append(_Shown(name, max(0, left // unit), number))
        left -= values[name] * unit
        if shown[-1].bound != values[name]:
            break
    return _compared(form, problem, shown, values)


def _order(problem: Problem, stages: Sequence[Stage], values: Mapping[str, int] | None) -> Iterator[str]:
    """A stage counts on those before it, so they come in the order of the objectives, or one alone for no plan."""
    names = [stage.objective for stage in stages]
    if values is None:
        if names != [None]:
            yield f"one stage proves that there is no plan, found {_listed(names)}"
        elif stages[0].bound < 1:
            yield f"a bound of {stages[0].bound} does not say that there is no plan, 1 does"
    elif names != _certifiable(problem)[: len(names)]:
        yield f"its stages are {_listed(names)}, asked is {_listed(_certifiable(problem))}"


def _short(problem: Problem, stages: Sequence[Stage], found: Sequence[int]) -> Iterator[str]:
    for stage, bound in zip(stages, found, strict=True):
        if bound < stage.bound:
            said, here = (_amount(problem, stage.objective, each) for each in (stage.bound, bound))
            what = "no plan exists" if stage.objective is None else f"{stage.objective} of at least {said}"
            yield f"it says {what}, its prices prove {here} on this pool"


def _beyond(problem: Problem, stages: Sequence[_Shown], values: Mapping[str, int]) -> Iterator[str]:
    """Yield what contradicts the plan: a bound above its value, a stage on top of one that it does not reach."""
    for number, stage in enumerate(stages):
        value = values[stage.objective or ""]
        said = f"{stage.objective} of at least {_amount(problem, stage.objective, stage.bound)}"
        if stage.bound > value:
            yield f"certificate: it says {said}, and the plan has {_amount(problem, stage.objective, value)}"
        if stage.bound < value and stages[number + 1 :]:
            rest = _listed([each.objective for each in stages[number + 1 :]])
            yield f"certificate: {rest} rests on {said}, which the plan does not reach"


def _claimed(form: PlanForm, problem: Problem, stages: Sequence[_Shown], values: Mapping[str, int]) -> Iterator[str]:
    """Yield what the plan says to be proven by its certificate and is not."""
    shown = {stage.objective: stage.bound for stage in stages}
    for objective in form.objectives:
        most = _most(problem, objective.name, shown)
        said = objective.certified
        if said is None and form.proof == "certificate":
            said = objective.bound
        if said is not None and Decimal(said) > most:
            yield f"objective {objective.name}: the plan says a bound of {said}, its certificate proves {most}"
    if form.proof == "certificate" and form.status == "optimal":
        for left in _open(problem, stages, values):
            value = _amount(problem, left, values[left])
            found = f"at least {_amount(problem, left, shown[left])}" if left in shown else "nothing of it"
            yield f"objective {left}: {value} is said to be proven best, its certificate proves {found}"


def _unchecked(form: PlanForm, problem: Problem, stages: Sequence[_Shown]) -> Iterator[str]:
    """Yield the bounds that rest on a solver."""
    shown = {stage.objective: stage.bound for stage in stages}
    for objective in form.objectives:
        if objective.bound is not None and Decimal(objective.bound) > _most(problem, objective.name, shown):
            yield f"the plan's bound of {objective.bound} on {objective.name} rests on a solver: not checked"


def _most(problem: Problem, name: str, shown: Mapping[str | None, int]) -> Decimal:
    """Return what a certificate proves of an objective, in the units of the document."""
    found = shown.get(name, 0)
    return money(found, problem.pool.price_decimals) if name == "cost" else Decimal(found)


def _open(problem: Problem, stages: Sequence[_Shown], values: Mapping[str, int]) -> list[str]:
    """Return the objectives that are not proven best; a difference of 0 needs no proof."""
    shown = {"alike": 0, **{stage.objective: stage.bound for stage in stages}}
    return [name for name in problem.objectives if shown.get(name) != values[name]]


def _sentences(problem: Problem, stages: Sequence[_Shown], values: Mapping[str, int]) -> Iterator[str]:
    before: list[str] = []
    proofs = {stage.objective: stage for stage in stages}
    for name in problem.objectives:
        value = _amount(problem, name, values[name])
        if (stage := proofs.get(name)) is not None:
            bound = _amount(problem, name, stage.bound)
            better = _WORDS[name][0] if stage.bound == values[name] else _WORDS[name][1].format(bound)
            of = " and ".join(_WORDS[each][2] for each in before) or "of this pool"
            yield f"{name} {value}, bound {bound}: no plan {of} {better} ({_leaves(stage.leaves)})"
            before.append(name)
        elif name == "alike" and not values[name]:
            yield f"{name} {value}: no plan {_WORDS[name][0]}"
            before.append(name)
        else:
            yield f"{name} {value}: not proven best by the certificate"


def _certifiable(problem: Problem) -> list[str | None]:
    return [name for name in problem.objectives if name != "alike"]


def _amount(problem: Problem, name: str | None, value: int) -> str:
    return f"{money(value, problem.pool.price_decimals):,}" if name == "cost" else f"{value:,}"


def _leaves(number: int) -> str:
    return f"{number:,} leaf" if number == 1 else f"{number:,} leaves"


def _count(tree: Node) -> int:
    return _count(tree.low) + _count(tree.high) if isinstance(tree, Fork) else 1


def _listed(names: Sequence[str | None]) -> str:
    return ", then ".join("no plan" if name is None else name for name in names) or "none"
