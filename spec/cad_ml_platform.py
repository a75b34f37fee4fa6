"""The CAD ML Platform's observability, declared once. The platform reads, describes, analyses and compares drawings.

From top to bottom: words (labels), what goes wrong (codes), what is counted (metrics), what is derived (rules), what is
promised (SLOs), what to do about it (runbooks), whom to wake (alerts), what to look at (dashboards), where it runs.
Ratios are 0-1 everywhere, times are seconds, sizes are bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from promspec import (
    SLO,
    Alert,
    Availability,
    BarGauge,
    Code,
    Count,
    Counter,
    Dashboard,
    Deployment,
    Email,
    ErrorCodes,
    Escalation,
    Event,
    ExceptionMatch,
    Gauge,
    GaugePanel,
    Health,
    HealthCheck,
    Heatmap,
    Histogram,
    Label,
    Latency,
    Logging,
    Operation,
    PagerDuty,
    Query,
    Receiver,
    RecordingRule,
    Route,
    Routing,
    Row,
    Runbook,
    Severity,
    Slack,
    Smtp,
    Spec,
    Stage,
    Stat,
    StateTimeline,
    Table,
    Text,
    TimeSeries,
    not_,
)

NAME = "cad_ml_platform"
JOB = "cad-ml-platform"
TARGET = "localhost:8000"
DOCUMENTATION = "https://docs.example.com/cad-ml-platform"

PLATFORM_TEAM = "ml-platform"
MODEL_TEAM = "ml-models"

OVERVIEW = "Platform Overview"
OCR_PERFORMANCE = "OCR Performance"
ERROR_ANALYSIS = "Error Analysis"
RESOURCES = "Resource Utilization"
SLO_TRACKING = "SLO Tracking"


# ---------------------------------------------------------------------------------------------------------------------
# Labels
# ---------------------------------------------------------------------------------------------------------------------

OCR_PROVIDERS = ["paddle", "deepseek", "tesseract"]
VISION_PROVIDERS = ["deepseek_stub"]

provider = Label("provider", "The OCR engine.", values=OCR_PROVIDERS)
vision_provider = Label("provider", "The vision model.", values=VISION_PROVIDERS)
any_provider = Label("provider", "The OCR engine or vision model.", values=[*OCR_PROVIDERS, *VISION_PROVIDERS])
circuit = Label("circuit", "The provider that the breaker guards.", values=[*OCR_PROVIDERS, *VISION_PROVIDERS])
circuit_state = Label("state", "The breaker's state; exactly one is 1.", values=["closed", "open", "half_open"])
service = Label("service", "The part of the platform.", values=["ocr", "vision"])

status = Label("status", "How the request ended.", values=["success", "error", "cache_hit", "rejected"])
compare_status = Label(
    "status", "How the comparison ended.", values=["success", "invalid", "not_found", "dimension_mismatch", "error"]
)
migrate_status = Label(
    "status",
    "What became of the vector.",
    values=["migrated", "dry_run", "downgraded", "error", "not_found", "skipped"],
)
tuning_status = Label("status", "How the tuning request ended.", values=["success", "error", "invalid"])
cleanup_status = Label("status", "What became of the stored result.", values=["deleted", "kept", "error"])
reload_status = Label(
    "status",
    "How the reload ended.",
    values=[
        "success",
        "error",
        "rolled_back",
        "not_found",
        "version_mismatch",
        "size_exceeded",
        "magic_invalid",
        "hash_mismatch",
        "opcode_blocked",
    ],
)

ocr_stage = Label(
    "stage", "Where in the OCR pipeline.", values=["init", "load", "preprocess", "infer", "parse", "postprocess"]
)
analysis_stage = Label(
    "stage", "Where in the analysis.", values=["parse", "features", "classify", "quality", "vectors", "store"]
)

OCR_FILE_REASONS = ["file_too_large", "invalid_mime", "pdf_pages_exceed", "pdf_forbidden_token"]
BASE64_REASONS = [
    "base64_too_large",
    "base64_invalid_char",
    "base64_padding_error",
    "base64_decode_error",
    "base64_empty",
]
URL_REASONS = ["url_empty", "url_forbidden", "url_http_error", "url_download_error"]

ocr_reason = Label(
    "reason", "Why the input was refused.", values=[*OCR_FILE_REASONS, "base64_invalid", "validation_failed"]
)
vision_reason = Label("reason", "Why the input was refused.", values=[*BASE64_REASONS, *URL_REASONS])
analysis_reason = Label(
    "reason",
    "Why the drawing was refused.",
    values=["empty_file", "file_too_large", "unsupported_format", "mime_mismatch", "too_many_entities"],
)
interface_reason = Label(
    "reason",
    "What the model's interface lacks.",
    values=["attribute_missing", "signature_mismatch", "suspicious_method", "graph_too_large"],
)
security_reason = Label(
    "reason",
    "Which check the model file failed.",
    values=["magic_invalid", "hash_mismatch", "opcode_blocked", "size_exceeded", "forged_file"],
)

item_type = Label(
    "item_type", "What was recognised.", values=["text", "dimension", "tolerance", "symbol", "title_block"]
)
opcode_mode = Label(
    "mode", "How pickle opcodes are policed; exactly one is 1.", values=["audit", "blocklist", "allowlist"]
)
opcode = Label("opcode", "The pickle opcode.", max_values=80)  # protocol 5 has 68
rollback_level = Label("level", "How many versions back.", values=["1", "2", "3"])
feature_version = Label("version", "The feature layout.", values=["v1", "v2", "v3", "v4"])
recovery_result = Label("result", "How the recovery ended.", values=["success", "error", "suppressed"])
similarity_event = Label("event", "What happened to the search.", values=["degraded", "restored"])


# ---------------------------------------------------------------------------------------------------------------------
# Runbooks that error codes name. They stand before the metrics they query, so their queries are plain text: it is
# checked as strictly as the f-strings further down.
# ---------------------------------------------------------------------------------------------------------------------

ESCALATION = [
    Escalation("L1", "On-call engineer", "PagerDuty: CAD ML Platform", "15 min"),
    Escalation("L2", "Platform team", "Slack #platform-team", "1 h"),
    Escalation("L3", "ML team", "Slack #ml-team", "4 h"),
    Escalation("L4", "Architecture", "Slack #architecture", "next day"),
]


def response(look: list[str], narrow: list[str], mitigate: list[str], settle: list[str]) -> list[Stage]:
    """The four stages every incident goes through, by the minute."""
    return [
        Stage("0s", "5m", "Acknowledge and see how bad it is", look),
        Stage("5m", "15m", "Find the cause", narrow),
        Stage("15m", "30m", "Mitigate", mitigate),
        Stage("30m", "1h", "Resolve, verify, or escalate", settle),
    ]


high_error_rate_runbook = Runbook(
    "high_error_rate",
    "High error rate",
    summary="More OCR and vision requests fail than the platform promises.",
    impact="Users get errors instead of texts and descriptions; the error budget is being spent.",
    detection={
        "What share of the requests fails?": "platform_error_ratio",
        "Is it OCR?": "ocr_error_ratio",
        "Is it vision?": "vision_error_ratio",
        "With which codes?": "topk(5, errors_by_code_per_second)",
        "At which provider?": "provider_errors_per_second > 0",
        "At which stage?": "topk(5, sum by (job, provider, stage) (rate(ocr_errors_total[5m])))",
    },
    logs=[
        'grep \'"level": "ERROR"\' logs/app.log | tail -20',
        "curl -s http://localhost:8000/metrics | grep errors_total",
        "kubectl rollout history deployment/cad-ml-platform",
    ],
    stages=response(
        [
            "Open Platform Overview: one provider, one code, or everything?",
            "Announce it in #incidents if users see it.",
        ],
        [
            "Follow the runbook of the leading code if it has one of its own.",
            "Compare the start with the latest deployment and with changes of configuration.",
            "`curl -s http://localhost:8000/health/detailed` names the failing dependency.",
        ],
        [
            "A deployment did it: `kubectl rollout undo deployment/cad-ml-platform`.",
            "One provider did it: set `OCR_DEFAULT_PROVIDER` to a healthy one and restart.",
            "Load did it: `kubectl scale deployment/cad-ml-platform --replicas=6`.",
        ],
        [
            "Watch `platform_error_ratio` stay below 1 % for 15 minutes.",
            "Run `promspec self-check`, update the incident, plan the post-mortem.",
        ],
    ),
    causes=[
        "A deployment or a change of configuration",
        "A provider is down or answers in another format",
        "Memory, file handles or quota ran out",
    ],
    fixes={
        "A bad deployment": "Roll back, then reproduce on staging with `promspec self-check`.",
        "`internal_error` leads": "Its exception has no code yet: read the log, then map it in the spec.",
        "`parse_failed` leads": "The provider changed its answers: pin its version, mend the parser.",
        "`auth_failed` leads": "Renew the provider's credentials and restart.",
    },
    prevention=["Canary deployments watched for an hour", "Contract tests in CI for each provider's answers"],
    escalation=ESCALATION,
)

provider_timeout_runbook = Runbook(
    "provider_timeout",
    "A provider times out or does not answer",
    summary="Requests to an OCR engine or vision model take longer than the timeout, or cannot be delivered.",
    impact="Requests to this provider fail after the whole timeout; its circuit opens soon.",
    detection={
        "Which provider, how often?": "provider_timeout_rate > 0",
        "At which stage?": ('sum by (job, provider, stage) (rate(ocr_errors_total{code="provider_timeout"}[5m]))'),
        "How slow is each engine?": "ocr_provider_p95_latency_seconds",
        "Is the network at fault?": 'errors_by_code_per_second{code="network_error"}',
        "How healthy is each provider?": "provider_health_score",
    },
    logs=["grep provider_timeout logs/app.log | tail -20", "grep network_error logs/app.log | tail -20"],
    stages=response(
        ["See which provider and whether others are healthy.", "Check the provider's status page."],
        [
            "Compare the duration of each stage: a slow `infer` is the model, a slow `load` is cold start.",
            "Test the connection and name resolution from inside a pod.",
            "Look for larger images: `ocr_image_size_bytes` on OCR Performance.",
        ],
        [
            "Send traffic elsewhere: `OCR_DEFAULT_PROVIDER=paddle`, then restart.",
            "If the provider is merely slow, raise `OCR_TIMEOUT_MS` to 60000 for the time being.",
            "Scale out if every engine is slow.",
        ],
        [
            "Put the timeout back to 30000 ms once p95 is below 2 s.",
            "Let the circuit close by itself, or `POST /admin/reset-circuit-breaker?provider=<name>`.",
            "Escalate to the provider with trace ids (`X-Trace-Id`) of failed requests.",
        ],
    ),
    causes=[
        "The provider is overloaded or down",
        "A cold model is loaded within the request",
        "Larger drawings than usual",
    ],
    fixes={
        "Provider overloaded": "Lower `RATE_LIMIT_QPS`, spread over providers.",
        "Cold start": "Load models at start, and keep `/ready` failing until they are.",
        "Network": "Check proxy, DNS and TLS; restart the pods on the affected node.",
    },
    prevention=["Load test after each change of model", "Keep `OCR_TIMEOUT_MS` above the p99 of the slowest engine"],
    escalation=ESCALATION,
)

model_load_error_runbook = Runbook(
    "model_load_error",
    "A model cannot be loaded",
    summary="An OCR engine's model or one of its libraries cannot be loaded.",
    impact="The engine answers nothing; requests fall back to the others or fail.",
    detection={
        "Which provider?": "model_load_failure_rate > 0",
        "Which models are loaded, where?": "ocr_model_loaded",
        "How did reloads end?": "sum by (job, status) (increase(model_reload_total[1h]))",
        "Which checks failed?": "sum by (job, reason) (increase(model_security_fail_total[1h]))",
    },
    logs=["grep model_load_error logs/app.log | tail -20", "ls -lh models/", "df -h && free -h"],
    stages=response(
        ["See whether every instance or one is affected.", "See whether another engine takes the traffic."],
        [
            "`ModuleNotFoundError`: a dependency is missing from the image.",
            "`FileNotFoundError`: the model file is missing or its volume is not mounted.",
            "Check memory: a load that dies in the middle leaves `resource_exhausted` beside it.",
        ],
        [
            "Restart one pod and watch it load.",
            "Roll back the image or the model version.",
            "Set `OCR_DEFAULT_PROVIDER` to an engine that is loaded.",
        ],
        ["Send a test drawing through `POST /api/v1/ocr/extract`.", "Page the ML team if the file itself is damaged."],
    ),
    causes=[
        "Model file missing, truncated or of a wrong version",
        "Library missing or incompatible",
        "Too little memory",
    ],
    fixes={
        "Missing file": "Mount or download it again and compare its checksum.",
        "Missing library": "Rebuild the image from the lock file.",
        "Permissions": "The service's user must be able to read the model folder.",
        "Memory": "Raise the limit; the largest model needs about 2 GiB.",
    },
    prevention=["Load every model in CI from the built image", "Checksums beside the model files"],
    escalation=ESCALATION,
)

memory_exhaustion_runbook = Runbook(
    "memory_exhaustion",
    "Resources are exhausted",
    summary="Requests fail because memory, disk or a slot ran out.",
    impact="Large drawings fail first; then the kernel ends workers and everything on them fails.",
    detection={
        "How many requests fail by it?": "memory_exhaustion_rate",
        "At which provider?": "provider_resource_exhaustion > 0",
        "How much memory has each instance?": 'process_resident_memory_bytes{job="cad-ml-platform"}',
        "How many files are open?": (
            'process_open_fds{job="cad-ml-platform"} / process_max_fds{job="cad-ml-platform"}'
        ),
        "How large are the images?": (
            "histogram_quantile(0.99, sum by (job, le) (rate(ocr_image_size_bytes_bucket[5m]))) >= 0"
        ),
    },
    logs=[
        "grep resource_exhausted logs/app.log | tail -20",
        "kubectl top pods -n cad-ml-platform",
        "dmesg | grep -i oom",
    ],
    stages=response(
        ["See which instances are close to their limit (2 GiB per worker).", "See whether pods restart."],
        [
            "Sudden: a few huge drawings. Compare with the image sizes and `ocr_input_rejected_total`.",
            "Slow and steady: a leak or a growing cache. Compare with the cache sizes on Resource Utilization.",
            "Disk: `df -h`; compare with `analysis_result_store_files`.",
        ],
        [
            "Restart the worst pods one by one.",
            "Scale out: `kubectl scale deployment/cad-ml-platform --replicas=5`.",
            "Lower `RATE_LIMIT_QPS` until memory falls.",
        ],
        [
            "Raise the memory limit if the load is here to stay.",
            "Take a heap profile of a growing instance, then escalate.",
        ],
    ),
    causes=["Larger drawings or more at the same time", "A memory leak", "A cache without a bound", "A full disk"],
    fixes={
        "Huge inputs": "Lower the size limits; they end as `file_too_large` and not as an error.",
        "Caches": "Lower their capacity to `feature_cache_tuning_recommended_capacity`.",
        "Disk": "Run the cleanup of stored results; see the runbook result_store.",
    },
    prevention=["Limits on size and pages of inputs", "Memory limits tested with the largest allowed drawing"],
    escalation=ESCALATION,
)

rate_limited_runbook = Runbook(
    "rate_limited",
    "Requests are rate limited",
    summary="Requests are refused by our own limits or by a provider's quota.",
    impact="Clients see 429; batch jobs slow down.",
    detection={
        "Do providers refuse us?": 'errors_by_code_per_second{code="quota_exceeded"}',
        "How many classifications were limited?": "sum by (job) (rate(classification_rate_limited_total[5m]))",
        "How many OCR requests were limited?": "sum by (job) (rate(ocr_rate_limited_total[5m]))",
        "How much traffic is there?": "platform_requests_per_second",
        "Does the classifier's cache help?": "classification_cache_hit_ratio",
    },
    logs=[
        "grep quota_exceeded logs/app.log | tail -20",
        "curl -s http://localhost:8000/health | jq .config.monitoring",
    ],
    stages=response(
        ["See which limit is hit and since when.", "See whether one client makes most of the traffic."],
        ["Compare with the cache's hit ratio: a cold cache multiplies requests.", "Read the provider's quota page."],
        [
            "A known batch: ask for a slower pace.",
            "Expected growth: raise `RATE_LIMIT_QPS` and `RATE_LIMIT_BURST`, or the classifier's limit, and restart.",
            "A provider's quota: move traffic to another engine.",
        ],
        ["Watch the rate fall to zero.", "Agree on a quota with the client or the provider."],
    ),
    causes=["A batch job without a pace", "A cold or undersized cache", "A provider's quota"],
    fixes={
        "Cold cache": "Raise `CLASSIFIER_CACHE_MAX_SIZE`, warm it after a deployment.",
        "Real growth": "Raise the limits and the replicas together.",
    },
    prevention=["Quotas by client", "A look at the monthly growth before the limits are reached"],
    escalation=ESCALATION,
)

input_rejections_runbook = Runbook(
    "input_rejections",
    "Many inputs are refused",
    summary="Clients send many inputs that fail validation. It spends no error budget.",
    impact="These clients get 4xx answers; others are not affected.",
    detection={
        "Which reasons lead?": "topk(5, rejection_rate_by_reason)",
        "How many in all?": "input_rejection_rate",
        "Is it the files for OCR?": "ocr_file_rejection_rate",
        "Is it the base64 for vision?": "vision_base64_rejection_rate",
    },
    logs=["grep input_error logs/app.log | tail -20"],
    stages=response(
        ["See which reason leads."],
        ["Find the client by trace id.", "See whether a limit or a check was changed by a deployment."],
        [
            "A changed check refuses good inputs: roll it back.",
            "`pdf_forbidden_token` or `url_forbidden` in numbers: tell security, it may be an attack.",
        ],
        ["Help the client to send valid inputs.", "Document the limit it ran into."],
    ),
    causes=["A new or broken client", "A limit that is too strict", "An attack"],
    fixes={
        "`base64_too_large`": "Send a URL instead, or raise `VISION_MAX_BASE64_BYTES`.",
        "`file_too_large`, `pdf_pages_exceed`": "Split the document.",
    },
    prevention=["Documented limits", "Client libraries that check before they send"],
    escalation=ESCALATION,
)


# ---------------------------------------------------------------------------------------------------------------------
# Error codes: nine, in the same words for every provider
# ---------------------------------------------------------------------------------------------------------------------


class ErrorCode(ErrorCodes):
    """What can go wrong. The most specific exception class wins; a match with conditions wins over one without."""

    RESOURCE_EXHAUSTED = Code(
        "resource_exhausted",
        severity=Severity.CRITICAL,  # P0
        action="Add memory or instances, or restart, at once.",
        help="Memory, disk or a free slot ran out.",
        exceptions=[
            "builtins.MemoryError",
            ExceptionMatch("builtins.OSError", attributes={"errno": 28}),  # no space left on device
            ExceptionMatch("builtins.RuntimeError", message="(?i)out of memory"),
            "service.cad_ml_platform.errors.OutOfService",
        ],
        runbook=memory_exhaustion_runbook,
    )
    PROVIDER_TIMEOUT = Code(
        "provider_timeout",
        severity=Severity.WARNING,  # P1
        action="Check the provider's health within 15 minutes; move traffic to another one.",
        help="A provider did not answer in time.",
        exceptions=["builtins.TimeoutError", "asyncio.TimeoutError", "httpx.TimeoutException"],
        runbook=provider_timeout_runbook,
    )
    NETWORK_ERROR = Code(
        "network_error",
        severity=Severity.WARNING,
        action="Check the connection to the provider, its proxy and its name resolution.",
        help="A provider could not be reached.",
        exceptions=[
            "builtins.ConnectionError",
            "httpx.TransportError",
            ExceptionMatch("httpx.HTTPStatusError", message="error '50[234] "),
        ],
        runbook=provider_timeout_runbook,
    )
    PARSE_FAILED = Code(
        "parse_failed",
        severity=Severity.INFO,  # P3
        action="Review the parsing of the provider's answers by the next day.",
        help="A provider answered something that cannot be understood.",
        exceptions=[
            "json.JSONDecodeError",
            "builtins.UnicodeDecodeError",
            ExceptionMatch("builtins.ValueError", message=r"(?i)\bpars(e|ed|er|ing)\b"),
            "service.cad_ml_platform.errors.AnswerNotUnderstood",
        ],
        runbook=high_error_rate_runbook,
    )
    AUTH_FAILED = Code(
        "auth_failed",
        severity=Severity.WARNING,
        action="Renew the credentials of the provider.",
        help="A provider or the file system refused us.",
        exceptions=["builtins.PermissionError", ExceptionMatch("httpx.HTTPStatusError", message="error '40[13] ")],
        runbook=high_error_rate_runbook,
    )
    MODEL_LOAD_ERROR = Code(
        "model_load_error",
        severity=Severity.CRITICAL,
        action="Restore the model file or library, or move traffic to a loaded engine.",
        help="A model or one of its libraries cannot be loaded.",
        exceptions=[
            "builtins.ImportError",
            ExceptionMatch("builtins.FileNotFoundError", stage="load"),
            ExceptionMatch("builtins.FileNotFoundError", stage="init"),
        ],
        runbook=model_load_error_runbook,
    )
    QUOTA_EXCEEDED = Code(
        "quota_exceeded",
        severity=Severity.WARNING,  # P2
        action="Review the rate limits and quotas within an hour.",
        help="A rate limit or quota was reached, ours or a provider's.",
        exceptions=[
            ExceptionMatch("httpx.HTTPStatusError", message="error '429 "),
            "service.cad_ml_platform.errors.QuotaExceeded",
        ],
        runbook=rate_limited_runbook,
    )
    INPUT_ERROR = Code(
        "input_error",
        severity=Severity.INFO,
        action="None by us: tell the client what to send.",
        help="The client's input is at fault.",
        exceptions=["builtins.ValueError", "service.cad_ml_platform.errors.InputRejected"],
        spends_budget=False,
        runbook=input_rejections_runbook,
    )
    INTERNAL_ERROR = Code(
        "internal_error",
        severity=Severity.WARNING,
        action="Read the log by trace id, then give the exception a code of its own.",
        help="Anything else.",
        runbook=high_error_rate_runbook,
    )


OUR_FAULT = not_(ErrorCode.INPUT_ERROR)


# ---------------------------------------------------------------------------------------------------------------------
# Metrics
# ---------------------------------------------------------------------------------------------------------------------

ASKED_AD_HOC = {"metric/unwatched": "Asked for by hand, when drawings or models are looked into."}
IMAGE_BYTES = [1 << 10, 10 << 10, 100 << 10, 1 << 20, 5 << 20, 10 << 20, 25 << 20, 50 << 20]  # 1 KiB to 50 MiB
CONFIDENCE = [0, 0.3, 0.5, 0.7, 0.85, 0.9, 0.95, 1]
SCORE = [0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1]
OCR_STAGE_SECONDS = [0.005, 0.01, 0.05, 0.1, 0.5, 1, 2]

# OCR

ocr_requests = Counter("ocr_requests_total", "Finished OCR requests, by outcome.", labels=[provider, status])
ocr_errors = Counter("ocr_errors_total", "Failed OCR requests.", labels=[provider, ErrorCode.label, ocr_stage])
ocr_input_rejected = Counter("ocr_input_rejected_total", "OCR inputs refused by validation.", labels=[ocr_reason])
ocr_duration = Histogram(
    "ocr_processing_duration_seconds",
    "Time to answer an OCR request.",
    labels=[provider],
    buckets=[0.1, 0.5, 1, 2, 5, 10, 30],
)
ocr_stage_duration = Histogram(
    "ocr_stage_duration_seconds",
    "Time of one stage of an OCR request.",
    labels=[provider, ocr_stage],
    buckets=OCR_STAGE_SECONDS,
)
ocr_confidence = Histogram(
    "ocr_confidence_distribution", "Mean confidence of one OCR result, 0-1.", labels=[provider], buckets=CONFIDENCE
)
ocr_item_confidence = Histogram(
    "ocr_item_confidence_distribution",
    "Confidence of one recognised item, 0-1.",
    labels=[provider, item_type],
    buckets=CONFIDENCE,
)
ocr_image_size = Histogram("ocr_image_size_bytes", "Size of the images sent to OCR.", buckets=IMAGE_BYTES)
ocr_model_loaded = Gauge(
    "ocr_model_loaded", "Whether the engine's model is in memory, 0 or 1.", labels=[provider], aggregation="min"
)
ocr_rate_limited = Counter("ocr_rate_limited_total", "OCR requests refused by the rate limit.")

# Vision

vision_requests = Counter(
    "vision_requests_total", "Finished vision requests, by outcome.", labels=[vision_provider, status]
)
vision_errors = Counter("vision_errors_total", "Failed vision requests.", labels=[vision_provider, ErrorCode.label])
vision_input_rejected = Counter(
    "vision_input_rejected_total", "Vision inputs refused by validation.", labels=[vision_reason]
)
vision_duration = Histogram(
    "vision_processing_duration_seconds",
    "Time to answer a vision request.",
    labels=[vision_provider],
    buckets=[0.01, 0.05, 0.1, 0.5, 1, 2, 5],
)
vision_image_size = Histogram(
    "vision_image_size_bytes", "Size of the images sent to vision.", buckets=IMAGE_BYTES, allow=ASKED_AD_HOC
)

# Resilience

circuit_breaker_state = Gauge(
    "circuit_breaker_state",
    "State set of a provider's breaker: 1 for its state.",
    labels=[circuit, circuit_state],
    aggregation="max",
)
error_rate_ema = Gauge(
    "error_rate_ema",
    "Failed share of the latest requests, 0-1, exponentially smoothed (alpha 0.2).",
    labels=[service],
    aggregation="max",
)

# Compare

compare_requests = Counter("compare_requests_total", "Finished comparisons, by outcome.", labels=[compare_status])

# Analysis

analysis_requests = Counter("analysis_requests_total", "Finished analyses, by outcome.", labels=[status])
analysis_errors = Counter("analysis_errors_total", "Failed analyses.", labels=[analysis_stage, ErrorCode.label])
analysis_stage_duration = Histogram(
    "analysis_stage_duration_seconds",
    "Time of one stage of an analysis.",
    labels=[analysis_stage],
    buckets=[0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10],
)
analysis_rejections = Counter(
    "analysis_rejections_total", "Drawings refused before their analysis.", labels=[analysis_reason]
)
analysis_cache_hits = Counter("analysis_cache_hits_total", "Analyses answered by the cache.")
analysis_cache_miss = Counter("analysis_cache_miss_total", "Analyses that the cache did not have.")
analysis_result_store_files = Gauge(
    "analysis_result_store_files", "Files in the store of analysis results.", aggregation="max"
)
analysis_result_cleanup = Counter(
    "analysis_result_cleanup_total", "Stored results that a cleanup looked at.", labels=[cleanup_status]
)

# Classifier

classification_cache_hits = Counter("classification_cache_hits_total", "Classifications answered by the cache.")
classification_cache_miss = Counter("classification_cache_miss_total", "Classifications that the cache did not have.")
classification_cache_size = Gauge("classification_cache_size", "Entries in the classifier's cache.")
classification_rate_limited = Counter("classification_rate_limited_total", "Classifications refused by the rate limit.")
classification_latency = Histogram(
    "classification_latency_seconds",
    "Time to classify one drawing.",
    buckets=[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
)

# Feature cache

feature_cache_hits = Counter("feature_cache_hits_total", "Feature look-ups that the cache answered.")
feature_cache_miss = Counter("feature_cache_miss_total", "Feature look-ups that the cache did not have.")
feature_cache_evictions = Counter("feature_cache_evictions_total", "Entries that the feature cache dropped for room.")
feature_cache_size = Gauge("feature_cache_size", "Entries in the feature cache.")
feature_cache_lookup = Histogram(
    "feature_cache_lookup_seconds",
    "Time of one look-up in the feature cache.",
    buckets=[0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1],
)
feature_cache_tuning_requests = Counter(
    "feature_cache_tuning_requests_total",
    "Requests for a recommended cache size.",
    labels=[tuning_status],
    allow=ASKED_AD_HOC,
)
feature_cache_recommended_capacity = Gauge(
    "feature_cache_tuning_recommended_capacity", "Entries that the latest tuning recommends.", aggregation="last"
)
feature_cache_recommended_ttl = Gauge(
    "feature_cache_tuning_recommended_ttl_seconds",
    "Time to live that the latest tuning recommends.",
    aggregation="last",
    allow=ASKED_AD_HOC,
)

# Models

model_opcode_mode = Gauge(
    "model_opcode_mode",
    "State set of the opcode policy: 1 for the mode in force.",
    labels=[opcode_mode],
    aggregation="max",
)
model_opcode_scans = Counter(
    "model_opcode_scans_total", "Model files whose pickle opcodes were scanned.", allow=ASKED_AD_HOC
)
model_opcode_blocked = Counter("model_opcode_blocked_total", "Opcodes that blocked a model file.", labels=[opcode])
model_rollback = Counter("model_rollback_total", "Rollbacks to an earlier model.", labels=[rollback_level])
model_rollback_depth = Gauge(
    "model_rollback_level", "How many versions back the model in use is; 0 is the newest.", aggregation="max"
)
model_snapshots_available = Gauge(
    "model_snapshots_available", "Earlier models that a rollback could use.", aggregation="min"
)
model_interface_validation_fail = Counter(
    "model_interface_validation_fail_total",
    "Models whose interface was refused.",
    labels=[interface_reason],
    allow=ASKED_AD_HOC,
)
model_reload = Counter("model_reload_total", "Reloads of the model, by outcome.", labels=[reload_status])
model_security_fail = Counter(
    "model_security_fail_total", "Model files that failed a security check.", labels=[security_reason]
)

# Features

feature_extraction_latency = Histogram(
    "feature_extraction_latency_seconds",
    "Time to extract the features of one drawing.",
    labels=[feature_version],
    buckets=[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1],
)
v4_surface_count = Histogram(
    "v4_surface_count",
    "Surfaces of one drawing.",
    buckets=[0, 1, 5, 10, 20, 50, 100, 200, 500, 1000],
    allow=ASKED_AD_HOC
    | {"metric/reserved-suffix": "It counts surfaces; its series end in _count_bucket, _count_count, _count_sum."},
)
v4_shape_entropy = Histogram(
    "v4_shape_entropy", "Normalised shape entropy of one drawing, 0-1.", buckets=SCORE, allow=ASKED_AD_HOC
)

# Vectors

vector_migrate = Counter("vector_migrate_total", "Vectors that a migration looked at.", labels=[migrate_status])
vector_migrate_dimension_delta = Histogram(
    "vector_migrate_dimension_delta",
    "Dimensions a migration added to (or, negative, took from) one vector.",
    buckets=[-20, -10, -5, -2, -1, 0, 1, 2, 5, 10, 20, 50, 100],
    allow=ASKED_AD_HOC,
)
faiss_index_age = Gauge("faiss_index_age_seconds", "Time since the search index was built.", aggregation="max")
faiss_recovery_attempts = Counter(
    "faiss_recovery_attempts_total", "Attempts to bring the search index back.", labels=[recovery_result]
)
similarity_degraded = Counter(
    "similarity_degraded_total", "Changes between the index and the slow fallback search.", labels=[similarity_event]
)

# Drift

material_drift = Histogram(
    "material_distribution_drift_score", "Distance of the materials seen from the baseline, 0-1.", buckets=SCORE
)
classification_drift = Histogram(
    "classification_prediction_drift_score", "Distance of the predictions from the baseline, 0-1.", buckets=SCORE
)
baseline_material_age = Gauge(
    "baseline_material_age_seconds", "Time since the material baseline was taken.", aggregation="max"
)
baseline_prediction_age = Gauge(
    "baseline_prediction_age_seconds", "Time since the prediction baseline was taken.", aggregation="max"
)

METRICS: list[Counter | Gauge | Histogram] = [
    *(ocr_requests, ocr_errors, ocr_input_rejected, ocr_duration, ocr_stage_duration, ocr_confidence),
    *(ocr_item_confidence, ocr_image_size, ocr_model_loaded, ocr_rate_limited),
    *(vision_requests, vision_errors, vision_input_rejected, vision_duration, vision_image_size),
    *(circuit_breaker_state, error_rate_ema),
    compare_requests,
    *(analysis_requests, analysis_errors, analysis_stage_duration, analysis_rejections, analysis_cache_hits),
    *(analysis_cache_miss, analysis_result_store_files, analysis_result_cleanup),
    *(classification_cache_hits, classification_cache_miss, classification_cache_size, classification_rate_limited),
    classification_latency,
    *(feature_cache_hits, feature_cache_miss, feature_cache_evictions, feature_cache_size, feature_cache_lookup),
    *(feature_cache_tuning_requests, feature_cache_recommended_capacity, feature_cache_recommended_ttl),
    *(model_opcode_mode, model_opcode_scans, model_opcode_blocked, model_rollback, model_rollback_depth),
    *(model_snapshots_available, model_interface_validation_fail, model_reload, model_security_fail),
    *(feature_extraction_latency, v4_surface_count, v4_shape_entropy),
    *(vector_migrate, vector_migrate_dimension_delta, faiss_index_age, faiss_recovery_attempts, similarity_degraded),
    *(material_drift, classification_drift, baseline_material_age, baseline_prediction_age),
]


# ---------------------------------------------------------------------------------------------------------------------
# Operations: one count for each finished unit of work
# ---------------------------------------------------------------------------------------------------------------------

ocr = Operation(
    "ocr",
    "Read the text of a drawing.",
    requests=ocr_requests,
    errors=ocr_errors,
    duration=ocr_duration,
    stages=ocr_stage_duration,
)
vision = Operation(
    "vision", "Describe a drawing.", requests=vision_requests, errors=vision_errors, duration=vision_duration
)
analysis = Operation(
    "analysis",
    "Extract features, classify and store a drawing.",
    requests=analysis_requests,
    errors=analysis_errors,
    stages=analysis_stage_duration,
)
compare = Operation("compare", "Compare two drawings.", requests=compare_requests, rejected="invalid")

OPERATIONS = [ocr, vision, analysis, compare]


# ---------------------------------------------------------------------------------------------------------------------
# Recording rules: every one keeps `job`, every one has a finite value with and without traffic
# ---------------------------------------------------------------------------------------------------------------------


def per_second(counted: object, by: str = "job", window: str = "5m") -> str:
    """Events per second, summed to these labels."""
    return f"sum by ({by}) (rate({counted}[{window}]))"


def ratio(part: object, whole: object) -> str:
    """A part of a whole, each a name or an aggregation: 0 while there is nothing, never NaN."""
    return f"({part} / ({whole} > 0)) or 0 * {whole}"


def mean(histogram: Histogram, by: str = "job", window: str = "5m") -> str:
    """The mean observation, as a ratio of sums; 0 while there is none."""
    return ratio(per_second(histogram.sum, by, window), per_second(histogram.count, by, window))


def quantile(q: float, histogram: Histogram, by: str = "job", window: str = "5m") -> str:
    """The quantile of a histogram; 0 while nothing is observed (a comparison drops the NaN)."""
    buckets = f"sum by ({by}, le) (rate({histogram.bucket}[{window}]))"
    return f"histogram_quantile({q}, {buckets}) >= 0 or 0 * {per_second(histogram.count, by, window)}"


def recorded_quantile(q: float, buckets: RecordingRule, by: str = "job") -> str:
    """The same of buckets whose rates are recorded, so that several quantiles read the scraped ones once."""
    return f'histogram_quantile({q}, sum by ({by}, le) ({buckets})) >= 0 or 0 * sum by ({by}) ({buckets}{{le="+Inf"}})'


def cache_hit_ratio(hits: Counter, misses: Counter) -> str:
    """The share of look-ups that a cache answered."""
    return ratio(per_second(hits), f"({per_second(hits)} + {per_second(misses)})")


def of_providers(ocr_series: object, vision_series: object, by: str = "job, provider") -> str:
    """Events per second of OCR and vision; no provider is in both, so nothing is lost by `or`."""
    return f"{per_second(ocr_series, by)} or {per_second(vision_series, by)}"


OUR_CODES = f'{{code!="{ErrorCode.INPUT_ERROR}"}}'
KEPT_NAME = {"rule/name-levels": "People and documents query it by this name."}
recorded = partial(RecordingRule, interval="30s", allow=KEPT_NAME)
rate_rule = partial(recorded, group="cad_ml_error_rates", unit="events per second")
error_ratio_rule = partial(recorded, group="cad_ml_error_rates", unit="ratio")
rejection_rule = partial(recorded, group="cad_ml_rejection_rates", unit="events per second")
provider_rule = partial(recorded, group="cad_ml_provider_health")
resource_rule = partial(recorded, group="cad_ml_resource_exhaustion")
performance_rule = partial(recorded, group="cad_ml_performance")
confidence_rule = partial(recorded, group="cad_ml_confidence", unit="ratio")
compare_rule = partial(recorded, group="cad_ml_compare")
model_rule = partial(recorded, group="cad_ml_models", interval="2m")
slo_rule = partial(recorded, group="cad_ml_slo", interval="1m", unit="ratio", labels={"job": JOB})

# Error rates

ocr_requests_per_second = rate_rule(
    "ocr_requests_per_second", per_second(ocr_requests), help="Finished OCR requests, whatever their outcome."
)
ocr_errors_by_code = rate_rule(
    "job_code:ocr_errors:rate5m", per_second(ocr_errors, "job, code"), help="Failed OCR requests, by code.", allow={}
)
vision_errors_by_code = rate_rule(
    "job_code:vision_errors:rate5m",
    per_second(vision_errors, "job, code"),
    help="Failed vision requests, by code.",
    allow={},
)
ocr_errors_per_second = rate_rule(
    "ocr_errors_per_second",
    f"sum by (job) ({ocr_errors_by_code}{OUR_CODES})",
    help="OCR requests that failed by our or a provider's fault.",
)
vision_requests_per_second = rate_rule(
    "vision_requests_per_second", per_second(vision_requests), help="Finished vision requests, whatever their outcome."
)
vision_errors_per_second = rate_rule(
    "vision_errors_per_second",
    f"sum by (job) ({vision_errors_by_code}{OUR_CODES})",
    help="Vision requests that failed by our or the provider's fault.",
)
errors_by_code_per_second = rate_rule(
    "errors_by_code_per_second",
    f"{ocr_errors_by_code} + {vision_errors_by_code} + {per_second(analysis_errors, 'job, code')}",
    help="Failed requests of OCR, vision and analysis, by code.",
)
ocr_error_ratio = error_ratio_rule(
    "ocr_error_ratio", ratio(ocr_errors_per_second, ocr_requests_per_second), help="Failed share of OCR requests."
)
vision_error_ratio = error_ratio_rule(
    "vision_error_ratio",
    ratio(vision_errors_per_second, vision_requests_per_second),
    help="Failed share of vision requests.",
)
platform_error_ratio = error_ratio_rule(
    "platform_error_ratio",
    ratio(
        f"({ocr_errors_per_second} + {vision_errors_per_second})",
        f"({ocr_requests_per_second} + {vision_requests_per_second})",
    ),
    help="Failed share of OCR and vision requests together, weighted by their traffic.",
)

# Rejections

vision_base64_rejection_rate = rejection_rule(
    "vision_base64_rejection_rate",
    per_second(vision_input_rejected.where(reason=BASE64_REASONS)),
    help="Vision inputs refused for their base64.",
)
ocr_file_rejection_rate = rejection_rule(
    "ocr_file_rejection_rate",
    per_second(ocr_input_rejected.where(reason=OCR_FILE_REASONS)),
    help="OCR inputs refused for their file: size, type, pages, content.",
)
rejection_rate_by_reason = rejection_rule(
    "rejection_rate_by_reason",
    of_providers(ocr_input_rejected, vision_input_rejected, "job, reason"),
    help="Refused OCR and vision inputs, by reason.",
)
input_rejection_rate = rejection_rule(
    "input_rejection_rate", f"sum by (job) ({rejection_rate_by_reason})", help="Refused OCR and vision inputs."
)

# Provider health

provider_requests_per_second = provider_rule(
    "provider_requests_per_second",
    of_providers(ocr_requests, vision_requests),
    help="Finished requests by provider.",
    unit="events per second",
)
provider_errors_per_second = provider_rule(
    "provider_errors_per_second",
    of_providers(ocr_errors.where(code=OUR_FAULT), vision_errors.where(code=OUR_FAULT)),
    help="Failed requests by provider, without the clients' own faults.",
    unit="events per second",
)
provider_success_ratio = performance_rule(
    "provider_success_ratio",
    f"1 - ({ratio(provider_errors_per_second, provider_requests_per_second)})",
    help="Share of requests that a provider did not fail; 1 while idle.",
    unit="ratio",
)
provider_circuit_open_ratio = provider_rule(
    "provider_circuit_open_ratio",
    f"""
    avg by (job, provider) (
      label_replace({circuit_breaker_state.where(state="open")}, "provider", "$1", "circuit", "(.+)")
    )
    """,
    help="Share of instances that have a provider's circuit open.",
    unit="ratio",
)
provider_timeout_rate = provider_rule(
    "provider_timeout_rate",
    of_providers(
        ocr_errors.where(code=ErrorCode.PROVIDER_TIMEOUT), vision_errors.where(code=ErrorCode.PROVIDER_TIMEOUT)
    ),
    help="Timeouts by provider.",
    unit="events per second",
)
model_load_failure_rate = provider_rule(
    "model_load_failure_rate",
    of_providers(
        ocr_errors.where(code=ErrorCode.MODEL_LOAD_ERROR), vision_errors.where(code=ErrorCode.MODEL_LOAD_ERROR)
    ),
    help="Requests failed because a model cannot be loaded, by provider.",
    unit="events per second",
)
provider_health_score = provider_rule(
    "provider_health_score",
    f"{provider_success_ratio} * (1 - {provider_circuit_open_ratio})",
    help="0 is down, 1 is well: the share of successes, times the share of instances that still ask the provider.",
    unit="ratio",
)

# Resource exhaustion

memory_exhaustion_rate = resource_rule(
    "memory_exhaustion_rate",
    f'{errors_by_code_per_second}{{code="{ErrorCode.RESOURCE_EXHAUSTED}"}}',
    help="Requests failed for lack of memory, disk or slots.",
    unit="events per second",
)
provider_resource_exhaustion = resource_rule(
    "provider_resource_exhaustion",
    of_providers(
        ocr_errors.where(code=ErrorCode.RESOURCE_EXHAUSTED), vision_errors.where(code=ErrorCode.RESOURCE_EXHAUSTED)
    ),
    help="Requests failed for lack of resources, by provider.",
    unit="events per second",
)
circuit_breaker_open_ratio = resource_rule(
    "circuit_breaker_open_ratio",
    f"avg by (job) ({circuit_breaker_state.where(state='open')})",
    help="Share of all circuits on all instances that are open; half open does not count.",
    unit="ratio",
)
circuit_breaker_status = resource_rule(
    "circuit_breaker_status",
    f"""
    max by (job, circuit) (2 * {circuit_breaker_state.where(state="open")} > 0)
      or max by (job, circuit) ({circuit_breaker_state.where(state="half_open")})
    """,
    help="The worst state of a circuit on any instance: 0 closed, 1 half open, 2 open. For display only.",
)

# Performance

ocr_duration_buckets = performance_rule(
    "job_provider_le:ocr_processing_duration_seconds_bucket:rate5m",
    per_second(ocr_duration.bucket, "job, provider, le"),
    help="OCR requests by how long they took at most.",
    unit="events per second",
    allow={},
)
vision_duration_buckets = performance_rule(
    "job_le:vision_processing_duration_seconds_bucket:rate5m",
    per_second(vision_duration.bucket, "job, le"),
    help="Vision requests by how long they took at most.",
    unit="events per second",
    allow={},
)
ocr_latency_rules = [
    performance_rule(
        f"ocr_p{percent}_latency_seconds",
        recorded_quantile(percent / 100, ocr_duration_buckets),
        help=f"The time within which {percent} % of OCR requests are answered; 0 while idle.",
        unit="seconds",
    )
    for percent in (50, 95, 99)
]
vision_latency_rules = [
    performance_rule(
        f"vision_p{percent}_latency_seconds",
        recorded_quantile(percent / 100, vision_duration_buckets),
        help=f"The time within which {percent} % of vision requests are answered; 0 while idle.",
        unit="seconds",
    )
    for percent in (50, 95, 99)
]
ocr_p50_latency, ocr_p95_latency, ocr_p99_latency = ocr_latency_rules
vision_p50_latency, vision_p95_latency, vision_p99_latency = vision_latency_rules

ocr_provider_p95_latency = performance_rule(
    "ocr_provider_p95_latency_seconds",
    recorded_quantile(0.95, ocr_duration_buckets, "job, provider"),
    help="The time within which 95 % of an engine's requests are answered; 0 while idle.",
    unit="seconds",
)
ocr_avg_stage_duration = performance_rule(
    "ocr_avg_stage_duration_seconds",
    mean(ocr_stage_duration, "job, stage"),
    help="Mean time of each stage of OCR; 0 while idle.",
    unit="seconds",
)
analysis_avg_stage_duration = performance_rule(
    "analysis_avg_stage_duration_seconds",
    mean(analysis_stage_duration, "job, stage"),
    help="Mean time of each stage of an analysis; 0 while idle.",
    unit="seconds",
)
classification_p95_latency = performance_rule(
    "classification_p95_latency_seconds",
    quantile(0.95, classification_latency),
    help="The time within which 95 % of classifications are done; 0 while idle.",
    unit="seconds",
)
platform_requests_per_second = performance_rule(
    "platform_requests_per_second",
    f"{ocr_requests_per_second} + {vision_requests_per_second}",
    help="Finished OCR and vision requests.",
    unit="events per second",
)
platform_requests_baseline = performance_rule(
    "platform_requests_per_second_baseline",
    f"""
    avg_over_time({platform_requests_per_second}[1h] offset 6d23h30m)
      or avg_over_time({platform_requests_per_second}[1h] offset 23h30m)
      or 0 * {platform_requests_per_second}
    """,
    help="The usual traffic at this time: the same hour a week ago, else yesterday; 0 on the first day.",
    unit="events per second",
)
ocr_requests_by_status = performance_rule(
    "job_status:ocr_requests:rate5m",
    per_second(ocr_requests, "job, status"),
    help="Finished OCR requests, by how they ended.",
    unit="events per second",
    allow={},
)
ocr_cache_hit_ratio = performance_rule(
    "ocr_cache_hit_ratio",
    ratio(f'sum by (job) ({ocr_requests_by_status}{{status="cache_hit"}})', f"sum by (job) ({ocr_requests_by_status})"),
    help="Share of OCR requests that the cache answered.",
    unit="ratio",
)
analysis_cache_hit_ratio = performance_rule(
    "analysis_cache_hit_ratio",
    cache_hit_ratio(analysis_cache_hits, analysis_cache_miss),
    help="Share of analyses that the cache answered.",
    unit="ratio",
)
classification_cache_hit_ratio = performance_rule(
    "classification_cache_hit_ratio",
    cache_hit_ratio(classification_cache_hits, classification_cache_miss),
    help="Share of classifications that the cache answered.",
    unit="ratio",
)
feature_cache_hit_ratio = performance_rule(
    "feature_cache_hit_ratio",
    cache_hit_ratio(feature_cache_hits, feature_cache_miss),
    help="Share of feature look-ups that the cache answered.",
    unit="ratio",
)

# Confidence

ocr_avg_confidence = confidence_rule(
    "ocr_avg_confidence",
    mean(ocr_confidence, "job, provider"),
    help="Mean confidence of an engine's results; 0 while idle, so read it together with traffic.",
)
ocr_low_confidence_ratio = confidence_rule(
    "ocr_low_confidence_ratio",
    ratio(per_second(ocr_confidence.bucket.where(le=0.7)), per_second(ocr_confidence.count)),
    help="Share of OCR results with a confidence of at most 0.7.",
)

# Compare

compare_requests_per_second = compare_rule(
    "compare_requests_per_second", per_second(compare_requests), help="Finished comparisons.", unit="events per second"
)
compare_failure_ratio = compare_rule(
    "compare_failure_ratio",
    ratio(per_second(compare_requests.where(status=["error", "dimension_mismatch"])), compare_requests_per_second),
    help="Share of comparisons that failed by our fault; not found and invalid are judged on their own.",
    unit="ratio",
)
compare_not_found_ratio = compare_rule(
    "compare_not_found_ratio",
    ratio(per_second(compare_requests.where(status="not_found")), compare_requests_per_second),
    help="Share of comparisons whose candidate is not in the index.",
    unit="ratio",
)

# Models, vectors, drift: rare events, so over longer windows

vector_migrations_per_second = model_rule(
    "vector_migrations_per_second",
    per_second(vector_migrate, window="15m"),
    help="Vectors that migrations look at.",
    unit="events per second",
)
vector_migration_error_ratio = model_rule(
    "vector_migration_error_ratio",
    ratio(per_second(vector_migrate.where(status="error"), window="15m"), vector_migrations_per_second),
    help="Share of vectors whose migration failed.",
    unit="ratio",
)
material_drift_p90 = model_rule(
    "material_drift_score_p90",
    quantile(0.9, material_drift, window="1h"),
    help="Nine of ten material drift scores of the last hour are at most this.",
    unit="ratio",
)
classification_drift_p90 = model_rule(
    "classification_drift_score_p90",
    quantile(0.9, classification_drift, window="1h"),
    help="Nine of ten prediction drift scores of the last hour are at most this.",
    unit="ratio",
)


# ---------------------------------------------------------------------------------------------------------------------
# SLOs: what is promised
# ---------------------------------------------------------------------------------------------------------------------

slo_burn_runbook = Runbook(
    "slo_burn",
    "The error budget is being spent too fast",
    summary="Failed or slow requests would use up the 30 days' budget long before the 30 days are over.",
    impact="The promise to users breaks unless the trend is stopped; releases stop when the budget is spent.",
    detection={
        "How much is left of each budget?": f'slo:error_budget_remaining:ratio{{spec="{NAME}"}}',
        "How fast is it spent now?": f'slo:error_ratio:rate1h{{spec="{NAME}"}}',
        "Since when?": f'slo:error_ratio:rate6h{{spec="{NAME}"}}',
        "Which errors spend it?": f"topk(5, {errors_by_code_per_second})",
        "Which provider is slow?": f"{ocr_provider_p95_latency}",
    },
    logs=["kubectl rollout history deployment/cad-ml-platform"],
    stages=response(
        [
            "Read the tier: page-fast is an outage, ticket-slow is a slow leak.",
            "Open SLO Tracking: which SLO, how much is left, until when does it last?",
        ],
        [
            "Availability: go on with the runbook high_error_rate.",
            "Latency: go on with the runbook high_latency.",
            "Compare the start of the burn with deployments.",
        ],
        ["Stop the largest contributor, even by a workaround.", "Freeze releases of the affected part."],
        [
            "Watch the error ratio over 5 minutes fall below the objective.",
            "With less than 20 % left: only fixes are released until the budget recovers.",
        ],
    ),
    causes=["A bad release", "A provider's outage", "Growth beyond capacity", "An objective nobody can keep"],
    fixes={
        "Outage": "Follow the alert that names the cause; it fires beside this one.",
        "Slow leak": "Open a ticket with the leading code and provider, and fix it within the sprint.",
    },
    prevention=["Error budget policy agreed with the product owner", "Review of the objectives each quarter"],
    escalation=ESCALATION,
)

ocr_availability = SLO(
    "ocr-availability",
    Availability(ocr),
    objective=99.5,
    window="30d",
    traffic="2/s",
    description="OCR requests do not fail by our fault.",
    runbook=slo_burn_runbook,
    dashboard=SLO_TRACKING,
    team=PLATFORM_TEAM,
    budget_forecast=None,  # BudgetExhaustionForecast is ours
)
ocr_latency = SLO(
    "ocr-latency",
    Latency(ocr_duration, below=2.0),
    objective=99,
    window="30d",
    traffic="2/s",
    description="OCR requests are answered within 2 s.",
    runbook=slo_burn_runbook,
    dashboard=SLO_TRACKING,
    team=PLATFORM_TEAM,
    budget_forecast=None,  # BudgetExhaustionForecast is ours
)
vision_availability = SLO(
    "vision-availability",
    Availability(vision),
    objective=99.5,
    window="30d",
    group_by=[vision_provider],
    traffic="1/s",
    description="Vision requests do not fail by our fault, for each provider.",
    runbook=slo_burn_runbook,
    dashboard=SLO_TRACKING,
    team=PLATFORM_TEAM,
    budget_forecast=None,  # BudgetExhaustionForecast is ours
)
SLOS = [ocr_availability, ocr_latency, vision_availability]

error_budget_remaining = slo_rule(
    "error_budget_remaining",
    f'min by (slo) (slo:error_budget_remaining:ratio{{spec="{NAME}"}})',
    help="What is left of each SLO's error budget over 30 days: 1 is untouched, 0 is spent, below 0 is overdrawn.",
)


def kept(*slos: SLO) -> str:
    """The share of good events over the SLO's window, from what is left of its budget."""
    names = "|".join(slo.name for slo in slos)
    operator = "=~" if len(slos) > 1 else "="
    allowed = f'(1 - max by (slo) (slo:objective:ratio{{spec="{NAME}"}}))'
    return f'1 - (1 - {error_budget_remaining}{{slo{operator}"{names}"}}) * on (slo) {allowed}'


slo_availability = slo_rule(
    "slo_availability",
    kept(ocr_availability, vision_availability),
    help="Share of requests of the last 30 days that did not fail, by SLO.",
)
slo_latency_compliance = slo_rule(
    "slo_latency_compliance",
    kept(ocr_latency),
    help="Share of OCR requests of the last 30 days that were answered within 2 s.",
)

RECORDING_RULES = [
    *(ocr_errors_by_code, vision_errors_by_code),
    *(ocr_requests_per_second, ocr_errors_per_second, vision_requests_per_second, vision_errors_per_second),
    *(errors_by_code_per_second, ocr_error_ratio, vision_error_ratio, platform_error_ratio),
    *(vision_base64_rejection_rate, ocr_file_rejection_rate, rejection_rate_by_reason, input_rejection_rate),
    *(provider_requests_per_second, provider_errors_per_second, provider_circuit_open_ratio),
    *(provider_timeout_rate, model_load_failure_rate, provider_health_score),
    *(memory_exhaustion_rate, provider_resource_exhaustion, circuit_breaker_open_ratio, circuit_breaker_status),
    *(ocr_duration_buckets, vision_duration_buckets, ocr_requests_by_status),
    *(*ocr_latency_rules, *vision_latency_rules, ocr_provider_p95_latency, ocr_avg_stage_duration),
    *(analysis_avg_stage_duration, classification_p95_latency, platform_requests_per_second),
    *(platform_requests_baseline, provider_success_ratio, ocr_cache_hit_ratio, analysis_cache_hit_ratio),
    *(classification_cache_hit_ratio, feature_cache_hit_ratio),
    *(ocr_avg_confidence, ocr_low_confidence_ratio),
    *(compare_requests_per_second, compare_failure_ratio, compare_not_found_ratio),
    *(vector_migrations_per_second, vector_migration_error_ratio, material_drift_p90, classification_drift_p90),
    *(error_budget_remaining, slo_availability, slo_latency_compliance),
]


# ---------------------------------------------------------------------------------------------------------------------
# Runbooks of single alerts
# ---------------------------------------------------------------------------------------------------------------------

circuit_breaker_runbook = Runbook(
    "circuit_breaker",
    "Circuits are open",
    summary="Providers failed so often that the platform no longer asks them.",
    impact="Requests to these providers are refused at once.",
    detection={
        "Which circuits are open, half open?": f"{circuit_breaker_status} > 0",
        "On how many instances?": f"sum by (job, circuit) ({circuit_breaker_state.where(state='open')})",
        "How healthy is each provider?": f"{provider_health_score}",
        "What failed before?": f"topk(5, {per_second(ocr_errors, 'job, provider, code', '30m')})",
    },
    logs=["curl -s http://localhost:8000/health/circuit-breakers", "grep circuit logs/app.log | tail -20"],
    stages=response(
        ["See whether one provider or all are affected: all means our side, most likely the network."],
        [
            "Follow the code that failed before the circuit opened.",
            "Look whether it flaps: open, half open, open means that the probe fails as well.",
        ],
        [
            "Send traffic to a provider whose circuit is closed: `OCR_DEFAULT_PROVIDER`.",
            "If the provider is well again: `POST /admin/reset-circuit-breaker?provider=<name>`.",
        ],
        ["Watch the state on Platform Overview for 15 minutes.", "Never reset again and again: it hides the cause."],
    ),
    causes=["A provider is down", "The network is down", "`CIRCUIT_FAILURE_THRESHOLD` is too low"],
    fixes={
        "Provider down": "Wait and move the traffic; after `CIRCUIT_RECOVERY_TIMEOUT` one probe closes the circuit.",
        "Threshold too low": "Raise `CIRCUIT_FAILURE_THRESHOLD` above 5, and say why.",
    },
    prevention=["A second provider that can take the load", "Tests of the fallback every quarter"],
    escalation=ESCALATION,
)

high_latency_runbook = Runbook(
    "high_latency",
    "OCR is slow",
    summary="One in twenty OCR requests takes longer than two seconds.",
    impact="Users wait; clients with short timeouts give up and try again, which adds load.",
    detection={
        "How slow is one request in twenty?": f"{ocr_p95_latency}",
        "How slow is half of them?": f"{ocr_p50_latency}",
        "Which engine?": f"{ocr_provider_p95_latency}",
        "Which stage?": f"{ocr_avg_stage_duration}",
        "Is there more traffic than usual? 1 is as usual.": (
            f"{platform_requests_per_second} / ({platform_requests_baseline} > 0)"
        ),
        "Is the processor busy?": f'rate(process_cpu_seconds_total{{job="{JOB}"}}[5m])',
        "Does the cache help?": f"{ocr_cache_hit_ratio}",
    },
    logs=["grep latency_ms logs/app.log | sort -t= -k2 -rn | head", "kubectl top pods -n cad-ml-platform"],
    stages=response(
        ["See which engine and which stage are slow.", "See whether traffic has grown."],
        [
            "Slow `infer`: the model or the processor. Slow `load`: cold starts. Slow `preprocess`: large images.",
            "Profile one slow instance: `py-spy record -o profile.svg -d 30 -p 1`.",
        ],
        [
            "Scale out: `kubectl scale deployment/cad-ml-platform --replicas=5`.",
            "Choose the fastest engine: `OCR_DEFAULT_PROVIDER=paddle`.",
        ],
        ["Watch p95 stay below 2 s for 15 minutes.", "Put what the profile showed into a ticket."],
    ),
    causes=["More traffic or larger drawings", "Cold caches or models after a deployment", "A slow provider"],
    fixes={
        "Capacity": "More replicas, or fewer workers for each processor.",
        "Cold start": "Warm models and caches before `/ready` succeeds.",
    },
    prevention=["Load tests before releases", "Autoscaling on processor and on requests in flight"],
    escalation=ESCALATION,
)

cache_hit_rate_low_runbook = Runbook(
    "cache_hit_rate_low",
    "A cache answers too little",
    summary="Most look-ups miss the cache, so that work is done twice.",
    impact="Latency and cost rise; rate limits are reached earlier.",
    detection={
        "How good is the cache of analyses?": f"{analysis_cache_hit_ratio}",
        "How good is the classifier's?": f"{classification_cache_hit_ratio}",
        "How good is the feature cache?": f"{feature_cache_hit_ratio}",
        "How many look-ups are there?": f"{per_second(analysis_cache_hits)} + {per_second(analysis_cache_miss)}",
        "Are entries dropped for room?": per_second(feature_cache_evictions),
        "How full is the classifier's?": f"max by (job) ({classification_cache_size})",
        "How full is the feature cache?": f"max by (job) ({feature_cache_size})",
        "What does tuning recommend?": f"max by (job) ({feature_cache_recommended_capacity})",
    },
    logs=["redis-cli INFO stats | grep keyspace", "curl -s http://localhost:8000/health | jq .config.monitoring"],
    stages=response(
        ["See which cache, and since when."],
        [
            "Right after a deployment: it is cold and fills by itself.",
            "Many evictions: it is too small. None: its keys changed, or the drawings are all new.",
            "Redis unreachable: every look-up misses.",
        ],
        ["Restore Redis.", "Raise `CLASSIFIER_CACHE_MAX_SIZE` or the feature cache's capacity, then restart."],
        ["Watch the ratio rise over half an hour.", "Correct the recommended size in the configuration."],
    ),
    causes=["Cold cache", "Too small a cache", "Keys changed by a release", "Redis unreachable"],
    fixes={
        "Too small": "Use `feature_cache_tuning_recommended_capacity`.",
        "Keys changed": "Version the keys on purpose, and warm the cache.",
    },
    prevention=["Keys under test", "A tuning run each month"],
    escalation=ESCALATION,
)

compare_failure_rate_runbook = Runbook(
    "compare_failure_rate",
    "Comparisons fail",
    summary="Comparisons end with an error or with vectors of different dimensions.",
    impact="Clients cannot compare drawings.",
    detection={
        "Is there enough traffic to judge?": f"{compare_requests_per_second}",
        "Which outcome dominates?": f"sum by (job, status) (rate({compare_requests}[5m]))",
        "Was there a migration?": f"sum by (job, status) (increase({vector_migrate}[1h]))",
        "Is the index in use?": f"sum by (job, event) (increase({similarity_degraded}[1h]))",
    },
    logs=["grep /api/v1/compare logs/app.log | grep -v 200 | tail -20"],
    stages=response(
        ["Confirm that the traffic is sustained.", "See which outcome dominates."],
        [
            "`error`: check the vector search, its storage and the network.",
            "`dimension_mismatch`: two feature layouts are mixed; look for a migration that stopped half way.",
        ],
        ["Roll back the latest release of compare.", "Finish or undo the migration."],
        ["Compare two known drawings by hand.", "Watch the ratio below 5 % for 15 minutes."],
    ),
    causes=["The search index or its storage is down", "A migration stopped half way", "A release"],
    fixes={
        "Mixed dimensions": "Migrate the rest: `vector_migrate_total` must show no `skipped` or `error`.",
        "Index down": "Follow the runbook vector_index.",
    },
    prevention=["Migrations as a dry run first", "A check of dimensions when vectors are stored"],
    escalation=ESCALATION,
)

compare_not_found_runbook = Runbook(
    "compare_not_found",
    "Comparisons do not find their candidate",
    summary="More than half of the comparisons name a candidate that is not in the index.",
    impact="Clients get `not_found` for drawings that they have uploaded.",
    detection={
        "How many?": f"{compare_not_found_ratio}",
        "How old is the index?": f"max by (job) ({faiss_index_age})",
        "Did it recover from a loss?": f"sum by (job, result) (increase({faiss_recovery_attempts}[6h]))",
    },
    logs=["grep not_found logs/app.log | tail -20"],
    stages=response(
        ["Confirm that the traffic is sustained.", "Take three of the ids that were not found."],
        [
            "Are these ids stored at all? If not, the client uses ids of another environment.",
            "Are they stored but not indexed? Then indexing lags or has lost entries.",
        ],
        ["Build the index anew.", "Restore the latest good index."],
        ["Compare the three ids again.", "Tell the client which ids are valid."],
    ),
    causes=["Ids of another environment", "The index is stale", "The index was restored from an old copy"],
    fixes={"Stale index": "Follow the runbook vector_index.", "Wrong ids": "Agree on the ids with the client."},
    prevention=["An alert on the age of the index", "Ids that name their environment"],
    escalation=ESCALATION,
)

vector_index_runbook = Runbook(
    "vector_index",
    "The search index is stale or a migration fails",
    summary="Searches use an old index, or vectors cannot be migrated to the new layout.",
    impact="New drawings are not found; comparisons between layouts fail.",
    detection={
        "How old is the index?": f"max by (job, instance) ({faiss_index_age})",
        "Is the fallback in use?": f"sum by (job, event) (increase({similarity_degraded}[1h]))",
        "How do migrations end?": f"sum by (job, status) (increase({vector_migrate}[1h]))",
        "Which share of them fails?": f"{vector_migration_error_ratio}",
    },
    logs=["grep -i faiss logs/app.log | tail -20", "grep vector_migrate logs/app.log | tail -20"],
    stages=response(
        ["See whether the job that builds the index has run.", "Stop a migration that fails."],
        ["Read the error of the first failed vector.", "Check the room on the index's volume."],
        ["Start the building of the index by hand.", "Go on with the migration as a dry run."],
        ["Watch the age fall to zero.", "Finish the migration, then compare two drawings of different layouts."],
    ),
    causes=["The job that builds the index failed", "A full volume", "Vectors of an unknown layout"],
    fixes={
        "Job failed": "Run it again and read its log.",
        "Unknown layout": "Extract the features of these drawings anew.",
    },
    prevention=["The age of the index on the dashboard", "Migrations as a dry run first"],
    escalation=ESCALATION,
)

drift_runbook = Runbook(
    "drift",
    "Inputs or predictions drift from the baseline",
    summary="The materials seen or the classes predicted differ from the baseline, or the baseline is old.",
    impact="Predictions may be worse than the model's test results say; no request fails.",
    detection={
        "How far do the materials drift?": f"{material_drift_p90}",
        "How far do the predictions drift?": f"{classification_drift_p90}",
        "How old is the baseline of materials?": f"max by (job) ({baseline_material_age})",
        "How old is the baseline of predictions?": f"max by (job) ({baseline_prediction_age})",
        "Was a model reloaded?": f"sum by (job, status) (increase({model_reload}[1d]))",
        "Is OCR less sure than before?": f"{ocr_avg_confidence}",
    },
    stages=response(
        ["See whether materials, predictions or both drift.", "Nothing is down: this can wait for working hours."],
        [
            "Both: the inputs changed. Predictions alone: the model changed.",
            "Ask whether a new client or product line began.",
        ],
        ["A new model is at fault: roll it back.", "The baseline is old: take a new one."],
        ["Sample fifty drawings and check their classes by hand.", "Plan a retraining with the ML team."],
    ),
    causes=["New kinds of drawings", "A new model", "A baseline that is too old"],
    fixes={
        "New kinds of drawings": "Label a sample, train again, take a new baseline.",
        "Old baseline": "`python3 scripts/snapshot_baseline.py`.",
    },
    prevention=["A new baseline every quarter and after each release of a model"],
    escalation=ESCALATION,
)

low_confidence_runbook = Runbook(
    "low_confidence",
    "OCR is unsure",
    summary="An engine's mean confidence is below 0.7.",
    impact="Texts contain more mistakes; users correct more by hand.",
    detection={
        "Which engine?": f"{ocr_avg_confidence}",
        "Which share of the results?": f"{ocr_low_confidence_ratio}",
        "Which kind of item?": mean(ocr_item_confidence, "job, item_type"),
    },
    stages=response(
        ["See which engine and which kind of item."],
        ["Look at a few of the drawings: bad scans, another language, another norm?"],
        ["Send these drawings to another engine."],
        ["Tell the ML team, with examples."],
    ),
    causes=["Bad scans", "Drawings of a new kind", "A new version of an engine"],
    fixes={"Bad scans": "Ask for 300 dpi.", "A new version": "Go back to the former one and compare."},
    prevention=["The evaluation set run before each change of an engine"],
    escalation=ESCALATION,
)

throughput_drop_runbook = Runbook(
    "throughput_drop",
    "Traffic has dropped",
    summary="There is less than half of the usual traffic for this hour.",
    impact="Either clients cannot reach us, or they stopped asking.",
    detection={
        "How much is there?": f"{platform_requests_per_second}",
        "How much is usual?": f"{platform_requests_baseline}",
        "Are all instances scraped?": f'up{{job="{JOB}"}}',
        "Are requests refused?": f"{input_rejection_rate}",
        "Do requests hang?": f"{ocr_p99_latency}",
    },
    logs=["kubectl get ingress,endpoints -n cad-ml-platform"],
    stages=response(
        ["Send a request from outside: does it arrive?", "Is today a holiday?"],
        ["Compare with the load balancer's own count.", "Look for expired certificates and changes of DNS."],
        ["Restore the path from the clients to us.", "Scale out if requests pile up."],
        ["Watch traffic return.", "Ask the largest client if nothing is wrong here."],
    ),
    causes=["Load balancer, DNS or certificate", "A client's outage", "A holiday"],
    fixes={"Certificate": "Renew it.", "Holiday": "Silence the alert for the day."},
    prevention=["A probe from outside", "Certificates renewed automatically"],
    escalation=ESCALATION,
)

model_security_runbook = Runbook(
    "model_security",
    "A model was blocked, rolled back, or cannot be rolled back",
    summary="A model file holds forbidden opcodes, or the platform went back to an earlier model or could not.",
    impact="The wanted model is not in use; a blocked opcode may be an attack.",
    detection={
        "Which opcodes?": f"sum by (job, opcode) (increase({model_opcode_blocked}[1d]))",
        "Which checks failed?": f"sum by (job, reason) (increase({model_security_fail}[1d]))",
        "How did reloads end?": f"sum by (job, status) (increase({model_reload}[1d]))",
        "How far back are we?": f"max by (job) ({model_rollback_depth})",
        "How many snapshots are left?": f"min by (job) ({model_snapshots_available})",
        "Which policy is in force?": f"{model_opcode_mode} == 1",
    },
    logs=["grep -i opcode logs/app.log | tail -20", "sha256sum models/*"],
    stages=response(
        [
            "A blocked opcode: tell security at once, and keep the file as evidence.",
            "A rollback: the platform runs on an earlier model; users are served.",
        ],
        ["Who uploaded the file, from where?", "Compare its checksum with the registry's."],
        ["Load the last trusted model.", "Withdraw the credentials of the uploader if the file is forged."],
        ["Store a snapshot of the model in use.", "Scan all other model files."],
    ),
    causes=["A forged or damaged file", "A model exported with a new library", "Snapshots were cleaned away"],
    fixes={
        "New library": "Export the model without custom classes; do not widen the allow list for it.",
        "No snapshots": "Reload the model in use once; that stores it.",
    },
    prevention=["Signed model files", "Opcode policy `allowlist` in production", "Keep three snapshots"],
    escalation=ESCALATION,
)

result_store_runbook = Runbook(
    "result_store",
    "The store of results grows",
    summary="The store of analysis results will pass its limit within a day.",
    impact="A full disk fails every analysis.",
    detection={
        "How many files?": f"max by (job) ({analysis_result_store_files})",
        "Does the cleanup run?": f"sum by (job, status) (increase({analysis_result_cleanup}[1d]))",
        "How many analyses are there?": per_second(analysis_requests),
    },
    logs=["df -h", "grep cleanup logs/app.log | tail -20"],
    stages=response(
        ["See how much room is left."],
        ["See whether the cleanup runs, and whether it deletes anything."],
        ["Run the cleanup by hand.", "Enlarge the volume."],
        ["Watch the number of files fall.", "Shorten the retention if the load is here to stay."],
    ),
    causes=["The cleanup does not run", "More analyses than planned"],
    fixes={"No cleanup": "Start its schedule again.", "More analyses": "Shorten the retention."},
    prevention=["Retention in the configuration", "An alert on the cleanup's errors"],
    escalation=ESCALATION,
)

metrics_absent_runbook = Runbook(
    "metrics_absent",
    "No metrics arrive",
    summary="Prometheus scrapes no instance of the platform, or what it scrapes is not the platform.",
    impact="Every other alert is blind; the platform may be down.",
    detection={
        "Which instances are up?": f'up{{job="{JOB}"}}',
        "Which versions of this spec run?": f'count by (version, digest) (promspec_info{{spec="{NAME}"}})',
        "How long do scrapes take?": f'scrape_duration_seconds{{job="{JOB}"}}',
    },
    logs=["curl -s http://localhost:8000/metrics | head", "kubectl get pods -n cad-ml-platform"],
    stages=response(
        ["Is the platform up? `curl -s http://localhost:8000/health`.", "If not, it is an outage: call all hands."],
        [
            "Up, but not scraped: open Prometheus, Status, Targets, and read the error.",
            "Scraped, but no `promspec_info`: the port answers for something else.",
        ],
        ["Restart the pods, or undo the latest deployment.", "Mend job name, port or network policy."],
        ["Check that all targets are up.", "Read what other alerts missed in the meantime."],
    ),
    causes=["The platform is down", "Discovery, port or network policy changed", "Scrapes run into their timeout"],
    fixes={"Timeout": "Look for a label with too many values.", "Renamed job": f"The rules expect `{JOB}`."},
    prevention=["`promspec self-check` after each deployment"],
    escalation=ESCALATION,
)

RUNBOOKS = [
    *(high_error_rate_runbook, provider_timeout_runbook, model_load_error_runbook, memory_exhaustion_runbook),
    *(circuit_breaker_runbook, high_latency_runbook, slo_burn_runbook, metrics_absent_runbook, throughput_drop_runbook),
    *(compare_failure_rate_runbook, compare_not_found_runbook, vector_index_runbook),
    *(cache_hit_rate_low_runbook, rate_limited_runbook, input_rejections_runbook, low_confidence_runbook),
    *(drift_runbook, model_security_runbook, result_store_runbook),
]


# ---------------------------------------------------------------------------------------------------------------------
# Alerts: critical wakes a person (5 minutes), warning is a message (30 minutes), info can wait for the next day
# ---------------------------------------------------------------------------------------------------------------------

SOME_TRAFFIC = 0.05
"""Requests per second from which on a ratio is judged: three a minute."""


def occurred(counter: Counter, by: str, window: str = "10m") -> str:
    """Whether a counter moved; a series that is new counts as well, where its first value is its first event."""
    new = f"{counter} unless {counter} offset {window}"
    return f"sum by ({by}) (increase({counter}[{window}]) > 0 or ({new})) > 0"


platform_alert = partial(Alert, component="platform", team=PLATFORM_TEAM, dashboard=OVERVIEW)
provider_alert = partial(Alert, component="providers", team=PLATFORM_TEAM, dashboard=OVERVIEW)
ocr_alert = partial(Alert, component="ocr", team=PLATFORM_TEAM, dashboard=OCR_PERFORMANCE)
resource_alert = partial(Alert, component="resources", team=PLATFORM_TEAM, dashboard=RESOURCES)
compare_alert = partial(Alert, component="compare", team=PLATFORM_TEAM, dashboard=ERROR_ANALYSIS)
model_alert = partial(Alert, component="models", team=MODEL_TEAM, dashboard=RESOURCES)
drift_alert = partial(Alert, component="drift", team=MODEL_TEAM, dashboard=RESOURCES)

ALERTS = [
    platform_alert(
        "HighErrorRate",
        f"{platform_error_ratio} > 0.05 and {platform_requests_per_second} > {SOME_TRAFFIC}",
        for_="5m",
        severity=Severity.CRITICAL,
        summary="More than 5 % of the requests fail.",
        description="{{ $value | humanizePercentage }} of OCR and vision requests of {{ $labels.job }} fail.",
        runbook=high_error_rate_runbook,
    ),
    provider_alert(
        "ProviderDown",
        f"{provider_health_score} < 0.5",
        for_="10m",
        severity=Severity.WARNING,
        summary="A provider is down or fails most requests.",
        description="The health score of {{ $labels.provider }} is {{ $value | humanize }}; 1 is well, 0 is down.",
        runbook=provider_timeout_runbook,
    ),
    provider_alert(
        "ProviderTimeout",
        f"{provider_timeout_rate} > 0.1",
        for_="5m",
        severity=Severity.WARNING,
        summary="A provider is timing out.",
        description="{{ $labels.provider }} times out {{ $value | humanize }} times per second.",
        runbook=provider_timeout_runbook,
    ),
    provider_alert(
        "ModelLoadError",
        f"{model_load_failure_rate} > 0",
        for_="2m",
        severity=Severity.CRITICAL,
        summary="A model cannot be loaded.",
        description="{{ $labels.provider }} fails to load its model {{ $value | humanize }} times per second.",
        runbook=model_load_error_runbook,
    ),
    resource_alert(
        "ResourceExhaustion",
        f"{memory_exhaustion_rate} > 0.05",
        for_="5m",
        severity=Severity.CRITICAL,
        summary="Requests fail because resources ran out.",
        description="{{ $value | humanize }} requests per second of {{ $labels.job }} fail for lack of resources.",
        runbook=memory_exhaustion_runbook,
    ),
    ocr_alert(
        "HighLatency",
        f"{ocr_p95_latency} > 2 and {ocr_requests_per_second} > {SOME_TRAFFIC}",
        for_="10m",
        severity=Severity.WARNING,
        summary="OCR is slow.",
        description="5 % of the OCR requests of {{ $labels.job }} take longer than {{ $value | humanizeDuration }}.",
        runbook=high_latency_runbook,
    ),
    platform_alert(
        "InputRejectionSpike",
        f"{input_rejection_rate} > 1",
        for_="5m",
        severity=Severity.INFO,
        summary="Many inputs are refused.",
        description="{{ $labels.job }} refuses {{ $value | humanize }} inputs per second.",
        runbook=input_rejections_runbook,
        dashboard=ERROR_ANALYSIS,
    ),
    provider_alert(
        "CircuitBreakerOpen",
        f"{circuit_breaker_open_ratio} > 0.5",
        for_="5m",
        severity=Severity.CRITICAL,
        summary="More than half of the circuits are open.",
        description="{{ $value | humanizePercentage }} of the circuits of {{ $labels.job }} are open.",
        runbook=circuit_breaker_runbook,
    ),
    ocr_alert(
        "LowConfidenceScore",
        f"{ocr_avg_confidence} < 0.7 and {per_second(ocr_confidence.count, 'job, provider')} > 0",
        for_="15m",
        severity=Severity.INFO,
        summary="OCR is unsure of its results.",
        description="The mean confidence of {{ $labels.provider }} is {{ $value | humanize }}.",
        runbook=low_confidence_runbook,
    ),
    resource_alert(
        "CacheHitRateLow",
        f"""
        {analysis_cache_hit_ratio} < 0.3
          and {per_second(analysis_cache_hits)} + {per_second(analysis_cache_miss)} > {SOME_TRAFFIC}
        """,
        for_="10m",
        severity=Severity.WARNING,
        summary="The analysis cache answers too little.",
        description="{{ $labels.job }}: it answers only {{ $value | humanizePercentage }} of the look-ups.",
        runbook=cache_hit_rate_low_runbook,
    ),
    resource_alert(
        "ClassifierCacheHitRateLow",
        f"""
        {classification_cache_hit_ratio} < 0.2
          and {per_second(classification_cache_hits)} + {per_second(classification_cache_miss)} > {SOME_TRAFFIC}
        """,
        for_="15m",
        severity=Severity.WARNING,
        summary="The classifier's cache answers too little.",
        description="{{ $labels.job }}: it answers only {{ $value | humanizePercentage }} of the look-ups.",
        runbook=cache_hit_rate_low_runbook,
    ),
    resource_alert(
        "ClassifierRateLimitedHigh",
        f"60 * {per_second(classification_rate_limited)} > 5",
        for_="10m",
        severity=Severity.WARNING,
        summary="Many classifications are rate limited.",
        description="{{ $labels.job }} refuses {{ $value | humanize }} classifications per minute by its rate limit.",
        runbook=rate_limited_runbook,
    ),
    compare_alert(
        "CompareRequestFailureRateHigh",
        f"{compare_failure_ratio} > 0.3 and {compare_requests_per_second} > {SOME_TRAFFIC}",
        for_="10m",
        severity=Severity.WARNING,
        summary="Comparisons fail.",
        description="{{ $value | humanizePercentage }} of the comparisons of {{ $labels.job }} fail.",
        runbook=compare_failure_rate_runbook,
    ),
    compare_alert(
        "CompareNotFoundDominant",
        f"{compare_not_found_ratio} > 0.5 and {compare_requests_per_second} > {SOME_TRAFFIC}",
        for_="10m",
        severity=Severity.WARNING,
        summary="Most comparisons do not find their candidate.",
        description="{{ $value | humanizePercentage }} of the comparisons of {{ $labels.job }} end with not_found.",
        runbook=compare_not_found_runbook,
    ),
    platform_alert(
        "ThroughputDrop",
        f"""
        {platform_requests_per_second} < 0.5 * {platform_requests_baseline}
          and {platform_requests_baseline} > {2 * SOME_TRAFFIC}
        """,
        for_="10m",
        severity=Severity.WARNING,
        summary="There is less than half of the usual traffic for this hour.",
        description="{{ $labels.job }} gets only {{ $value | humanize }} requests per second.",
        runbook=throughput_drop_runbook,
    ),
    model_alert(
        "FaissIndexStale",
        f"max by (job) ({faiss_index_age}) > 3600",
        for_="10m",
        severity=Severity.WARNING,
        summary="The search index is stale.",
        description="The search index of {{ $labels.job }} was built {{ $value | humanizeDuration }} ago.",
        runbook=vector_index_runbook,
    ),
    drift_alert(
        "MaterialDrift",
        f"{material_drift_p90} > 0.3",
        for_="15m",
        severity=Severity.WARNING,
        summary="The materials seen drift from the baseline.",
        description="One in ten material drift scores of {{ $labels.job }} is above {{ $value | humanize }}.",
        runbook=drift_runbook,
    ),
    drift_alert(
        "ClassificationDrift",
        f"{classification_drift_p90} > 0.3",
        for_="15m",
        severity=Severity.WARNING,
        summary="The predictions drift from the baseline.",
        description="One in ten prediction drift scores of {{ $labels.job }} is above {{ $value | humanize }}.",
        runbook=drift_runbook,
    ),
    drift_alert(
        "DriftBaselineStale",
        f"""
        label_replace(max by (job) ({baseline_material_age}), "baseline", "material", "", "") > {90 * 86_400}
          or label_replace(max by (job) ({baseline_prediction_age}), "baseline", "prediction", "", "") > {90 * 86_400}
        """,
        for_="30m",
        severity=Severity.WARNING,
        summary="A drift baseline is older than a quarter.",
        description="The {{ $labels.baseline }} baseline of {{ $labels.job }} is {{ $value | humanizeDuration }} old.",
        runbook=drift_runbook,
    ),
    model_alert(
        "ModelOpcodeBlocked",
        occurred(model_opcode_blocked, "job, opcode"),
        severity=Severity.CRITICAL,
        summary="A model file holds a forbidden opcode.",
        description="The opcode {{ $labels.opcode }} blocked a model file of {{ $labels.job }}.",
        runbook=model_security_runbook,
    ),
    model_alert(
        "ModelRollbackTriggered",
        f"sum by (job, level) (increase({model_rollback}[10m])) > 0",
        severity=Severity.WARNING,
        summary="The platform went back to an earlier model.",
        description="{{ $labels.job }} went back {{ $labels.level }} versions.",
        runbook=model_security_runbook,
    ),
    model_alert(
        "NoRollbackSnapshots",
        f"""
        min by (job) ({model_snapshots_available}) < 1
          and sum by (job) ({model_reload.where(status="success")}) > 0
        """,
        for_="10m",
        severity=Severity.WARNING,
        summary="A reloaded model could not be rolled back.",
        description="{{ $labels.job }} has reloaded its model, and {{ $value | humanize }} earlier ones are kept.",
        runbook=model_security_runbook,
    ),
    model_alert(
        "VectorMigrationErrorRateHigh",
        f"{vector_migration_error_ratio} > 0.05 and {vector_migrations_per_second} > {SOME_TRAFFIC}",
        for_="15m",
        severity=Severity.WARNING,
        summary="Migrations of vectors fail.",
        description="{{ $value | humanizePercentage }} of the vectors of {{ $labels.job }} fail to migrate.",
        runbook=vector_index_runbook,
    ),
    ocr_alert(
        "OcrErrorRateEmaHigh",
        f"max by (job) ({error_rate_ema.where(service='ocr')}) > 0.1",
        for_="5m",
        severity=Severity.WARNING,
        summary="The latest OCR requests fail.",
        description="About {{ $value | humanizePercentage }} of the latest OCR requests of {{ $labels.job }} fail.",
        runbook=high_error_rate_runbook,
        dashboard=ERROR_ANALYSIS,
    ),
    platform_alert(
        "VisionErrorRateEmaHigh",
        f"max by (job) ({error_rate_ema.where(service='vision')}) > 0.1",
        for_="5m",
        severity=Severity.WARNING,
        summary="The latest vision requests fail.",
        description="About {{ $value | humanizePercentage }} of the latest vision requests of {{ $labels.job }} fail.",
        runbook=high_error_rate_runbook,
        component="vision",
        dashboard=ERROR_ANALYSIS,
    ),
    resource_alert(
        "AnalysisResultStoreGrowing",
        f"""
        max by (job) (predict_linear({analysis_result_store_files}[6h], 86400)) > 50000
          and max by (job) ({analysis_result_store_files}) > 25000
        """,
        for_="30m",
        severity=Severity.WARNING,
        summary="The store of analysis results grows towards its limit.",
        description="At this pace {{ $labels.job }} holds {{ $value | humanize }} results tomorrow.",
        runbook=result_store_runbook,
    ),
    platform_alert(
        "MetricsAbsent",
        f"""
        max(
          absent(up{{job="{JOB}"}} == 1)
            or absent(promspec_info{{job="{JOB}", spec="{NAME}"}})
        )
        """,
        for_="5m",
        severity=Severity.CRITICAL,
        summary="No metrics of the CAD ML Platform arrive.",
        description="Prometheus scrapes no instance of the platform, or what it scrapes has no heartbeat.",
        runbook=metrics_absent_runbook,
        labels={"job": JOB},
    ),
    platform_alert(
        "BudgetExhaustionForecast",
        f"""
        predict_linear({error_budget_remaining}[1d], 3 * 86400) < 0
          and delta({error_budget_remaining}[1h]) < 0
          and {error_budget_remaining} < 0.9
          and {error_budget_remaining} > 0
        """,
        for_="30m",
        severity=Severity.WARNING,
        summary="An error budget will be spent within three days.",
        description="If it goes on like this, {{ $labels.slo }} of {{ $labels.job }} has no budget left in three days.",
        runbook=slo_burn_runbook,
        component="slo",
        dashboard=SLO_TRACKING,
    ),
]


# ---------------------------------------------------------------------------------------------------------------------
# Dashboards. A legend stands before its query. Recorded series are preferred; raw ones follow the dashboard's zoom.
# ---------------------------------------------------------------------------------------------------------------------

ZOOM = "$__rate_interval"
Colours = Sequence[tuple[float | None, str]]
NEUTRAL: Colours = [(None, "blue")]
GOOD_IS_LOW: Colours = [(None, "green"), (0.01, "orange"), (0.05, "red")]
BUDGET_COLOURS: Colours = [(None, "red"), (0.2, "orange"), (0.5, "green")]
LATENCY_COLOURS: Colours = [(None, "green"), (1, "orange"), (2, "red")]


def of_instances(gauge: object) -> dict[str, str]:
    """The largest of all instances and their mean: a line for each is unreadable in a fleet, and dear."""
    return {"largest": f"max by (job) ({gauge})", "mean": f"avg by (job) ({gauge})"}


def by(label: str, query: object) -> dict[str, str]:
    """A query whose legend is one of its labels."""
    return {f"{{{{{label}}}}}": f"{query}"}


board = partial(Dashboard, tags=[JOB], refresh="30s", since="1h", links={"Runbooks": f"{DOCUMENTATION}/runbooks"})
number = partial(Stat, width=4, height=5, decimals=2, unit="short")
share = partial(Stat, width=4, height=5, decimals=2, unit="percentunit", thresholds=GOOD_IS_LOW)
rates = partial(TimeSeries, unit="cps", min=0)
parts = partial(TimeSeries, unit="cps", min=0, stacked=True)
shares = partial(TimeSeries, unit="percentunit", min=0, max=1)
times = partial(TimeSeries, unit="s", min=0)
counts = partial(TimeSeries, unit="short", min=0)

slo_compliance = Stat(
    "SLO Compliance",
    "Share of good requests over the last 30 days, by SLO: availability is promised at 99.5 %, latency at 99 %.",
    by("slo", f"{slo_availability} or {slo_latency_compliance}"),
    unit="percentunit",
    decimals=2,
    thresholds=[(None, "red"), (0.99, "orange"), (0.995, "green")],
    width=8,
    height=5,
)
budget_left = GaugePanel(
    "Error Budget Remaining",
    "What is left of each SLO's budget of 30 days: full is untouched, empty is spent.",
    by("slo", error_budget_remaining),
    unit="percentunit",
    decimals=0,
    min=0,
    max=1,
    thresholds=BUDGET_COLOURS,
    width=8,
    height=5,
)

# Platform Overview

overview_now = Row(
    "Now",
    [
        share("Error Ratio", "Failed share of OCR and vision requests over 5 minutes.", platform_error_ratio),
        number("Requests", "Finished per second.", platform_requests_per_second, unit="reqps", thresholds=NEUTRAL),
        slo_compliance,
        budget_left,
    ],
)
overview_errors = Row(
    "Errors",
    [
        rates(
            "Platform Error Rates",
            "Failed share of the requests; above 5 % for 5 minutes somebody is woken.",
            {"platform": platform_error_ratio, "OCR": ocr_error_ratio, "vision": vision_error_ratio},
            unit="percentunit",
            thresholds=[(None, "green"), (0.05, "red")],
        ),
        parts(
            "Provider Error Code Breakdown",
            "Failed requests of all providers and of analysis, by error code.",
            by("code", errors_by_code_per_second),
        ),
        rates(
            "Input Rejection Rates",
            "Inputs refused by validation: the clients' own fault, which spends no budget.",
            {
                "all": input_rejection_rate,
                "OCR files": ocr_file_rejection_rate,
                "vision base64": vision_base64_rejection_rate,
            },
        ),
        Table(
            "Top Rejection Reasons",
            "The five reasons for which most inputs are refused now.",
            Query(f"topk(5, {rejection_rate_by_reason})", "Refused"),
            columns={"reason": "Reason", "job": "Job"},
            unit="cps",
            decimals=3,
        ),
    ],
)
overview_providers = Row(
    "Providers",
    [
        Heatmap(
            "Provider Health Score",
            "1 is well, 0 is down: the share of successes, times the share of instances with a closed circuit.",
            by("provider", provider_health_score),
            unit="percentunit",
            buckets=False,
            scheme="RdYlGn",
            min=0,
            max=1,
        ),
        rates(
            "Provider Timeouts",
            "Timeouts by provider; above 0.1 per second for 5 minutes there is an alert.",
            by("provider", provider_timeout_rate),
            thresholds=[(None, "green"), (0.1, "red")],
        ),
        StateTimeline(
            "Circuit Breaker Status",
            "The worst state of each circuit on any instance.",
            by("circuit", circuit_breaker_status),
            unit="none",
            mappings={0: ("closed", "green"), 1: ("half open", "orange"), 2: ("open", "red")},
        ),
        rates(
            "Resource Exhaustion",
            "Requests that fail for lack of memory, disk or slots.",
            {"platform": memory_exhaustion_rate, **by("provider", provider_resource_exhaustion)},
            thresholds=[(None, "green"), (0.05, "red")],
        ),
        shares(
            "OCR Confidence",
            "Mean confidence of each engine, and the share of results of at most 0.7; 0 while idle.",
            {"low share": ocr_low_confidence_ratio, **by("provider", ocr_avg_confidence)},
        ),
    ],
)
overview_performance = Row(
    "Performance",
    [
        times(
            "Processing Latency p50, p95, p99",
            "Time to answer a request; OCR is promised within 2 s.",
            {
                "OCR p50": ocr_p50_latency,
                "OCR p95": ocr_p95_latency,
                "OCR p99": ocr_p99_latency,
                "vision p50": vision_p50_latency,
                "vision p95": vision_p95_latency,
                "vision p99": vision_p99_latency,
            },
            thresholds=LATENCY_COLOURS,
        ),
        times(
            "OCR Stage Duration",
            "Mean time of each stage of an OCR request.",
            by("stage", ocr_avg_stage_duration),
            stacked=True,
        ),
        rates(
            "Throughput",
            "Finished requests, and how many are usual at this hour.",
            {"OCR": ocr_requests_per_second, "vision": vision_requests_per_second, "usual": platform_requests_baseline},
            unit="reqps",
        ),
        shares(
            "Provider Success",
            "Share of requests that a provider did not fail; 1 while idle.",
            by("provider", provider_success_ratio),
        ),
    ],
)
overview = board(
    OVERVIEW,
    [overview_now, overview_errors, overview_providers, overview_performance],
    description="Is the platform well, and if not, which part?",
    variables=[any_provider],
)

# OCR Performance

ocr_now = Row(
    "Now",
    [
        number("OCR Requests", "Finished per second.", ocr_requests_per_second, unit="reqps", thresholds=NEUTRAL),
        share("OCR Error Ratio", "Failed share of OCR requests.", ocr_error_ratio),
        number("OCR p50", "Half are answered within.", ocr_p50_latency, unit="s", thresholds=LATENCY_COLOURS),
        number("OCR p95", "19 in 20 are answered within.", ocr_p95_latency, unit="s", thresholds=LATENCY_COLOURS),
        share("OCR Cache Hits", "Share that the cache answered.", ocr_cache_hit_ratio, thresholds=NEUTRAL),
        share("Low Confidence", "Share of results of at most 0.7.", ocr_low_confidence_ratio, thresholds=NEUTRAL),
    ],
)
ocr_time = Row(
    "Latency",
    [
        Heatmap(
            "Latency Distribution",
            "How many requests take how long.",
            by("le", f"sum by (le) (increase({ocr_duration.bucket}[{ZOOM}]))"),
            unit="s",
        ),
        times(
            "p95 by Engine",
            "The time within which 19 in 20 requests to an engine are answered.",
            by("provider", ocr_provider_p95_latency),
            thresholds=LATENCY_COLOURS,
        ),
        times(
            "p95 by Stage",
            "The slowest stage is the first to look at.",
            by("stage", quantile(0.95, ocr_stage_duration, "stage", ZOOM)),
        ),
        times(
            "Mean Stage Duration",
            "Where an average request spends its time.",
            by("stage", ocr_avg_stage_duration),
            stacked=True,
        ),
    ],
)
ocr_traffic = Row(
    "Traffic",
    [
        parts(
            "Requests by Engine",
            "Finished requests per second.",
            by("provider", per_second(ocr_requests, "provider", ZOOM)),
            unit="reqps",
        ),
        parts(
            "Requests by Outcome",
            "Finished requests per second.",
            by("status", per_second(ocr_requests, "status", ZOOM)),
            unit="reqps",
        ),
        times(
            "Image Size",
            "Size of the images sent to OCR.",
            {f"p{p}": quantile(p / 100, ocr_image_size, "job", ZOOM) for p in (50, 95)},
            unit="bytes",
        ),
        rates("Rate Limited", "Requests refused by the rate limit.", per_second(ocr_rate_limited, "job", ZOOM)),
    ],
)
ocr_quality = Row(
    "Quality",
    [
        shares(
            "Confidence by Engine", "Mean confidence of the results; 0 while idle.", by("provider", ocr_avg_confidence)
        ),
        shares(
            "Confidence by Kind of Item",
            "Mean confidence of what was recognised; 0 while there is none.",
            by("item_type", mean(ocr_item_confidence, "item_type", ZOOM)),
        ),
        StateTimeline(
            "Models Loaded",
            "Whether an engine's model is in memory on every instance.",
            by("provider", f"min by (provider) ({ocr_model_loaded})"),
            unit="none",
            mappings={0: ("not loaded", "orange"), 1: ("loaded", "green")},
        ),
    ],
)
ocr_performance = board(
    OCR_PERFORMANCE,
    [ocr_now, ocr_time, ocr_traffic, ocr_quality],
    description="How fast, how much and how well the engines read.",
    variables=[provider],
)

# Error Analysis

errors_now = Row(
    "Now",
    [
        share("Platform Error Ratio", "Failed share of OCR and vision requests.", platform_error_ratio),
        share("OCR Error Ratio", "Failed share of OCR requests.", ocr_error_ratio),
        share("Vision Error Ratio", "Failed share of vision requests.", vision_error_ratio),
        share("Comparisons Failed", "Failed share of comparisons.", compare_failure_ratio),
        share("Comparisons not Found", "Share without their candidate.", compare_not_found_ratio, thresholds=NEUTRAL),
        number("Rejections", "Inputs refused per second.", input_rejection_rate, unit="cps", thresholds=NEUTRAL),
    ],
)
errors_failed = Row(
    "What fails",
    [
        parts("Errors by Code", "Failed requests of OCR, vision and analysis.", by("code", errors_by_code_per_second)),
        parts(
            "Errors by Provider",
            "Failed requests by our or the provider's fault.",
            by("provider", provider_errors_per_second),
        ),
        parts(
            "OCR Errors by Stage",
            "Where in the pipeline OCR fails.",
            by("stage", per_second(ocr_errors, "stage", ZOOM)),
        ),
        parts(
            "Analysis Errors by Stage",
            "Where an analysis fails.",
            by("stage", per_second(analysis_errors, "stage", ZOOM)),
        ),
        Table(
            "Top OCR Errors of the Hour",
            "The ten largest combinations of provider, code and stage.",
            Query(f"topk(10, sum by (provider, code, stage) (increase({ocr_errors}[1h])))", "Errors"),
            columns={"provider": "Provider", "code": "Code", "stage": "Stage"},
            unit="short",
            decimals=0,
        ),
        shares(
            "Smoothed Error Rate",
            "Failed share of the latest requests as the service itself sees it (alpha 0.2).",
            by("service", f"max by (service) ({error_rate_ema})"),
            thresholds=[(None, "green"), (0.1, "red")],
        ),
    ],
)
errors_refused = Row(
    "What is refused",
    [
        BarGauge(
            "Rejections by Reason", "Inputs refused.", by("reason", rejection_rate_by_reason), unit="cps", width=12
        ),
        parts(
            "Analyses Refused",
            "Drawings refused before their analysis.",
            by("reason", per_second(analysis_rejections, "reason", ZOOM)),
        ),
        parts(
            "Comparisons by Outcome",
            "Finished comparisons per second.",
            by("status", per_second(compare_requests, "status", ZOOM)),
            unit="reqps",
        ),
        counts(
            "Model Files Refused",
            "Model files that failed a security check.",
            by("reason", f"sum by (reason) (increase({model_security_fail}[{ZOOM}]))"),
        ),
    ],
)
error_analysis = board(
    ERROR_ANALYSIS,
    [errors_now, errors_failed, errors_refused],
    description="Which requests fail, where and why.",
    variables=[any_provider],
)

# Resource Utilization

BUSY = f"rate(process_cpu_seconds_total[{ZOOM}])"
resources_now = Row(
    "Now",
    [
        number(
            "Memory",
            "Of the largest instance; a worker may use 2 GiB.",
            "max by (job) (process_resident_memory_bytes)",
            unit="bytes",
            thresholds=[(None, "green"), (1.5 * 2**30, "orange"), (2 * 2**30, "red")],
        ),
        number("Processor", "Busy cores.", f"sum by (job) ({BUSY})", thresholds=NEUTRAL),
        share(
            "Open Files",
            "Most handles of an instance, as a share of those that each is allowed.",
            "max by (job) (process_open_fds) / min by (job) (process_max_fds)",
            thresholds=[(None, "green"), (0.7, "orange"), (0.9, "red")],
        ),
        number(
            "Stored Results",
            "Files in the store of analysis results.",
            f"max by (job) ({analysis_result_store_files})",
            decimals=0,
            thresholds=[(None, "green"), (25_000, "orange"), (50_000, "red")],
        ),
        number(
            "Index Age",
            "Time since the search index was built.",
            f"max by (job) ({faiss_index_age})",
            unit="s",
            thresholds=[(None, "green"), (1_800, "orange"), (3_600, "red")],
        ),
        number(
            "Model Snapshots",
            "Earlier models that a rollback could use.",
            f"min by (job) ({model_snapshots_available})",
            decimals=0,
            thresholds=[(None, "red"), (1, "orange"), (2, "green")],
        ),
    ],
)
resources_processes = Row(
    "Processes",
    [
        counts(
            "Resident Memory",
            "Memory of the instances: choose some of them above to see these alone.",
            of_instances("process_resident_memory_bytes"),
            unit="bytes",
        ),
        BarGauge(
            "Largest Instances",
            "The five with the most memory now.",
            by("instance", "topk(5, process_resident_memory_bytes)"),
            unit="bytes",
        ),
        counts(
            "Processor Time",
            "Busy cores of the instances: all together, and the mean.",
            {aggregate: f"{op} by (job) ({BUSY})" for aggregate, op in (("all", "sum"), ("mean", "avg"))},
        ),
        BarGauge(
            "Busiest Instances", "The five with most busy cores now.", by("instance", f"topk(5, {BUSY})"), unit="short"
        ),
        counts("Open File Handles", "Handles of the instances.", of_instances("process_open_fds")),
        rates(
            "Garbage Collections",
            "Collections by generation; many of generation 2 cost time.",
            by("generation", per_second("python_gc_collections_total", "generation", ZOOM)),
            unit="ops",
        ),
    ],
)
resources_caches = Row(
    "Caches",
    [
        shares(
            "Cache Hit Ratios",
            "Share of look-ups that each cache answers; 0 while idle.",
            {
                "OCR": ocr_cache_hit_ratio,
                "analysis": analysis_cache_hit_ratio,
                "classifier": classification_cache_hit_ratio,
                "features": feature_cache_hit_ratio,
            },
        ),
        counts(
            "Cache Sizes",
            "Entries of all instances, and the size that tuning recommends.",
            {
                "classifier": f"sum by (job) ({classification_cache_size})",
                "features": f"sum by (job) ({feature_cache_size})",
                "features, recommended": f"max by (job) ({feature_cache_recommended_capacity})",
            },
        ),
        rates(
            "Feature Cache Evictions",
            "Entries dropped for room.",
            per_second(feature_cache_evictions, "job", ZOOM),
            unit="ops",
        ),
        times(
            "Feature Cache Look-up p99",
            "Time of all but one look-up in a hundred.",
            quantile(0.99, feature_cache_lookup, "job", ZOOM),
        ),
        times("Classification p95", "Time of 19 in 20 classifications.", classification_p95_latency),
        rates(
            "Classifications Rate Limited",
            "Refused per minute by the rate limit; above 5 there is an alert.",
            f"60 * {per_second(classification_rate_limited, 'job', ZOOM)}",
            unit="cpm",
        ),
    ],
)
resources_models = Row(
    "Models and drawings",
    [
        times(
            "Analysis Stage Duration",
            "Mean time of each stage of an analysis.",
            by("stage", analysis_avg_stage_duration),
            stacked=True,
        ),
        times(
            "Feature Extraction p95",
            "Time to extract the features of a drawing, by layout.",
            by("version", quantile(0.95, feature_extraction_latency, "version", ZOOM)),
        ),
        counts(
            "Model Reloads",
            "Reloads by outcome, and rollbacks.",
            {
                "rollback": f"sum by (job) (increase({model_rollback}[{ZOOM}]))",
                **by("status", f"sum by (status) (increase({model_reload}[{ZOOM}]))"),
            },
        ),
        parts(
            "Vector Migration",
            "Vectors per second, by what became of them.",
            by("status", per_second(vector_migrate, "status", ZOOM)),
        ),
        shares(
            "Drift",
            "Nine of ten drift scores of the last hour are at most this; above 0.3 there is an alert.",
            {"materials": material_drift_p90, "predictions": classification_drift_p90},
            thresholds=[(None, "green"), (0.3, "red")],
        ),
        times(
            "Baseline Age",
            "Time since the drift baselines were taken.",
            {
                "materials": f"max by (job) ({baseline_material_age})",
                "predictions": f"max by (job) ({baseline_prediction_age})",
            },
        ),
    ],
)
resource_utilization = board(
    RESOURCES,
    [resources_now, resources_processes, resources_caches, resources_models],
    description="What the platform uses: memory, processor, files, caches, models.",
)

# SLO Tracking


def burn_rate(window: str) -> dict[str, str]:
    """How many times too fast each SLO's budget is spent: 1 spends it in exactly 30 days."""
    allowed = f'(1 - max by (slo) (slo:objective:ratio{{spec="{NAME}"}}))'
    return by("slo", f'max by (slo) (slo:error_ratio:rate{window}{{spec="{NAME}"}}) / on (slo) {allowed}')


burns = partial(TimeSeries, unit="none", min=0)

slo_now = Row(
    "Now",
    [
        slo_compliance,
        budget_left,
        Stat(
            "Promised",
            "The objective of each SLO.",
            by("slo", f'max by (slo) (slo:objective:ratio{{spec="{NAME}"}})'),
            unit="percentunit",
            decimals=2,
            sparkline=False,
            thresholds=NEUTRAL,
            width=8,
            height=5,
        ),
    ],
)
slo_speed = Row(
    "How fast the budgets are spent",
    [
        burns("Burn Rate over 1 h", "1 spends the budget in 30 days; at 14.4 somebody is woken.", burn_rate("1h")),
        burns("Burn Rate over 6 h", "1 spends the budget in 30 days; at 6 somebody is woken.", burn_rate("6h")),
        burns("Burn Rate over 1 d", "1 spends the budget in 30 days; at 3 there is a message.", burn_rate("1d")),
        burns("Burn Rate over 3 d", "1 spends the budget in 30 days; above there is a message.", burn_rate("3d")),
    ],
)
slo_budgets = Row(
    "Budgets",
    [
        TimeSeries(
            "Error Budget over Time",
            "What is left of each budget: 1 is untouched, 0 is spent, below 0 is overdrawn.",
            by("slo", error_budget_remaining),
            unit="percentunit",
            max=1,
            thresholds=BUDGET_COLOURS,
        ),
        TimeSeries(
            "Error Budget in Three Days",
            "What will be left if it goes on like the last day.",
            by("slo", f"predict_linear({error_budget_remaining}[1d], 3 * 86400)"),
            unit="percentunit",
            max=1,
            thresholds=BUDGET_COLOURS,
        ),
        rates(
            "Failed Share over 5 min",
            "The newest view of each SLO, by provider where each has a budget of its own.",
            {"{{slo}} {{provider}}": f'slo:error_ratio:rate5m{{spec="{NAME}"}}'},
            unit="percentunit",
        ),
        parts(
            "What Spends the Budgets",
            "Failed requests by code; input_error spends nothing.",
            by("code", f'{errors_by_code_per_second}{{code!="{ErrorCode.INPUT_ERROR}"}}'),
        ),
    ],
)
slo_policy = Row(
    "What follows",
    [
        Text(
            "Error Budget Policy",
            "What follows from what is left.",
            "Above 50 %: release as you like. Below 50 %: risky changes wait. Below 20 %: only fixes. "
            "Spent: only fixes of reliability, until the budget has recovered.",
        )
    ],
)
slo_tracking = board(
    SLO_TRACKING,
    [slo_now, slo_speed, slo_budgets, slo_policy],
    description="What was promised, what was kept, how long the budgets last.",
    since="6h",
)

DASHBOARDS = [overview, ocr_performance, error_analysis, resource_utilization, slo_tracking]


# ---------------------------------------------------------------------------------------------------------------------
# Routing, deployment, and the spec that holds everything
# ---------------------------------------------------------------------------------------------------------------------

incidents = Slack("#cad-ml-incidents", api_url_file="/etc/alertmanager/secrets/slack_url")
messages = Slack("#cad-ml-platform", api_url_file="/etc/alertmanager/secrets/slack_url")
mail = Email("platform-team@example.com")
pager = PagerDuty(routing_key_file="/etc/alertmanager/secrets/pagerduty_key")

critical = Receiver("critical-page", [pager, incidents, mail])
warning = Receiver("warning-slack", [messages])
info = Receiver("info-mail", [mail])

routing = Routing(
    info,
    [
        Route(critical, severity=Severity.CRITICAL, group_wait="10s", repeat_interval="1h"),
        Route(warning, severity=Severity.WARNING, group_wait="30s", repeat_interval="4h"),
        Route(info, severity=Severity.INFO, group_wait="5m", repeat_interval="1d"),
    ],
    group_by=["alertname", "job", "component"],
    group_wait="30s",
    group_interval="5m",
    repeat_interval="4h",
    smtp=Smtp(
        "smtp.example.com:587",
        sender="alerts@example.com",
        username="alerts@example.com",
        password_file="/etc/alertmanager/secrets/smtp_password",
    ),
)

deployment = Deployment(
    JOB,
    targets=[TARGET],
    scrape_interval="15s",
    evaluation_interval="30s",
    runbook_base_url=f"{DOCUMENTATION}/runbooks",
    dashboard_base_url="https://grafana.example.com",
    absence_alerts=False,  # MetricsAbsent is ours
    namespace="cad-ml-platform",
    image="cad-ml-platform:1.0.0",
    port=8000,
)

# ---------------------------------------------------------------------------------------------------------------------
# Events, and what is healthy
# ---------------------------------------------------------------------------------------------------------------------

EVENTS = [
    Event(
        "circuit.changed",
        "A provider's circuit opened, closed, or lets a probe through.",
        metadata=[circuit, circuit_state, "previous"],
        level="warning",
    ),
    Event(
        "model.reloaded",
        "Another model file is in use.",
        measurements=["rules"],
        metadata=["version"],
        updates=[Count(model_reload, labels={"status": "success"})],
    ),
    Event(
        "model.refused",
        "A model file, or a rollback, was refused.",
        metadata=[reload_status],
        level="warning",
        updates=[Count(model_reload)],
    ),
    Event(
        "model.rolled_back",
        "An earlier model is in use again.",
        metadata=[rollback_level, "version"],
        level="warning",
        updates=[Count(model_rollback), Count(model_reload, labels={"status": "rolled_back"})],
    ),
    Event(
        "request.crashed",
        "A request ended with an error that the service did not expect.",
        metadata=[ErrorCode.label, "method", "path"],
        error=True,
        rate_limit=50,
    ),
]

HEALTH_CHECKS = [
    HealthCheck("circuits", "The circuit of each provider is closed.", probes=[]),
    HealthCheck("ocr_capacity", "An OCR provider takes requests.", probes=["ready"], reason="no_ocr_provider"),
]


spec = Spec(
    NAME,
    owner=PLATFORM_TEAM,
    title="CAD ML Platform",
    description="Reads CAD drawings (OCR), describes them (vision), analyses and compares them.",
    metrics=METRICS,
    error_codes=ErrorCode,
    operations=OPERATIONS,
    events=EVENTS,
    health_checks=HEALTH_CHECKS,
    health=Health(cache="0s"),
    logging=Logging("info", quiet=["uvicorn.access", "httpx", "httpcore"]),
    recording_rules=RECORDING_RULES,
    slos=SLOS,
    alerts=ALERTS,
    runbooks=RUNBOOKS,
    dashboards=DASHBOARDS,
    routing=routing,
    deployment=deployment,
)
