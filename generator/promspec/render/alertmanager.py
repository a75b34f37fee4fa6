"""Writes `alertmanager.yml` and the texts of its notifications, `alertmanager.tmpl`."""

from __future__ import annotations

from typing import Any

from promspec import files
from promspec.files import GeneratedFile
from promspec.plan.alertmanager import (
    AlertmanagerPlan,
    EmailPlan,
    InhibitionPlan,
    MatcherPlan,
    PagerDutyPlan,
    ReceiverPlan,
    RoutePlan,
    SlackPlan,
    SmtpPlan,
    WebhookPlan,
)
from promspec.render import yaml
from promspec.render.templating import fill

_TEMPLATES = "alertmanager.tmpl"


def render_alertmanager(plan: AlertmanagerPlan, source: str) -> tuple[GeneratedFile, ...]:
    """The configuration and the templates it names, beside each other; secrets stay in the files it points to."""
    notes = [f"# {' '.join(note.split())}" for note in plan.notes]
    text = yaml.document("\n".join([files.header(source), *notes]), _configuration(plan))
    templates = fill("alertmanager.tmpl.jinja", header=f"{files.header(source, '{{/*')} */}}}}")
    return GeneratedFile("alertmanager.yml", text), GeneratedFile(_TEMPLATES, templates)


def _configuration(plan: AlertmanagerPlan) -> dict[str, Any]:
    return {
        **({"global": _smtp(plan.smtp)} if plan.smtp is not None else {}),
        "templates": [_TEMPLATES],
        "route": {
            "receiver": plan.default,
            **({"group_by": list(plan.group_by)} if plan.group_by else {}),
            "group_wait": plan.group_wait,
            "group_interval": plan.group_interval,
            "repeat_interval": plan.repeat_interval,
            **({"routes": [_route(route) for route in plan.routes]} if plan.routes else {}),
        },
        "receivers": [_receiver(receiver) for receiver in plan.receivers],
        **({"inhibit_rules": [_inhibition(rule) for rule in plan.inhibitions]} if plan.inhibitions else {}),
    }


def _smtp(smtp: SmtpPlan) -> dict[str, Any]:
    return {
        "smtp_smarthost": smtp.smarthost,
        "smtp_from": smtp.sender,
        **({"smtp_auth_username": smtp.username} if smtp.username is not None else {}),
        **({"smtp_auth_password_file": smtp.password_file} if smtp.password_file is not None else {}),
        "smtp_require_tls": smtp.require_tls,
    }


def _route(route: RoutePlan) -> dict[str, Any]:
    return {
        "receiver": route.receiver,
        "matchers": [_matcher(matcher) for matcher in route.matchers],
        **({"group_wait": route.group_wait} if route.group_wait is not None else {}),
        **({"repeat_interval": route.repeat_interval} if route.repeat_interval is not None else {}),
        **({"continue": True} if route.continue_ else {}),
    }


def _matcher(matcher: MatcherPlan) -> str:
    value = matcher.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{matcher.label}{matcher.operator}"{value}"'


def _inhibition(rule: InhibitionPlan) -> dict[str, Any]:
    return {
        "source_matchers": [_matcher(matcher) for matcher in rule.source],
        "target_matchers": [_matcher(matcher) for matcher in rule.target],
        "equal": list(rule.equal),
    }


def _receiver(receiver: ReceiverPlan) -> dict[str, Any]:
    ways = {
        "slack_configs": [_slack(way) for way in receiver.slack],
        "pagerduty_configs": [_pagerduty(way) for way in receiver.pagerduty],
        "email_configs": [_email(way) for way in receiver.email],
        "webhook_configs": [_webhook(way) for way in receiver.webhook],
    }
    return {"name": receiver.name, **{key: configs for key, configs in ways.items() if configs}}


def _slack(way: SlackPlan) -> dict[str, Any]:
    return {
        "api_url_file": way.api_url_file,
        "channel": way.channel,
        "send_resolved": way.send_resolved,
        "color": _use("promspec.slack.color"),
        "title": _use("promspec.slack.title"),
        "text": _use("promspec.slack.text"),
        "fallback": _use("promspec.slack.title"),
    }


def _pagerduty(way: PagerDutyPlan) -> dict[str, Any]:
    return {
        "routing_key_file": way.routing_key_file,
        "send_resolved": way.send_resolved,
        "description": _use("promspec.subject"),
        "severity": _use("promspec.pagerduty.severity"),
        "component": "{{ .CommonLabels.component }}",
        "group": "{{ .CommonLabels.spec }}",
        "class": "{{ .CommonLabels.alertname }}",
        "details": {
            "firing": _use("promspec.firing"),
            "resolved": _use("promspec.resolved"),
            "runbook": "{{ .CommonAnnotations.runbook_url }}",
            "dashboard": "{{ .CommonAnnotations.dashboard_url }}",
        },
    }


def _email(way: EmailPlan) -> dict[str, Any]:
    return {
        "to": way.to,
        "send_resolved": way.send_resolved,
        "headers": {"Subject": _use("promspec.subject")},
        "html": _use("promspec.mail.html"),
        "text": _use("promspec.text"),
    }


def _webhook(way: WebhookPlan) -> dict[str, Any]:
    return {"url": way.url, "send_resolved": way.send_resolved}


def _use(template: str) -> str:
    return f'{{{{ template "{template}" . }}}}'
