"""The forms of what if and of sensitivity as JSON: what the published schemas are made from."""

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from obplace import swung, weighed

Amount = Annotated[int, Field(ge=0)]
Money = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$", description="Exact, in the currency of the pool.")]
Status = Literal["optimal", "feasible", "infeasible", "unknown"]


class Form(BaseModel):
    """Nothing unknown is accepted, and no type is bent into another."""

    model_config = ConfigDict(extra="forbid", strict=True)


class PriceForm(Form):
    """Up to which price a machine stays in the plan, or enters it."""

    ever: bool = Field(description="There is such a price.")
    up_to: Money | None = Field(description="Null: there is none, or it holds at any price.")


class LackForm(Form):
    """What a machine lacks for a role, in base units."""

    role: str
    resource: str
    has: Amount | None = Field(description="Null where it is not known.")
    needs: Amount


class ServersForm(Form):
    """By how many servers a plan is above that of the question; below 0 by how many fewer."""

    plans: int | None = Field(description="Of both plans as they were found.")
    least: int | None = Field(description="At least, whatever was not proven.")
    most: int | None = Field(description="At most.")


class CostForm(Form):
    """By how much the cost of a plan is above that of the question; below 0 by how much less."""

    plans: Money | None = Field(description="Of both plans as they were found.")
    least: Money | None = Field(description="At least, whatever was not proven.")
    most: Money | None = Field(description="At most.")


class OutcomeForm(Form):
    """The plan of another question, beside that of this one."""

    name: str
    status: Status
    proof: Literal["certificate", "solver"] | None
    servers: Amount | None
    more_servers: ServersForm | None
    cost: Money | None
    more_cost: CostForm | None
    came: list[str] = Field(description="Machines that only this plan uses.")
    went: list[str] = Field(description="Machines that it does not use any more.")
    reasons: list[str] = Field(description="Why there is no plan.")


class LargerForm(OutcomeForm):
    """The least amount of a resource with which a machine would be in the plan."""

    resource: str
    least: Amount = Field(description="In base units.")


class TogetherForm(OutcomeForm):
    """Amounts that are enough together, where no one of them is."""

    least: dict[str, Amount] = Field(description="By resource, in base units.")


class MachineForm(Form):
    """Why a machine is in the plan or not, and what it would have to be."""

    machine: str
    cost: Money | None
    in_plan: Amount = Field(description="How many of its machines the plan uses.")
    runs: list[str]
    able: list[str] = Field(description="Roles that it can run.")
    lacks: list[LackForm]
    barred: list[str] = Field(description="What keeps it out, whatever it is.")
    stays: PriceForm | None
    without: OutcomeForm | None
    enters: PriceForm | None
    equally_good_with_it: bool
    free_for_use: OutcomeForm | None
    larger: list[LargerForm]
    larger_together: TogetherForm | None
    sizes_tried: bool
    untold: str | None = Field(description="Why nothing more is told.")


class WhatIfForm(Form):
    """A plan, machines that were asked for, and what would come of other questions."""

    schema_: Literal["obplace.whatif/1"] = Field(alias="schema")
    summary: str
    currency: str | None
    servers: Amount
    cost: Money | None
    machines: list[MachineForm]
    scenarios: list[OutcomeForm]
    left: list[str] = Field(description="Scenarios that an interrupt left unsolved.")


class SwingForm(Form):
    """One thing changed, and what that does to servers and cost."""

    kind: Literal["copies", "machine", "rule"]
    name: str
    change: str
    status: Status
    more_servers: int | None = Field(description="Null where there is no such plan, or it is not told.")
    more_cost: Money | None
    price: PriceForm | None
    proof: Literal["certificate", "solver", "unconfirmed", "none"]
    untold: str | None = Field(description="Why nothing is told.")


class SensitivityForm(Form):
    """What swings a plan."""

    schema_: Literal["obplace.sensitivity/1"] = Field(alias="schema")
    summary: str
    currency: str | None
    servers: Amount
    cost: Money | None
    swings: list[SwingForm]
    machines_left: Amount = Field(description="Machines of the plan that were not looked at.")


def whatif_schema() -> str:
    """Return the published JSON Schema of what if, as the file in the package holds it."""
    return _schema(WhatIfForm, weighed.SCHEMA)


def sensitivity_schema() -> str:
    """Return the published JSON Schema of sensitivity, as the file in the package holds it."""
    return _schema(SensitivityForm, swung.SCHEMA)


def _schema(form: type[Form], name: str) -> str:
    made = form.model_json_schema(by_alias=True)
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": name, **made}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"
