"""Expressions as experienced people write them: no judgement has anything to say that is more than a note."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest

from promspec.judging.judgements import JUDGEMENTS
from promspec.judging.model import Asked, Facts, Role
from promspec.problems import Level
from promspec.promql import Series, parse


class AnySeries:
    """A registry in which the name tells the type, and nothing is known of labels."""

    def series(self, name: str) -> Series | None:
        kinds = {
            "_total": "counter",
            "_bucket": "histogram_bucket",
            "_sum": "histogram_sum",
            "_count": "histogram_count",
        }
        kind = next((kind for suffix, kind in kinds.items() if name.endswith(suffix)), "gauge")
        return Series(name, kind, {}, exact=False)  # type: ignore[arg-type]

    def names(self) -> Sequence[str]:
        return ()

    def histograms(self) -> Collection[str]:
        return ()


FACTS = Facts(AnySeries(), AnySeries(), lambda name: (), 15_000)
GOOD: list[tuple[Role, str, str]] = [
    (
        "alert",
        "",
        "node_filesystem_avail_bytes / node_filesystem_size_bytes * 100 < 3 and node_read_only == 0",
    ),
    ("alert", "", "predict_linear(node_filesystem_avail_bytes[6h], 24*60*60) < 0"),
    ("alert", "", "rate(node_network_receive_bytes_total[5m]) > 0.8 * node_network_speed_bytes"),
    ("alert", "", "increase(process_start_time_seconds[1h]) > 3 or changes(process_start_time_seconds[15m]) > 2"),
    ("alert", "", "time() - node_textfile_mtime_seconds > 3600"),
    ("alert", "", "time() - backup_last_success_timestamp_seconds > 86400"),
    (
        "alert",
        "",
        "sum(rate(http_requests_total{code=~'5..'}[5m])) / sum(rate(http_requests_total[5m])) > 0.01",
    ),
    ("alert", "", "histogram_quantile(0.99, sum by (le, job) (rate(rpc_duration_seconds_bucket[10m]))) > 1"),
    ("alert", "", "(1 - avg without (mode, cpu) (rate(node_cpu_seconds_total{mode='idle'}[5m]))) * 100 > 90"),
    ("alert", "", "kube_deployment_spec_replicas != kube_deployment_status_replicas_available"),
    ("alert", "", "count by (job) (up == 0) / count by (job) (up) > 0.1"),
    ("alert", "", "queue_size > 9 and queue_size < 90"),
    ("alert", "", "x_seconds > 1 unless on (instance) maintenance == 1"),
    ("alert", "", "cert_not_after_timestamp_seconds - time() < 7 * 86400"),
    ("alert", "", "max_over_time(temperature_celsius[10m]) > 75"),
    ("record", "", "sum without (instance) (rate(http_requests_total[5m]))"),
    ("panel", "s", "rate(request_latency_total[5m]) / rate(request_total[5m])"),
    ("panel", "s", "rate(took_seconds_sum[5m]) / rate(took_seconds_count[5m])"),
    ("panel", "Bps", "sum(rate(node_network_receive_bytes_total[5m]))"),
    ("panel", "bps", "sum(rate(node_network_receive_bytes_total[5m])) * 8"),
    ("panel", "percentunit", "1 - avg(rate(node_cpu_seconds_total{mode='idle'}[5m]))"),
    ("panel", "percent", "100 * (1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)"),
    ("panel", "reqps", "sum(rate(http_requests_total[5m]))"),
    ("panel", "short", "sum(rate(node_cpu_seconds_total[5m]))"),
    ("panel", "dateTimeAsIso", "backup_last_success_timestamp_seconds * 1000"),
    ("panel", "bytes", "process_resident_memory_bytes"),
    ("panel", "decgbytes", "disk_used_bytes / 1e9"),
]


@pytest.mark.parametrize(("role", "unit", "text"), GOOD)
def test_a_good_expression_gives_at_most_notes(role: Role, unit: str, text: str) -> None:
    asked = Asked(parse(text), role, "job:good:rate5m", waits=300_000, evaluation=30_000, unit=unit)
    found = [weighed for judgement in JUDGEMENTS for weighed in judgement.findings(asked, FACTS)]
    assert [weighed.finding.message for weighed in found if weighed.level is not Level.INFO] == []
