"""The notifications' texts, filled by amtool: what happened, how urgent, where to look, what is over."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from promspec import Spec, promtool
from promspec.plan.alertmanager import plan_alertmanager
from promspec.render.alertmanager import render_alertmanager

LABELS = {"alertname": "Slow", "severity": "warning", "spec": "shop", "component": "a<b"}
ANNOTATIONS = {
    "summary": "Slow & <sure>.",
    "description": "p95 > 2 s",
    "runbook_url": "https://books.example.com/slow.md",
    "dashboard_url": "https://boards.example.com/d/shop",
}


def alert(status: str, annotations: dict[str, str] = ANNOTATIONS) -> dict[str, Any]:
    began = "2024-01-02T03:04:05Z"
    return {"status": status, "labels": LABELS, "annotations": annotations, "startsAt": began, "endsAt": began}


def filled(folder: Path, template: str, *alerts: dict[str, Any], kind: str = "text", **common: Any) -> str:
    """What a template says of a notification with these alerts."""
    texts = render_alertmanager(plan_alertmanager(Spec("shop", owner="web")), "shop.py")[1]
    (folder / texts.path).write_text(texts.text, encoding="utf-8")
    status = "firing" if any(item["status"] == "firing" for item in alerts) else "resolved"
    data = {"status": status, "alerts": alerts, "commonLabels": LABELS, "commonAnnotations": {}, **common}
    (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")
    command = [
        str(promtool.find("amtool")),
        "template",
        "render",
        f"--template.glob={folder / texts.path}",
        f'--template.text={{{{ template "{template}" . }}}}',
        f"--template.data={folder / 'data.json'}",
        f"--template.type={kind}",
    ]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True, timeout=30)
    return done.stdout.strip()


def test_the_subject_says_how_many_how_urgent_and_what(tmp_path: Path) -> None:
    firing, resolved = alert("firing"), alert("resolved")
    assert filled(tmp_path, "promspec.subject", firing, firing, resolved) == "[FIRING:2] warning: Slow of shop"
    common: dict[str, Any] = {"commonAnnotations": {"summary": "It is slow."}}
    expected = "[RESOLVED] warning: Slow of shop - It is slow."
    assert filled(tmp_path, "promspec.subject", resolved, **common) == expected


def test_a_group_of_different_alerts_has_a_subject_too(tmp_path: Path) -> None:
    pair = (alert("firing"), alert("firing"))
    assert filled(tmp_path, "promspec.subject", *pair, commonLabels={}) == "[FIRING:2] 2 alerts"
    assert filled(tmp_path, "promspec.slack.title", *pair, commonLabels={}) == "[FIRING:2] 2 alerts"
    assert filled(tmp_path, "promspec.pagerduty.severity", *pair, commonLabels={}) == "critical"


def test_the_text_holds_summary_description_links_and_labels(tmp_path: Path) -> None:
    assert filled(tmp_path, "promspec.text", alert("firing"), alert("resolved")).split("\n") == [
        "Firing",
        "",
        *(
            body := [
                "Slow & <sure>. (Slow, warning)",
                "p95 > 2 s",
                "Runbook: https://books.example.com/slow.md",
                "Dashboard: https://boards.example.com/d/shop",
                "Labels: alertname=Slow, component=a<b, severity=warning, spec=shop",
            ]
        ),
        "",
        "Resolved",
        "",
        *body,
    ]


def test_slack_gets_links_and_escaped_texts(tmp_path: Path) -> None:
    assert filled(tmp_path, "promspec.slack.text", alert("firing")) == (
        ":fire: *Slow &amp; &lt;sure&gt;.* (warning)\np95 &gt; 2 s\n"
        "<https://books.example.com/slow.md|Runbook>\n<https://boards.example.com/d/shop|Dashboard>"
    )
    assert filled(tmp_path, "promspec.slack.color", alert("firing")) == "warning"
    over = filled(tmp_path, "promspec.slack.text", alert("resolved"))
    assert over.startswith(":white_check_mark: Resolved: *Slow")
    assert filled(tmp_path, "promspec.slack.color", alert("resolved")) == "good"


def test_a_path_is_no_link(tmp_path: Path) -> None:
    local = {"summary": "Slow.", "runbook_url": "runbooks/slow.md"}
    assert filled(tmp_path, "promspec.slack.text", alert("firing", local)) == (
        ":fire: *Slow.* (warning)\nRunbook: runbooks/slow.md"
    )


def test_an_alert_of_someone_else_is_told_by_its_name(tmp_path: Path) -> None:
    assert filled(tmp_path, "promspec.slack.text", alert("firing", {})) == ":fire: *Slow* (warning)"


def test_mail_is_escaped_html_with_links(tmp_path: Path) -> None:
    mail = filled(tmp_path, "promspec.mail.html", alert("firing"), alert("resolved"), kind="html")
    assert "<h2>Firing</h2>" in mail
    assert "<h2>Resolved</h2>" in mail
    assert "<h3>Slow &amp; &lt;sure&gt;.</h3>" in mail
    assert '<a href="https://books.example.com/slow.md">Runbook</a>' in mail
    assert "2024-01-02 03:04:05 UTC" in mail
