"""The form of a plan as JSON: what the published schema is made from, and what a plan that comes back must keep."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from obplace.deployment_form import DeploymentForm
from obplace.errors import DataError

Money = Annotated[str, Field(pattern=r"^\d+(\.\d+)?$", description="Exact amount, as decimal digits.")]
Amount = Annotated[int, Field(ge=0, lt=2**63)]


class Form(BaseModel):
    """Nothing unknown is accepted, and no type is bent into another."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ObjectiveForm(Form):
    """An objective, in the order that matters: servers as a number, cost as text; null where unknown."""

    name: Literal["servers", "cost"]
    value: Amount | Money | None
    bound: Amount | Money | None


class AssignmentForm(Form):
    """What one machine runs, and what the pool says of it."""

    machine: str = Field(description="Name in the pool; NAME#k is the k-th machine of a row with a quantity.")
    roles: Annotated[list[str], Field(min_length=1)] = Field(description="A role once for each copy.")
    ip: str | None
    region: str | None = None
    idc: str | None = Field(default=None, description="Path from the region, as far as the pool has one.")
    rack: str | None = Field(default=None, description="Path from the region and IDC, as far as the pool has them.")
    zone: str | None = None
    cost: Money | None
    capacity: dict[str, Amount | None] = Field(
        description="Millicores, bytes, bit/s; a storage class is 0 hdd, 1 ssd, 2 nvme; null is unknown."
    )
    used: dict[str, Amount] = Field(description="What the roles need together, in the units of the capacity.")


class PlanForm(Form):
    """A result of obplace: a plan with what is proven about it, or why there is none."""

    schema_: Literal["obplace.plan/1"] = Field(alias="schema")
    status: Literal["optimal", "feasible", "infeasible", "unknown"]
    catalogue: str
    level: str
    confirmed: bool = Field(description="A second solver agrees with the proof.")
    reasons: list[str] = Field(description="Why there is no plan.")
    objectives: list[ObjectiveForm]
    servers: Amount | None
    cost: Money | None
    currency: str | None
    rules: list[str]
    notes: list[str]
    deployment: DeploymentForm
    assignments: list[AssignmentForm] | None

    @model_validator(mode="after")
    def _whole(self) -> "PlanForm":
        if (self.status in ("optimal", "feasible")) != (self.assignments is not None):
            raise ValueError(f"status {self.status} does not go with assignments as they are")
        return self


def read(text: str, source: str) -> PlanForm:
    """Return the plan in a text.

    Raises
    ------
    DataError
        It is not such a document; every fault is listed.
    """
    try:
        return PlanForm.model_validate_json(text)
    except ValidationError as error:
        raise DataError([f"{source}: {_fault(each)}" for each in error.errors(include_url=False)]) from None


def _fault(error: Any) -> str:
    where = ".".join(str(step) for step in error["loc"])
    return f"{where}: {error['msg']}" if where else f"not a plan: {error['msg']}"


def schema() -> str:
    """Return the published JSON Schema, as the file in the package holds it."""
    made = PlanForm.model_json_schema(by_alias=True)
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "obplace.plan/1", **made}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"
