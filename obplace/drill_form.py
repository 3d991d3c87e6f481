"""The form of a drill as JSON: what the published schema is made from."""

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from obplace.drilled import SCHEMA

Amount = Annotated[int, Field(ge=0)]
Span = Annotated[tuple[Amount, Amount], Field(description="At least, at most; they differ where domains are unknown.")]
Verdict = Literal["survives", "ends", "unknown"]
One = Literal["machine", "rack", "zone", "idc", "region"]
Two = Literal["2 machine", "2 zone", "2 idc", "2 region"]


class Form(BaseModel):
    """Nothing unknown is accepted, and no type is bent into another."""

    model_config = ConfigDict(extra="forbid", strict=True)


class RoleForm(Form):
    """A role while everything runs; null where the zones of some of its servers are not known."""

    copies: Amount
    quorum: bool = Field(description="More than half of its votes must be left.")
    votes: Amount | None
    needed: Amount | None = Field(description="Votes with which it goes on.")


class PairsForm(Form):
    """What any two machines or domains at once do to a role."""

    pairs: Amount
    ending: Amount | None = Field(description="How many of them end it; null where its votes are not known.")
    unsure: Amount = Field(description="How many more may, if servers whose domain is not known lie there.")
    worst: tuple[str | None, str | None] | None = Field(description="One that ends it; a name null is the unknown.")


class LeftForm(Form):
    """What a loss leaves of a role."""

    copies: Span
    votes: Span
    verdict: Verdict


class LossForm(Form):
    """A machine or domain is gone."""

    level: One
    name: str | None = Field(description="Null: the servers whose domain is not known, lost together.")
    machines: list[str] = Field(description="The servers that are gone for sure.")
    left: dict[str, LeftForm] = Field(description="By role that this touches, or may touch.")


class DrillForm(Form):
    """What every loss leaves of a plan."""

    schema_: Literal["obplace.drill/1"] = Field(alias="schema")
    summary: str
    remarks: list[str]
    levels: dict[One | Two, Verdict] = Field(
        description="What the worst loss does to the roles that run more than once; levels that the pool has."
    )
    unknown: dict[One, list[str]] = Field(description="By level: the servers whose domain is not known.")
    roles: dict[str, RoleForm]
    pairs: dict[Two, dict[str, PairsForm]] = Field(description="By level of which any two are lost, and role.")
    losses: list[LossForm]


def schema() -> str:
    """Return the published JSON Schema, as the file in the package holds it."""
    made = DrillForm.model_json_schema(by_alias=True)
    made = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA, **made}
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"
