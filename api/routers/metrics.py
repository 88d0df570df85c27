"""Metrics, for whoever watches over the service."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.deps import Sent, TheDesk, Who
from api.openapi import answers

router = APIRouter(tags=["health"])

TEXT = {"schema": {"type": "string"}}
SERIES = {"description": "Every series.", "content": {"text/plain": TEXT, "application/openmetrics-text": TEXT}}


@router.get("/metrics", summary="Metrics for Prometheus", response_class=Response, responses=answers(403, ok=SERIES))
def metrics(headers: Sent, desk: TheDesk, principal: Who) -> Response:
    """Give the metrics in the form of Prometheus, or in that of OpenMetrics where it is accepted. Needs the right `metrics`."""
    from api.metrics import ServiceCollector, exposition  # noqa: PLC0415  14 MB that a service nobody scrapes does without

    principal.demand("metrics")
    collector = ServiceCollector(desk.application, desk.sweep, desk.meter, principal.org)
    body, media_type = exposition(collector, headers.get(b"accept", b"").decode("latin-1"))
    return Response(body, headers={"Content-Type": media_type})
