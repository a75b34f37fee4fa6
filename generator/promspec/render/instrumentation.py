"""The generated instrumentation package as files: one template per module, and the runtime copied unchanged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

from promspec.files import GeneratedFile, header
from promspec.plan.error_codes import ErrorCodesPlan, MatchPlan
from promspec.plan.instrumentation import (
    InstrumentationPlan,
    LabelPlan,
    MetricPlan,
    OperationPlan,
)
from promspec.render.methods import label_parameters, methods_of
from promspec.render.python import bracketed, docstring, literal, text_argument
from promspec.render.signals import render_signals, signal_modules
from promspec.render.templating import fill

_FOLDER = "instrumentation"
_FUNCTIONS = ("deltas", "exposition", "metrics_app", "register", "scrape")


@dataclass(frozen=True, slots=True)
class _Method:
    signature: str
    docstring: str
    body: str


@dataclass(frozen=True, slots=True)
class _Class:
    name: str
    base: str
    docstring: str
    methods: tuple[_Method, ...]


@dataclass(frozen=True, slots=True)
class _Object:
    """A module-level object: its class, its variable and the arguments it is made with, one per line."""

    cls: _Class
    variable: str
    docstring: str
    arguments: tuple[str, ...]


def render_instrumentation(plan: InstrumentationPlan, source: str) -> tuple[GeneratedFile, ...]:
    """All files of the package, and the `__init__.py` of the output folder above it."""
    top = header(source)
    texts = {
        "__init__.py": top + "\n" + _doc(plan, "What was generated for {}.") + "\n",
        f"{_FOLDER}/__init__.py": _package_init(plan, top),
        f"{_FOLDER}/_package.py": fill("instrumentation/_package.py.jinja", header=top, plan=plan),
        f"{_FOLDER}/metrics.py": _metrics(plan, top),
        f"{_FOLDER}/py.typed": "",
    }
    if plan.aliases:
        aliases = [
            (
                bracketed(f"{alias.name}: TypeAlias = Literal[", [literal(value) for value in alias.values], "]", 0),
                docstring(alias.help or f"The values of the label {alias.label}.", 0),
            )
            for alias in plan.aliases
        ]
        texts[f"{_FOLDER}/labels.py"] = fill("instrumentation/labels.py.jinja", header=top, aliases=aliases)
    if plan.error_codes is not None:
        texts[f"{_FOLDER}/error_codes.py"] = _error_codes(plan.error_codes, top)
    if plan.operations:
        texts[f"{_FOLDER}/operations.py"] = _operations(plan, top)
    dropped = _metric(plan.dropped) if plan.dropped is not None else None
    for name, text in render_signals(plan.signals, plan.title, top, dropped).items():
        texts[f"{_FOLDER}/{name}"] = text
    for name, text in _runtime().items():
        texts[f"{_FOLDER}/_runtime/{name}"] = f"{top}\n{text}"
    return tuple(GeneratedFile(path, texts[path]) for path in sorted(texts))


def _runtime() -> dict[str, str]:
    folder = resources.files("promspec.runtime")
    return {item.name: item.read_text("utf-8") for item in folder.iterdir() if item.name.endswith(".py")}


def _doc(plan: InstrumentationPlan, sentence: str) -> str:
    return docstring(sentence.format(plan.title), 0)


def _package_init(plan: InstrumentationPlan, top: str) -> str:
    modules = sorted([*(["labels"] if plan.aliases else []), "metrics", *signal_modules(plan.signals)])
    operations = sorted((operation.variable for operation in plan.operations), key=_natural)
    codes = ["ErrorCode", "code_of"] if plan.error_codes is not None else []
    public = [*codes[:1], *sorted([*modules, *codes[1:], *_FUNCTIONS, *operations], key=_natural)]
    return fill(
        "instrumentation/__init__.py.jinja",
        header=top,
        docstring=_doc(plan, "The instrumentation of {}: what its code imports to be observed."),
        modules=", ".join(modules),
        codes=codes,
        operations=bracketed("from .operations import ", operations, "", 0)
        if len(f"from .operations import {', '.join(operations)}") <= 120
        else bracketed("from .operations import (", [*operations], ")", 0),
        has_operations=bool(operations),
        public=bracketed("__all__ = [", [literal(name) for name in public], "]", 0),
    )


def _natural(name: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"\d+|\D+", name)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]


def _uses(labels: list[LabelPlan], prefix: str) -> bool:
    return any(label.type.startswith(prefix) for label in labels)


def _metrics(plan: InstrumentationPlan, top: str) -> str:
    labels = [label for metric in plan.metrics for label in metric.labels]
    return fill(
        "instrumentation/metrics.py.jinja",
        header=top,
        docstring=_doc(plan, "The metrics of {}, each under its own name."),
        metrics=[_metric(metric) for metric in plan.metrics],
        uses_labels=_uses(labels, "labels."),
        uses_codes=_uses(labels, "ErrorCode"),
    )


def _metric(metric: MetricPlan) -> _Object:
    methods = [
        _Method(
            bracketed(f"def {method.name}(", method.parameters, f") -> {method.result}:", 4),
            docstring(method.help, 8),
            f"\n{' ' * 8}".join(method.body),
        )
        for method in methods_of(metric)
    ]
    arguments = [
        "package,",
        f"name={literal(metric.name)},",
        text_argument("help", metric.help, 4),
        bracketed("labels=[", [_label(label) for label in metric.labels], "],", 4),
    ]
    if metric.kind == "histogram":
        arguments.append(bracketed("buckets=[", [_float(bound) for bound in metric.buckets], "],", 4))
        arguments.extend(['least=float("-inf"),'] if metric.negative else [])
    if metric.kind != "info":
        arguments.extend([] if metric.zero else ["zero=False,"])
    if metric.aggregation not in ("", "sum"):
        arguments.append(f"aggregation={literal(metric.aggregation)},")
    base = f"families.{metric.kind.capitalize()}"
    cls = _Class(metric.class_name, base, docstring(metric.help, 4), tuple(methods))
    return _Object(cls, metric.variable, docstring(metric.help, 0), tuple(arguments))


def _label(label: LabelPlan) -> str:
    if not label.closed:
        own = [literal(label.name), str(label.max_values), literal(label.overflow)]
        return bracketed("families.Open(", own, ")", 8)
    return bracketed("families.Closed(", [literal(label.name), label.type], ")", 8)


def _float(bound: str) -> str:
    return bound.replace("e+", "e")


def _error_codes(plan: ErrorCodesPlan, top: str) -> str:
    return fill(
        "instrumentation/error_codes.py.jinja",
        header=top,
        docstring=docstring(plan.help or "What can go wrong.", 4),
        codes=[
            {
                "member": code.member,
                "value": literal(code.value),
                "help": docstring(code.help, 4) if code.help else "",
                "severity": literal(code.severity),
                "action": text_argument("action", code.action, 8),
                "spends_budget": code.spends_budget,
            }
            for code in plan.codes
        ],
        matches=[_match(match) for match in plan.matches],
        fallback=plan.fallback,
    )


def _match(match: MatchPlan) -> str:
    items = [literal(match.exception), f"ErrorCode.{match.member}"]
    if match.message is not None:
        items.append(text_argument("message", match.message, 12).removesuffix(","))
    if match.attributes:
        pairs = [f"({literal(name)}, {_constant(value)})" for name, value in match.attributes]
        items.append(bracketed("attributes=[", pairs, "]", 12))
    if match.stage is not None:
        items.append(f"stage={literal(match.stage)}")
    return bracketed("Match(", items, ")", 8)


def _constant(value: str | int | bool) -> str:
    return literal(value) if isinstance(value, str) else str(value)


def _operations(plan: InstrumentationPlan, top: str) -> str:
    types = [label.type for operation in plan.operations for label in operation.context]
    types += [kind for operation in plan.operations for kind in (operation.outcome_type, operation.stage_type)]
    made = [(_request(operation, plan), _operation(operation, plan)) for operation in plan.operations]
    uses_metrics = any("metrics." in line for _, made_object in made for line in made_object.arguments)
    modules = [
        name
        for name, used in (("labels", any(t.startswith("labels.") for t in types)), ("metrics", uses_metrics))
        if used
    ]
    return fill(
        "instrumentation/operations.py.jinja",
        header=top,
        docstring=_doc(plan, "The operations of {}: `with operation.track(...) as request:`."),
        operations=made,
        modules=", ".join(modules),
        uses_codes=plan.error_codes is not None,
    )


def _request(operation: OperationPlan, plan: InstrumentationPlan) -> _Class:
    methods = []
    if operation.stage_type:
        signature = f"def stage(self, stage: {operation.stage_type}) -> tracking.StageTimer:"
        text = "Measure a stage: `with request.stage(...):`. An error is counted under the last one entered."
        methods.append(_Method(signature, docstring(text, 8), "return self._stage(stage)"))
    if operation.outcome_type:
        text = "Say how the work ended, if not with success; an exception overrides it."
        signature = f"def outcome(self, outcome: {operation.outcome_type}) -> None:"
        methods.append(_Method(signature, docstring(text, 8), "self._outcome(outcome)"))
    code = "code" if plan.error_codes is not None else ""
    signature = f"def fail(self{', code: ErrorCode' if code else ''}) -> None:"
    text = "Count the work as failed, whether or not an exception ends it."
    methods.append(_Method(signature, docstring(text, 8), f"self._fail({code})"))
    text = f"One running {operation.name}."
    return _Class(operation.request_class, "tracking.Request", docstring(text, 4), tuple(methods))


def _operation(operation: OperationPlan, plan: InstrumentationPlan) -> _Object:
    signature = bracketed(
        "def track(", ["self", *label_parameters(operation.context)], f") -> {operation.request_class}:", 4
    )
    values = [label.parameter for label in operation.context]
    body = bracketed(f"return {operation.request_class}(", ["self", *values], ")", 8)
    track = _Method(signature, docstring("Count, time and classify what happens in the block.", 8), body)
    arguments = ["package,", bracketed("context=[", [literal(label.name) for label in operation.context], "],", 4)]
    for role in ("requests", "errors", "duration", "stages"):
        variable = getattr(operation, role)
        arguments += [f"{role}=metrics.{variable},"] if variable is not None else []
    for word in ("outcome_label", "code_label", "stage_label", "success", "failure", "rejected", "cancelled"):
        text = getattr(operation, word)
        arguments += [f"{word}={literal(text)},"] if text is not None else []
    if plan.error_codes is not None:
        arguments += ["code_of=exception_map.find,", "fallback=exception_map.fallback,"]
    help = operation.help or f"The operation {operation.name}."
    cls = _Class(operation.class_name, "tracking.Operation", docstring(help, 4), (track,))
    return _Object(cls, operation.variable, docstring(help, 0), tuple(arguments))
