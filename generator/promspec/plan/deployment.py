"""Decides how the system is scraped and its files deployed: Prometheus, Docker Compose, Kubernetes, Mimir."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, replace

from promspec import naming
from promspec.cardinality import sample_limit
from promspec.plan.alerting_rules import plan_alerting_rules
from promspec.plan.alertmanager import plan_alertmanager
from promspec.plan.recording_rules import plan_recording_rules
from promspec.quantities import duration, milliseconds
from promspec.vocabulary.deployment import Deployment
from promspec.vocabulary.spec import Spec

RULE_FILES = ("recording_rules.yml", "alerting_rules.yml")

_ALERTMANAGER = "prom/alertmanager:v0.25.0"
_GRAFANA = "grafana/grafana:12.2.0"
_DNS_LABEL = 63
_USUAL_RETENTION, _SPARE = milliseconds("15d"), milliseconds("2d")
_HERE = ("localhost", "127.0.0.1", "0.0.0.0", "::1", "[::1]")  # nosec B104 - recognised, not bound
_STACK = ("prometheus", "alertmanager", "grafana")


@dataclass(frozen=True, slots=True)
class ScrapePlan:
    """A Prometheus configuration: what is scraped, how often, and who is told. A `sample_limit` of 0 is none."""

    scrape_interval: str
    evaluation_interval: str
    external_labels: tuple[tuple[str, str], ...]
    rule_files: tuple[str, ...]
    alertmanagers: tuple[str, ...]
    job: str
    metrics_path: str
    targets: tuple[str, ...]
    sample_limit: int


@dataclass(frozen=True, slots=True)
class MountPlan:
    """A file or folder of the host, relative to the compose file, and where a container sees it."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class ContainerPlan:
    """A service of the compose file; ports are (host, container)."""

    name: str
    image: str
    port: tuple[int, int]
    command: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    mounts: tuple[MountPlan, ...] = ()
    reaches_host: bool = False
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SecretPlan:
    """A file that Alertmanager reads, and the environment variable that says where it is on the host."""

    variable: str
    target: str


@dataclass(frozen=True, slots=True)
class ComposePlan:
    """The local stack: its containers, and Prometheus' configuration as seen from inside it."""

    containers: tuple[ContainerPlan, ...]
    scrape: ScrapePlan
    secrets: tuple[SecretPlan, ...]


@dataclass(frozen=True, slots=True)
class KubernetesPlan:
    """Names and labels of the Kubernetes objects; `dashboards` maps uids to ConfigMap names, all DNS labels."""

    name: str
    rules: str
    namespace: str
    job: str
    port: int
    metrics_path: str
    scrape_interval: str
    sample_limit: int
    dashboards: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """Everything below `deployment/`; `mimir_namespace` is for Mimir alone, `features` are Prometheus' flags."""

    scrape: ScrapePlan
    compose: ComposePlan
    kubernetes: KubernetesPlan
    mimir_namespace: str | None
    features: tuple[str, ...]


def plan_deployment(spec: Spec) -> DeploymentPlan:
    """The deployment of a spec; without a `Deployment`, the defaults of one for the spec's job."""
    deployment = spec.deployment if spec.deployment is not None else Deployment(spec.job)
    scrape = _scrape(deployment, _rule_files(spec), sample_limit(spec))
    dashboards = tuple(board.uid or naming.dashboard_uid(spec.name, board.title) for board in spec.dashboards)
    return DeploymentPlan(
        scrape=scrape,
        compose=_compose(spec, deployment, scrape, dashboards),
        kubernetes=_kubernetes(spec, deployment, dashboards),
        mimir_namespace=spec.name if deployment.rule_target == "mimir" else None,
        features=tuple(deployment.features),
    )


def _rule_files(spec: Spec) -> tuple[str, ...]:
    """The rule files that have rules: Prometheus does not start when one that it is told of is missing."""
    planned = (plan_recording_rules(spec), plan_alerting_rules(spec))
    return tuple(path for path, groups in zip(RULE_FILES, planned, strict=True) if groups)


def _scrape(deployment: Deployment, rule_files: Sequence[str], limit: int) -> ScrapePlan:
    return ScrapePlan(
        scrape_interval=deployment.scrape_interval,
        evaluation_interval=deployment.evaluation_interval,
        external_labels=tuple((name, _literal(text, deployment)) for name, text in deployment.external_labels.items()),
        rule_files=tuple(f"../{path}" for path in rule_files),
        alertmanagers=tuple(deployment.alertmanagers),
        job=deployment.job,
        metrics_path=deployment.metrics_path,
        targets=tuple(deployment.targets),
        sample_limit=limit,
    )


def _literal(text: str, deployment: Deployment) -> str:
    """The text of an external label, in which Prometheus 3 fills in the variables of its environment."""
    return text.replace("$", "$$") if deployment.version >= (3,) else text


def _compose(spec: Spec, deployment: Deployment, scrape: ScrapePlan, dashboards: Sequence[str]) -> ComposePlan:
    service = _service_name(spec)
    targets = (
        tuple(_from_container(target) for target in deployment.targets)
        if deployment.image is None
        else (f"{service}:{deployment.port}",)
    )
    inside = replace(scrape, alertmanagers=("alertmanager:9093",), targets=targets)
    secrets = _secrets(plan_alertmanager(spec).secret_files)
    return ComposePlan(_containers(spec, deployment, service, inside, secrets, dashboards), inside, secrets)


def _containers(
    spec: Spec,
    deployment: Deployment,
    service: str,
    inside: ScrapePlan,
    secrets: tuple[SecretPlan, ...],
    dashboards: Sequence[str],
) -> tuple[ContainerPlan, ...]:
    own = () if deployment.image is None else (_own(deployment, service),)
    taken = [container.port[0] for container in own]
    ports = []
    for wished in (9090, 9093, 3000):
        host = next(port for port in range(wished, wished + 10) if port not in taken)
        taken.append(host)
        ports.append((host, wished))
    return (
        *own,
        _prometheus(deployment, inside, ports[0], _retention(spec)),
        _alertmanager(secrets, ports[1]),
        *((_grafana(spec, ports[2]),) if dashboards else ()),
    )


def _own(deployment: Deployment, service: str) -> ContainerPlan:
    return ContainerPlan(service, str(deployment.image), (deployment.port, deployment.port))


def _retention(spec: Spec) -> str:
    """How long Prometheus must keep its data for the longest period of an SLO; empty where its own 15 days suffice."""
    longest = max((milliseconds(slo.window) for slo in spec.slos), default=0)
    return duration(longest + _SPARE) if longest + _SPARE > _USUAL_RETENTION else ""


def _prometheus(deployment: Deployment, inside: ScrapePlan, port: tuple[int, int], retention: str) -> ContainerPlan:
    # One level below /etc/prometheus, so that `../recording_rules.yml` means the same inside as outside.
    configuration = "/etc/prometheus/deployment/prometheus.yml"
    rules = [MountPlan(path, f"/etc/prometheus/{path.removeprefix('../')}") for path in inside.rule_files]
    release = deployment.version if len(deployment.version) == 3 else (*deployment.version, 0)
    return ContainerPlan(
        name="prometheus",
        image=f"prom/prometheus:v{'.'.join(map(str, release))}",
        port=port,
        command=(
            f"--config.file={configuration}",
            "--storage.tsdb.path=/prometheus",
            *((f"--storage.tsdb.retention.time={retention}",) if retention else ()),
            *((f"--enable-feature={','.join(deployment.features)}",) if deployment.features else ()),
        ),
        mounts=(MountPlan("./prometheus-compose.yml", configuration), *rules),
        reaches_host=any(target.startswith("host.docker.internal:") for target in inside.targets),
        depends_on=("alertmanager",),
    )


def _alertmanager(secrets: tuple[SecretPlan, ...], port: tuple[int, int]) -> ContainerPlan:
    files = [MountPlan(f"../{name}", f"/etc/alertmanager/{name}") for name in ("alertmanager.yml", "alertmanager.tmpl")]
    # Where no variable is set the file is empty, so that the stack starts without secrets; only notifying fails.
    hidden = [MountPlan(f"${{{secret.variable}:-/dev/null}}", secret.target) for secret in secrets]
    return ContainerPlan(
        name="alertmanager",
        image=_ALERTMANAGER,
        port=port,
        command=("--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"),
        mounts=(*files, *hidden),
    )


def _grafana(spec: Spec, port: tuple[int, int]) -> ContainerPlan:
    provisioning = "/etc/grafana/provisioning"
    return ContainerPlan(
        name="grafana",
        image=_GRAFANA,
        port=port,
        # Anyone on this machine may look, and there is no administrator with a well-known password.
        environment=(
            ("GF_AUTH_ANONYMOUS_ENABLED", "true"),
            ("GF_AUTH_ANONYMOUS_ORG_ROLE", "Viewer"),
            ("GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION", "true"),
        ),
        mounts=(
            MountPlan("../dashboards/provisioning/datasources.yml", f"{provisioning}/datasources/promspec.yml"),
            MountPlan("../dashboards/provisioning/dashboards.yml", f"{provisioning}/dashboards/promspec.yml"),
            # The folder that the artefact `dashboards` names in its provisioning.
            MountPlan("../dashboards", f"/var/lib/grafana/dashboards/{spec.name}"),
        ),
        depends_on=("prometheus",),
    )


def _service_name(spec: Spec) -> str:
    name = _dns_label(spec.name)
    return f"{name}-service" if name in _STACK else name


def _from_container(target: str) -> str:
    """A target as a container sees it: this machine is the container's host."""
    host, _, port = target.rpartition(":")
    return f"host.docker.internal:{port}" if host in _HERE else target


def _secrets(paths: Sequence[str]) -> tuple[SecretPlan, ...]:
    """A variable for each secret file, made of its name, numbered where two would be the same."""
    names = _unique(
        [f"SECRET_{'_'.join(naming.words(posixpath.basename(path))).upper() or 'FILE'}" for path in paths], "_"
    )
    # Alertmanager's working directory in its image is /alertmanager.
    targets = [posixpath.normpath(posixpath.join("/alertmanager", path)) for path in paths]
    return tuple(SecretPlan(name, target) for name, target in zip(names, targets, strict=True))


def _kubernetes(spec: Spec, deployment: Deployment, dashboards: Sequence[str]) -> KubernetesPlan:
    names = _unique([_dns_label(f"dashboard-{uid}") for uid in dashboards], "-")
    return KubernetesPlan(
        name=_dns_label(spec.name),
        rules=_dns_label(f"{spec.name}-rules"),
        namespace=deployment.namespace,
        job=deployment.job,
        port=deployment.port,
        metrics_path=deployment.metrics_path,
        scrape_interval=deployment.scrape_interval,
        sample_limit=sample_limit(spec),
        dashboards=tuple(zip(dashboards, names, strict=True)),
    )


def _dns_label(text: str) -> str:
    """The text as a Kubernetes name: lower case, digits and hyphens, at most 63, shortened at its end."""
    return naming.kebab(text)[:_DNS_LABEL].strip("-") or "promspec"


def _unique(names: Sequence[str], separator: str) -> tuple[str, ...]:
    """The names in order, a later double with a number behind it."""
    found: dict[str, None] = {}
    for name in names:
        candidate, count = name, 1
        while candidate in found:
            count += 1
            tail = f"{separator}{count}"
            candidate = f"{name[: _DNS_LABEL - len(tail)]}{tail}"
        found[candidate] = None
    return tuple(found)
