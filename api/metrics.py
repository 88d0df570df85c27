"""What Prometheus reads at `/metrics`: a few numbers by which somebody on duty sees that all is well.

What happens often is counted in plain numbers where it happens, and put into Prometheus's form only when it is asked for; the rest is
looked up then. No series names a person or a case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from api.request_meter import RequestMeter
from engine.clock import SECOND
from engine.runtime.application import Application
from engine.runtime.lane import Lane
from engine.runtime.tally import Tally
from engine.scheduler.sweep import Sweep
from engine.store.cases import count_open_cases
from engine.store.deadlines import next_due_instant
from engine.store.log import count_unsealed


class ServiceCollector(Collector):
    """Looks at the service at the moment of a scrape. ``org``: whose cases are counted."""

    def __init__(self, application: Application, sweep: Sweep, meter: RequestMeter, org: str) -> None:
        self._application, self._sweep, self._meter, self._org = application, sweep, meter, org

    def collect(self) -> Iterator[Metric]:
        """Give every series."""
        yield from self._requests()
        yield from self._lanes()
        yield CounterMetricFamily("yishi_rungs_fired", "Rungs of deadlines that this node has fired.", value=self._sweep.fired)
        with self._application.store.read() as reader:
            due, waiting, running = next_due_instant(reader), count_unsealed(reader), count_open_cases(reader, self._org)
        lag = 0 if due is None else max(0, self._application.now() - due)
        yield GaugeMetricFamily("yishi_sweep_lag_seconds", "How long the rung that is due longest has waited to fire.", value=lag / SECOND)
        yield GaugeMetricFamily("yishi_unsealed_events", "Events that have no place in the log yet.", value=waiting)
        cases = GaugeMetricFamily("yishi_cases_open", "Cases that have not ended.", labels=["workflow"])
        for workflow, count in running.items():
            cases.add_metric([workflow], count)
        yield cases

    def _requests(self) -> Iterator[Metric]:
        requests = CounterMetricFamily("yishi_http_requests", "Requests that were answered.", labels=["method", "route", "status"])
        for (method, route, status), count in list(self._meter.answered.items()):
            requests.add_metric([method, route, str(status) if status else "none"], count)
        yield requests
        yield histogram("yishi_http_request_duration_seconds", "How long requests took.", {(): self._meter.seconds})

    def _lanes(self) -> Iterator[Metric]:
        lanes: dict[str, Lane] = {"main": self._application.lane}
        if self._application.sweeping is not self._application.lane:
            lanes["sweep"] = self._application.sweeping
        waiting = GaugeMetricFamily("yishi_lane_waiting", "Commands that wait for the lane.", labels=["lane"])
        commits = CounterMetricFamily("yishi_lane_commits", "Transactions committed.", labels=["lane"])
        for name, lane in lanes.items():
            waiting.add_metric([name], lane.waiting())
            commits.add_metric([name], sum(lane.batches.counts))
        yield waiting
        yield commits
        sizes: dict[tuple[str, ...], Tally] = {(name,): lane.batches for name, lane in lanes.items()}
        yield histogram("yishi_lane_batch_commands", "Commands that shared a commit.", sizes, labels=["lane"])


def histogram(name: str, about: str, tallies: Mapping[tuple[str, ...], Tally], labels: list[str] | None = None) -> Metric:
    """Write tallies, by the values of their labels."""
    family = HistogramMetricFamily(name, about, labels=labels)
    for values, tally in tallies.items():
        family.add_metric(list(values), list(tally.cumulated()), tally.total)
    return family


def exposition(collector: ServiceCollector, accept: str) -> tuple[bytes, str]:
    """Write all series, and those of the process, in the form that is accepted; give them with their media type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    ProcessCollector(registry=registry)
    encode, media_type = choose_encoder(accept)
    return encode(registry), media_type
