"""Several generated packages, and one under two names, in one registry; the relative imports work anywhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter

from tests.support.generated import Generated, generated, imported, written
from tests.support.specs import NASTY, SHOP, SMALL


def test_packages_share_the_families_about_themselves(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    shop = generated(SHOP, tmp_path / "shop", registry)
    small = generated(SMALL, tmp_path / "small", registry)
    shop.metrics.ocr_requests_total.inc(-1, provider="paddle", status="success")
    small.metrics.x_total.inc(-1)
    assert shop.lost("value") == 2
    assert shop.lost("registration") == 0
    for package in (shop, small):
        plan = package.plan
        assert small.value("promspec_info", spec=plan.spec, version=plan.version, digest=plan.digest) == 1
    assert shop.text().count("# TYPE promspec_telemetry_errors_total counter") == 1


def test_a_package_that_is_imported_under_two_names_counts_in_the_same_series(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    first = generated(SHOP, tmp_path / "shop", registry)
    second = Generated(first.folder, first.plan, imported(first.folder, registry), registry)
    assert first.module is not second.module
    for package in (first, second):
        package.metrics.ocr_requests_total.inc(provider="paddle", status="success")
        package.metrics.visits_total.inc(tenant=f"{package is first}", provider="paddle")
        package.metrics.visits_total.inc(tenant=f"{package is first}, more", provider="paddle")
    assert first.value("ocr_requests_total", provider="paddle", status="success") == 2
    assert first.value("visits_total", tenant="__other__", provider="paddle") == 2  # The bound of two is one for both.
    assert first.lost("registration") == 0


def test_a_name_that_is_taken_by_somebody_else_stays_theirs_and_is_counted(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    theirs = Counter("ocr_requests_total", "Theirs.", registry=registry)
    theirs.inc(41)
    shop = generated(SHOP, tmp_path / "shop", registry)
    shop.metrics.ocr_requests_total.inc(provider="paddle", status="success")
    assert shop.value("ocr_requests_total") == 41
    assert shop.lost("registration") == 1
    assert shop.value("ocr_duration_seconds_count", provider="paddle") == 0


def test_two_specs_with_different_families_of_one_name(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    shop = generated(SHOP, tmp_path / "shop", registry)
    other = generated(
        'spec = Spec("o", owner="x", metrics=[Counter("ocr_requests_total", "O.")])', tmp_path / "o", registry
    )
    other.metrics.ocr_requests_total.inc()
    assert shop.value("ocr_requests_total", provider="paddle", status="success") == 0
    assert shop.lost("registration") == 1


def test_a_package_can_be_exposed_in_one_more_registry(tmp_path: Path) -> None:
    shop = generated(SHOP, tmp_path / "shop")
    more = CollectorRegistry()
    shop.module.register(more)
    shop.module.register(more)
    shop.metrics.queue_size.set(3, provider="paddle")
    assert more.get_sample_value("queue_size", {"provider": "paddle"}) == 3
    assert more.get_sample_value("promspec_telemetry_errors_total", {"kind": "registration"}) == 0


def test_a_registry_that_was_emptied_gets_the_families_back_at_the_next_import(tmp_path: Path) -> None:
    registry = CollectorRegistry()
    shop = generated(SHOP, tmp_path / "shop", registry)
    for collector in list(registry._collector_to_names):
        registry.unregister(collector)
    assert shop.value("queue_size", provider="paddle") is None
    imported(shop.folder, registry)
    assert shop.value("queue_size", provider="paddle") == 0


def test_it_imports_nothing_but_the_standard_library_and_the_client(tmp_path: Path) -> None:
    for name, text in (("shop", SHOP), ("nasty", NASTY)):
        written(text, tmp_path / "deep" / name)
    program = (
        "import sys; import deep.shop.instrumentation, deep.nasty.instrumentation; "
        "names = {name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names); "
        "print(sorted(name for name in names if not name.startswith('_') and hasattr(sys.modules[name], '__file__')))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {program}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(eval(done.stdout)) <= {"deep", "prometheus_client", "sitecustomize", "distutils-precedence"}
