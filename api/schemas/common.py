"""What all forms are made of."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Id = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[\w.@:+-]+$")]
Line = Annotated[str, StringConstraints(max_length=200)]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=5_000, pattern=r"\S")]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), Field(json_schema_extra={"format": "date"})]
Json = dict[str, Any]


class Sent(BaseModel):
    """What a client sends: nothing is coerced, unknown members are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Asked(BaseModel):
    """What may stand in an address after the question mark: nothing else does."""

    model_config = ConfigDict(extra="forbid")


class Answered(BaseModel):
    """What the service answers: exactly this."""

    model_config = ConfigDict(extra="forbid")
