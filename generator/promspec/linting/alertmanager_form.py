"""Rules on the form of Alertmanager configurations: fields, durations, and times of the day and the week.

Source: https://prometheus.io/docs/alerting/latest/configuration/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promspec.linting.model import Alertmanager, Subject
from promspec.linting.nodes import Node
from promspec.linting.view import Complaint, View, rule
from promspec.problems import Level, near_miss, one_of
from promspec.quantities import milliseconds

_TOP = (
    *("route", "receivers", "inhibit_rules", "global", "templates", "time_intervals", "mute_time_intervals"),
    *("tracing",),
)
_ROUTE = (
    *("receiver", "matchers", "group_by", "group_wait", "group_interval", "repeat_interval", "routes", "continue"),
    *("match", "match_re", "mute_time_intervals", "active_time_intervals"),
)
_INHIBITION = (
    *("source_matchers", "target_matchers", "equal", "source_match", "source_match_re", "target_match"),
    *("target_match_re", "name"),
)
_INTEGRATIONS: dict[str, tuple[str, ...]] = {
    "webhook_configs": ("url", "url_file", "max_alerts", "timeout", "payload"),
    "slack_configs": (
        *("channel", "api_url", "api_url_file", "title", "title_link", "text", "pretext", "color", "actions"),
        *("fields", "short_fields", "fallback", "footer", "username", "icon_url", "icon_emoji", "image_url"),
        *("thumb_url", "callback_id", "link_names", "mrkdwn_in", "message_text", "app_token", "app_token_file"),
    ),
    "email_configs": (
        *("to", "from", "smarthost", "hello", "html", "headers", "text", "auth_username", "auth_password"),
        *("auth_password_file", "auth_secret", "auth_secret_file", "auth_identity", "require_tls", "tls_config"),
        *("force_implicit_tls", "threading"),
    ),
    "pagerduty_configs": (
        *("routing_key", "routing_key_file", "service_key", "service_key_file", "description", "severity", "url"),
        *("client", "client_url", "details", "images", "links", "source", "class", "component", "group", "timeout"),
    ),
    "opsgenie_configs": (
        *("api_key", "api_key_file", "api_url", "message", "description", "responders", "priority", "tags", "note"),
        *("source", "details", "actions", "entity", "update_alerts"),
    ),
    "telegram_configs": (
        *("bot_token", "bot_token_file", "chat_id", "chat_id_file", "message", "message_thread_id", "parse_mode"),
        *("api_url", "disable_notifications"),
    ),
    **dict.fromkeys(("pushover_configs", "victorops_configs", "sns_configs", "wechat_configs", "webex_configs"), ()),
    **dict.fromkeys(("jira_configs", "rocketchat_configs", "msteams_configs", "msteamsv2_configs"), ()),
    **dict.fromkeys(("discord_configs", "incidentio_configs", "mattermost_configs"), ()),
}
"""The kinds of receivers with fields of theirs, for near misses: there are more, and each release adds some."""
_COMMON = ("send_resolved", "http_config")
_GLOBAL = (
    *("resolve_timeout", "http_config", "slack_api_url", "slack_api_url_file", "smtp_smarthost", "smtp_from"),
    *("smtp_hello", "smtp_auth_username", "smtp_auth_password", "smtp_auth_password_file", "smtp_require_tls"),
    *("pagerduty_url", "opsgenie_api_key", "opsgenie_api_key_file", "opsgenie_api_url", "victorops_api_key"),
    *("smtp_auth_identity", "smtp_auth_secret", "smtp_auth_secret_file", "smtp_tls_config", "telegram_api_url"),
    *("victorops_api_key_file", "victorops_api_url", "wechat_api_url", "wechat_api_secret", "wechat_api_corp_id"),
    *("wechat_api_secret_file", "webex_api_url", "jira_api_url", "rocketchat_api_url", "rocketchat_token"),
    *("rocketchat_token_file", "rocketchat_token_id", "rocketchat_token_id_file", "smtp_force_implicit_tls"),
    *("slack_app_token", "slack_app_token_file", "slack_app_url", "telegram_bot_token", "telegram_bot_token_file"),
    *("mattermost_webhook_url", "mattermost_webhook_url_file"),
)
_DURATIONS = ("group_wait", "group_interval", "repeat_interval")
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")
_CLOSE = 0.75
"""So alike are two words of which one is taken for the other misspelt."""


@rule("alertmanager/field", Level.ERROR)
def fields(view: View) -> Iterator[Complaint]:
    """An Alertmanager configuration has the fields that Alertmanager knows, with values of their kind."""
    for config in view.files.alertmanagers:
        top = Subject("file", "alertmanager", config.node)
        yield from _unknown(top, config.node, _TOP, "a configuration")
        settings = config.node.get("global")
        if settings is not None:
            yield from _misspelt(top, settings, _GLOBAL, "global")
            yield from _wrong_durations(top, settings, ("resolve_timeout",))
        for route in config.routes:
            yield from _unknown(route.subject, route.subject.node, _ROUTE, "a route")
            yield from _wrong_durations(route.subject, route.subject.node, _DURATIONS)
        for inhibition in config.inhibitions:
            yield from _unknown(inhibition.subject, inhibition.subject.node, _INHIBITION, "an inhibition")
        yield from (said for receiver in config.receivers for said in _receiver(receiver))
        yield from _intervals(config)


def _unknown(subject: Subject, node: Node, known: tuple[str, ...], what: str) -> Iterator[Complaint]:
    for key, _ in node.pairs:
        if key.text not in known and not key.text.startswith("x-"):
            remedy = near_miss(key.text, known) or f"{what} has {one_of(known[:7])}"
            yield Complaint(subject, f"{what} has no field {key.text}", remedy, key.place())


def _misspelt(subject: Subject, node: Node, known: tuple[str, ...], what: str) -> Iterator[Complaint]:
    """Fields that are nearly one that is known: not all are listed here."""
    for key, _ in node.pairs:
        near = near_miss(key.text, known, _CLOSE) if key.text not in known else ""
        if near:
            yield Complaint(subject, f"{what} has no field {key.text}", near, key.place())


def _wrong_durations(subject: Subject, node: Node, keys: tuple[str, ...]) -> Iterator[Complaint]:
    for key in keys:
        value = node.get(key)
        if value is None or "{{" in value.text:
            continue
        try:
            milliseconds(value.text)
        except (ValueError, ArithmeticError):
            text = f"{key}: {value.text!r} is no duration"
            yield Complaint(subject, text, "write such as 30s, 5m or 4h", value.place())


def _receiver(receiver: Subject) -> Iterator[Complaint]:
    yield from _unknown(receiver, receiver.node, ("name", *_INTEGRATIONS), "a receiver")
    for kind, known in _INTEGRATIONS.items():
        for each in receiver.node.each(kind) if known else ():
            yield from _misspelt(receiver, each, (*known, *_COMMON), f"one of the {kind}")


def _intervals(config: Alertmanager) -> Iterator[Complaint]:
    for key in ("time_intervals", "mute_time_intervals"):
        for interval in config.node.each(key):
            subject = Subject("interval", interval.string("name"), interval)
            yield from _unknown(subject, interval, ("name", "time_intervals"), "a time interval")
            for part in interval.each("time_intervals"):
                yield from _days(subject, part)
                yield from (said for times in part.each("times") for said in _times(subject, times))


def _days(subject: Subject, part: Node) -> Iterator[Complaint]:
    for day in part.each("weekdays"):
        for word in day.text.split(":"):
            if word.strip().lower() not in _DAYS:
                remedy = near_miss(word.strip().lower(), _DAYS) or "write such as monday or monday:friday"
                yield Complaint(subject, f"{word!r} is no day of the week", remedy, day.place())


def _times(subject: Subject, times: Node) -> Iterator[Complaint]:
    start, end = times.get("start_time"), times.get("end_time")
    for time in (start, end):
        if time is not None and not _CLOCK.fullmatch(time.text):
            yield Complaint(
                subject, f"{time.text!r} is no time", "write hours and minutes in quotes: '08:00'", time.place()
            )
            return
    if start is not None and end is not None and start.text >= end.text:
        text = f"the interval ends at {end.text}, before it begins at {start.text}"
        remedy = f"write two: {start.text} to 24:00, and 00:00 to {end.text}"
        yield Complaint(subject, text, remedy, end.place())


@rule("interval/unused", Level.WARNING)
def unused(view: View) -> Iterator[Complaint]:
    """A route names every time interval."""
    for config in view.files.alertmanagers:
        used = {interval.text for route in config.routes for interval in route.intervals}
        for key in ("time_intervals", "mute_time_intervals"):
            for interval in config.node.each(key):
                name = interval.string("name")
                if name and name not in used:
                    text = f"no route names the time interval {name!r}"
                    remedy = "name it in a route: mute_time_intervals or active_time_intervals; or take it out"
                    yield Complaint(Subject("interval", name, interval), text, remedy, interval.place_of("name"))
