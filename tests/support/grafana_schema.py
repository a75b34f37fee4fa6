"""The classes of grafana-foundation-sdk read as a schema: JSON keys, types and enums of every part of a dashboard."""

from __future__ import annotations

import enum
import inspect
import re
import sys
import types
import typing
import warnings
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it prefers the v2 model, which Grafana cannot provision yet
    from grafana_foundation_sdk.cog import plugins, runtime, variants
    from grafana_foundation_sdk.models import dashboard as model

plugins.register_default_plugins()
_KEY = re.compile(r'(?:"(\w+)"|payload\["(\w+)"\]):? (?:= )?self\.(\w+)')


def schema_faults(dashboard: object) -> Iterator[str]:
    """Every place where a dashboard is not what the classes say: unknown keys, wrong types, unknown words."""
    yield from _check(dashboard, model.Dashboard, "dashboard", "")


def _check(value: Any, hint: Any, path: str, panel: str) -> Iterator[str]:
    """`panel` is the type of the panel that the value is a part of."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        yield from _check_union(value, arguments, path, panel)
    elif origin is typing.Literal:
        if value not in arguments:
            yield f"{path}: {value!r} is none of {arguments}"
    elif origin is list:
        yield from _check_list(value, arguments[0], path, panel)
    elif origin is dict:
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no object"
        else:
            for key, item in value.items():
                yield from _check(item, arguments[1], f"{path}.{key}", panel)
    elif isinstance(hint, type) and hint is not object:
        yield from _check_type(value, hint, path, panel)


def _check_list(value: Any, hint: Any, path: str, panel: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: {value!r} is no list"
        return
    for index, item in enumerate(value):
        yield from _check(item, hint, f"{path}[{index}]", panel)


def _check_union(value: Any, members: tuple[Any, ...], path: str, panel: str) -> Iterator[str]:
    if value is None and type(None) in members:
        return
    wanted = [member for member in members if member is not type(None)]
    if isinstance(value, dict) and "type" in value and len(wanted) > 1:
        told = [member for member in wanted if _constant_type(member) == value["type"]]
        wanted = told or [member for member in wanted if _constant_type(member) is None]
        if not wanted:
            yield f"{path}.type: {value['type']!r} is no known type"
            return
    yield from min((list(_check(value, member, path, panel)) for member in wanted), key=len)


@lru_cache
def _constant_type(member: Any) -> str | None:
    """The value of `type` that marks a member of a union, if it has one."""
    if not (isinstance(member, type) and hasattr(member, "from_json")):
        return None
    made = member()
    return str(made.type_val) if getattr(made, "type_val", "") else None


def _check_type(value: Any, wanted: type, path: str, panel: str) -> Iterator[str]:
    if wanted is variants.Dataquery:
        yield from _check_query(value, path, panel)
    elif issubclass(wanted, enum.Enum):
        if isinstance(value, bool) or value not in [member.value for member in wanted]:
            yield f"{path}: {value!r} is none of {[member.value for member in wanted]}"
    elif hasattr(wanted, "from_json"):
        yield from _check_object(value, wanted, path, panel)
    elif wanted in (int, float):
        if isinstance(value, bool) or not isinstance(value, (int, float) if wanted is float else int):
            yield f"{path}: {value!r} is no {'number' if wanted is float else 'whole number'}"
    elif not isinstance(value, wanted):
        yield f"{path}: {value!r} is no {wanted.__name__}"


def _check_query(value: Any, path: str, panel: str) -> Iterator[str]:
    source = value.get("datasource") if isinstance(value, dict) else None
    if not isinstance(source, dict) or source.get("type") not in runtime.Runtime().dataquery_variants:
        yield f"{path}.datasource: {source!r} has no known type"
        return
    hook = runtime.Runtime().dataquery_variants[source["type"]].from_json_hook
    yield from _check_object(value, hook.__self__, path, panel)  # type: ignore[attr-defined]


def _check_object(value: Any, wanted: type, path: str, panel: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no {wanted.__name__}"
        return
    if wanted is model.Panel:
        panel = value.get("type", "")
        if runtime.panelcfg_config(panel) is None:
            yield f"{path}.type: {panel!r} is no known panel"
            return
    hints = _hints(wanted)
    for key, item in value.items():
        if key not in hints:
            yield f"{path}.{key}: {wanted.__name__} has no such key"
            continue
        yield from _check(item, _of_panel(wanted, key, panel) or hints[key], f"{path}.{key}", panel)


def _of_panel(wanted: type, key: str, panel: str) -> Any:
    """The class that the panel's plugin has for its options or custom field options."""
    config = runtime.panelcfg_config(panel)
    if wanted is model.Panel and key == "options" and config is not None:
        return getattr(config.options_from_json_hook, "__self__", None)
    if wanted is model.FieldConfig and key == "custom" and config is not None:
        return getattr(config.field_config_from_json_hook, "__self__", types.NoneType)
    return None


@lru_cache
def _hints(wanted: type) -> dict[str, Any]:
    """JSON key -> type, by what `to_json` writes."""
    hints = typing.get_type_hints(wanted, vars(sys.modules[wanted.__module__]))
    source = inspect.getsource(wanted.to_json)  # type: ignore[attr-defined]
    return {first or second: hints[name] for first, second, name in _KEY.findall(source)}
