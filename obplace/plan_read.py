"""A plan by its document alone, where no pool is at hand: what the document says is taken as it stands."""

from obplace.catalogue import Catalogue, kind_of
from obplace.errors import DataError
from obplace.plan import Assignment, Plan
from obplace.plan_form import AssignmentForm, PlanForm
from obplace.pool import Machine

LEVELS = ("region", "idc", "rack", "zone")


def plan_of(form: PlanForm, catalogue: Catalogue, source: str) -> Plan:
    """Return the plan that a document holds; prices, and what only a pool knows of machines, are unknown.

    Raises
    ------
    DataError
        It holds no plan, a machine twice, or what the catalogue does not have.
    """
    if form.assignments is None:
        raise DataError(f"{source}: the document says {form.status} and holds no plan")
    names = [each.machine for each in form.assignments]
    wrong = [f"machine {name} stands there twice" for name in sorted({name for name in names if names.count(name) > 1})]
    for each in form.assignments:
        wrong += _unknown(each, catalogue)
    if wrong:
        raise DataError([f"{source}: {text}" for text in wrong])
    return Plan(tuple(_assignment(each) for each in form.assignments), catalogue)


def _unknown(form: AssignmentForm, catalogue: Catalogue) -> list[str]:
    roles = [role for role in form.roles if kind_of(role) not in catalogue.roles]
    resources = [name for name in form.capacity if name not in catalogue.resources]
    return [
        *(f"{form.machine} runs '{role}'; {catalogue.name} has {', '.join(catalogue.roles)}" for role in roles),
        *(f"{form.machine} has '{name}'; {catalogue.name} has {', '.join(catalogue.resources)}" for name in resources),
    ]


def _assignment(form: AssignmentForm) -> Assignment:
    said = form.model_dump(exclude_unset=True)
    machine = Machine(
        name=form.machine,
        row=0,
        capacity=form.capacity,
        price=None,
        quantity=1,
        domains={level: said[level] for level in LEVELS if level in said},
        ip=form.ip,
        arch=None,
        os=None,
        tags=(),
        runs=(),
        available=True,
    )
    return Assignment(form.machine, machine, tuple(form.roles), form.used, {})
