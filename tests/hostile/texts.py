"""Texts that would be more than text somewhere, and a spec that has each of them wherever a spec takes a text."""

from __future__ import annotations

TEXTS = (
    'say "hi"',
    "it's",
    "back\\slash \\n \\",
    "two\nlines",
    "\ttab",
    "a\r\nb",
    "{{ $labels.x }}",
    "{{",
    "}} {{ end }}",
    "{% raw %}{{ 7 * 7 }}{# x #}",
    "${HOME} $HOME $$ $(id)",
    "`id`",
    "```\n# fenced\n```",
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<a href='javascript:alert(1)'>b</a>",
    "<!-- x --> <![CDATA[ ]]>",
    '"; rm -rf / #',
    "a: b",
    "- a",
    "# a",
    "a #b",
    "&a *a",
    "*a",
    "!a",
    "!!python/object/apply:os.system [id]",
    "%a",
    "| a",
    "> a",
    "? a",
    "@a",
    "{a: b}",
    "[a, b]",
    "---\n...\n",
    "yes",
    "null",
    "~",
    "1e3",
    "0o14",
    "0x10",
    "2026-01-01",
    "[x](javascript:alert(1))",
    "![x](https://example.com/x.png)",
    "<javascript:alert(1)>",
    "| a | b |\n|---|---|\n| c | d |",
    "# Head\n\n- item\n\n    code",
    "a\n===",
    "\u202eevil\u202c",
    "\u2066x\u2069",
    "é 日本 😀 👩\u200d👧",
    "\u2028line\u2029paragraph",
    "\ufeffbom",
    "x" * 5_000,
    "__proto__",
    "constructor",
    "%s %d {0} {x}",
    "\\u0022 &quot; &#34;",
    " spaces around ",
    "'''\"\"\"",
    "=cmd|' /C calc'!A0",
    "::error::x%0A",
)
"""What a spec takes, and must come back exactly."""

REFUSED = (
    *(chr(code) for code in range(0x20) if chr(code) not in "\t\n\r"),
    *(chr(code) for code in range(0x7F, 0xA0)),
    "\ud800",
    "\udfff",
)
"""Characters that no text of a spec may hold: escapes of terminals, and halves of characters."""

_SPEC = """
import re
from promspec import *

TEXTS = {texts!r}


def templated(text):
    return re.sub(r"[{{}}]{{2}}|[$]", lambda found: '{{{{ "' + found.group() + '" }}}}', text)


kind = Label("kind", "What kind.", values=TEXTS)
status = Label("status", "How it ended.", values=["success", "error"])
codes = {{f"C{{n}}": Code(f"c{{n}}", help=text, action=text) for n, text in enumerate(TEXTS)}}
Failure = type("Failure", (ErrorCodes,), {{**codes, "OTHER": Code("other")}})
gauges = [Gauge(f"level_{{n}}", text, labels=[kind]) for n, text in enumerate(TEXTS)]
requests = Counter("requests_total", "Requests.", labels=[status])
errors = Counter("errors_total", "Failures.", labels=[Failure.label])
serve = Operation("serve", requests=requests, errors=errors)
books = [
    Runbook(f"book-{{n}}", text, summary=text, impact=text, detection={{text: f"sum(level_{{n}})"}}, logs=[text],
            stages=[Stage("0m", "5m", text, steps=[text])], causes=[text], fixes={{text: text}}, prevention=[text],
            escalation=[Escalation(text, text, text, text)])
    for n, text in enumerate(TEXTS)
]
alerts = [
    Alert(f"Alert{{n}}", f"sum by (job) ({{gauges[n].where(kind=text)}}) > 5", for_="1m", severity=Severity.WARNING,
          summary=templated(text), description=templated(text), labels={{"note": templated(text)}},
          annotations={{"more": templated(text)}}, runbook=books[n], component=f"part{{n}}")
    for n, text in enumerate(TEXTS)
]
rules = [
    RecordingRule(f"job:level_{{n}}:sum", f"sum by (job) (level_{{n}})", labels={{"note": text}})
    for n, text in enumerate(TEXTS)
]
slos = [
    SLO("serve-availability", Availability(serve), objective=99, description=TEXTS[{slo}], annotations={{"more": "x"}},
        team=TEXTS[{slo}], runbook=books[0])
]
boards = [
    Dashboard("Board " + text, [Row(text, [
        Stat("Stat " + text, text, Query(f"sum(level_{{n}})", text if "{{{{" not in text else "x"),
             unit="short", mappings={{7: (text, "green")}}),
        Text("Text " + text, text, content=text),
    ])], description=text, uid=f"board-{{n}}", links={{text: "https://example.com/?a=b&c"}}, tags=[text])
    for n, text in enumerate(TEXTS)
]
receivers = [Receiver(text, [Slack(text, api_url_file="slack")]) for text in TEXTS]
routing = Routing(receivers[0], [Route(each, labels={{"note": text}}) for each, text in zip(receivers, TEXTS)])
spec = Spec("hostile", owner=TEXTS[{slo}], title=TEXTS[{slo}], description=TEXTS[{slo}], error_codes=Failure,
            metrics=gauges, operations=[serve], alerts=alerts, recording_rules=rules, slos=slos, dashboards=boards,
            routing=routing, deployment=Deployment(TEXTS[{slo}], prometheus_version="3.4"),
            allow={{"rule/unused": "x", "alert/summary-full-stop": "x"}})
"""


def spec_text() -> str:
    """The spec that has them all."""
    return _SPEC.format(texts=TEXTS, slo=0)


_SMALL = """
from promspec import *

TEXT = {text!r}
level = Gauge("level", "How much.")
alert = Alert("High", f"sum by (job) ({{level}}) > 5", for_="1m", severity=Severity.WARNING, summary="It is high.")
board = Dashboard("Board", [Row("R", [Stat("S", "How much.", "sum(level)", unit="short")])])
spec = Spec("small", owner=TEXT, title=TEXT, description=TEXT, metrics=[level], alerts=[alert], dashboards=[board],
            routing=Routing(Receiver(TEXT, [Slack(TEXT, api_url_file="slack")])),
            deployment=Deployment(TEXT, external_labels={{"note": TEXT}}, prometheus_version={version!r}, image="i:1"))
"""


def small_text(text: str, version: str = "3.4") -> str:
    """A spec whose owner, title, description, receiver, job and external label are this text."""
    return _SMALL.format(text=text, version=version)
