"""The form of a plan as JSON: what the published schema is made from, and what a plan that comes back must keep."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from obplace.alike import SCHEMA as ALIKE
from obplace.alike import unwrapped
from obplace.certificate_form import parse
from obplace.deployment_form import DeploymentForm
from obplace.errors import DataError
from obplace.fleet_form import SCHEMA as FLEET
from obplace.fleet_form import parse as parse_fleet

Money = Annotated[str, Field(pattern=r"^\d+(\.\d+)?$", description="Exact amount, as decimal digits.")]
Amount = Annotated[int, Field(ge=0, lt=2**63)]


class Form(BaseModel):
    """Nothing unknown is accepted, and no type is bent into another."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ObjectiveForm(Form):
    """An objective, in the order that matters; null where unknown.

    Servers are a number and cost is text; alike is a number too, by how much machines differ in base units.
    """

    name: Literal["servers", "cost", "alike"]
    value: Amount | Money | None
    bound: Amount | Money | None
    certified: Amount | Money | None = Field(
        default=None,
        description="What the certificate proves, where that is less than the bound: the rest is CP-SAT's.",
    )


class AssignmentForm(Form):
    """What one machine runs, and what the pool says of it."""

    machine: str = Field(description="Name in the pool; NAME#k is the k-th machine of a row with a quantity.")
    roles: Annotated[list[str], Field(min_length=1)] = Field(description="A role once for each copy.")
    ip: str | None
    region: str | None = None
    idc: str | None = Field(default=None, description="Path from the region, as far as the pool has one.")
    rack: str | None = Field(default=None, description="Path from the region and IDC, as far as the pool has them.")
    zone: str | None = Field(
        default=None, description="The pool's, or where that is blank the one that the plan gives."
    )
    cost: Money | None
    capacity: dict[str, Amount | None] = Field(
        description="Millicores, bytes, bit/s; a storage class is 0 hdd, 1 ssd, 2 nvme; null is unknown."
    )
    used: dict[str, Amount] = Field(description="What the roles need together, in the units of the capacity.")


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


class PlanForm(Form):
    """A result of obplace: a plan with what is proven about it, or why there is none."""

    schema_: Literal["obplace.plan/1"] = Field(alias="schema")
    status: Literal["optimal", "feasible", "infeasible", "unknown"]
    catalogue: str
    level: str
    proof: Literal["certificate", "solver"] | None = Field(
        description="What bounds and status rest on: the certificate, a solver (a second one that agrees, or "
        "CP-SAT alone where sets of roles cannot be listed), or nothing that was confirmed."
    )
    reasons: list[str] = Field(description="Why there is no plan.")
    objectives: list[ObjectiveForm]
    servers: Amount | None
    cost: Money | None
    currency: str | None
    rules: list[str]
    notes: list[str]
    deployment: DeploymentForm
    bill: list[PurchaseForm] | None = Field(default=None, description="What is bought, where anything can be.")
    assignments: list[AssignmentForm] | None
    certificate: dict[str, Any] | None = Field(
        default=None, description="What `obplace verify` proves by: of the form obplace.certificate/1, see its page."
    )

    @field_validator("certificate")
    @classmethod
    def _certificate(cls, document: dict[str, Any] | None) -> dict[str, Any] | None:
        if document is not None:
            plain = unwrapped(document) if document.get("schema") == ALIKE else document
            (parse_fleet if plain.get("schema") == FLEET else parse)(plain)
        return document

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
        document = json.loads(text, object_pairs_hook=_table, parse_constant=_constant)
        json.dumps(document, ensure_ascii=False).encode()  # halves of characters can be written in JSON, and be no text
        return PlanForm.model_validate(document)
    except ValidationError as error:
        raise DataError([f"{source}: {_fault(each)}" for each in error.errors(include_url=False)]) from None
    except RecursionError:
        raise DataError(f"{source}: not a plan: Invalid JSON: it is nested too deeply") from None
    except ValueError as error:
        raise DataError(f"{source}: not a plan: Invalid JSON: {error}") from None


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a table; of two values for one key it would be left to chance which one counts."""
    table = dict(pairs)
    if len(table) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"key {next(key for key in keys if keys.count(key) > 1)[:60]!r} stands twice in one table")
    return table


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _fault(error: Any) -> str:
    where = ".".join(str(step) for step in error["loc"])
    said = error["msg"].removeprefix("Value error, ")
    return f"{where}: {said}" if where else f"not a plan: {said}"


def schema() -> str:
    """Return the published JSON Schema, as the file in the package holds it."""
    made = PlanForm.model_json_schema(by_alias=True)
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "obplace.plan/1", **made}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"
