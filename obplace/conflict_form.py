"""The form of an explanation as JSON: what the published schema is made from."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from obplace.explained import SCHEMA

Amount = Annotated[int, Field(ge=0)]
Money = Annotated[str, Field(pattern=r"^\d+(\.\d+)?$", description="Exact, in the pool's currency.")]


class Form(BaseModel):
    """Nothing unknown is accepted, and no type is bent into another."""

    model_config = ConfigDict(extra="forbid", strict=True)


class MemberForm(Form):
    """Something that is asked, or a rule of the catalogue."""

    kind: str = Field(description="What it is, such as AtLeast, Needs, Spread, Alone, Budget.")
    text: str


class ConflictForm(Form):
    """What cannot hold together; without any one of the members a plan exists."""

    proof: Literal["certificate", "solver"] | None
    members: list[MemberForm] = Field(description="None where the machines leave nothing possible, whatever is asked.")


class ChangeForm(Form):
    """A word of the deployment that is changed."""

    kind: Literal["near", "spread", "level", "counts"]
    word: str = Field(description="The field of the deployment, or 'level' for one role at a lower level.")
    steps: Amount
    text: str


class GrantForm(Form):
    """A machine that counts as having more: a near miss that is accepted, or an upgrade."""

    machine: str
    resource: str
    has: Amount = Field(description="In base units, like counts_as.")
    counts_as: Amount
    near_miss: bool


class PurchaseForm(Form):
    """What is bought of one offer at one price."""

    offer: str
    unit: str = Field(description="What is counted: machines, or GB of a resource.")
    bought: Amount
    used: Amount = Field(description="Less than bought where an order has a minimum, or reaches a price break.")
    once: Money = Field(description="What one costs at once.")
    monthly: Money = Field(description="What one costs every month.")
    price: Money = Field(description="What one costs over the horizon.")
    total: Money = Field(description="What all that is bought costs over the horizon.")


class RepairForm(Form):
    """Changes that make a plan possible."""

    kinds: list[Literal["money", "near", "spread", "level", "counts"]]
    concession: Amount
    money: Money
    changes: list[ChangeForm]
    grants: list[GrantForm]
    budget: Money | None = Field(description="What the budget is raised to.")
    bill: list[PurchaseForm] = Field(description="What is bought for the money.")
    frugal: bool = Field(
        description="The plan buys for no more than that; else it buys what costs less than some that is owned."
    )
    servers: Amount | None
    cost: Money | None
    holds_after_a_loss: bool | None = Field(description="Null where nobody asked.")
    proven: bool = Field(description="No repair of its kinds is better.")
    flags: list[str]
    command: str | None = Field(description="Null where flags cannot say it.")
    deployment: dict[str, Any] = Field(description="What to ask instead, as in a plan.")


class ExplanationForm(Form):
    """Why there is no plan, and what to change."""

    schema_: Literal["obplace.conflict/1"] = Field(alias="schema")
    status: Literal["infeasible", "feasible"]
    summary: str
    remarks: list[str]
    whole: bool = Field(description="There are no other conflicts.")
    currency: str | None
    conflicts: list[ConflictForm]
    repairs: list[RepairForm]


def schema() -> str:
    """Return the published JSON Schema, as the file in the package holds it."""
    made = ExplanationForm.model_json_schema(by_alias=True)
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA, **made}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"
