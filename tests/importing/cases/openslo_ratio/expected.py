"""The SLOs of web, imported from in.yml. Yours to edit."""

from promspec import SLO, Counter, Label, Ratio, Spec, matches

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
cluster = Label("cluster", "Asked for: prod", max_values=100)
code = Label("code", "Asked for: 2..|4..", max_values=100)
web_requests_total = Counter(
    "web_requests_total",
    "Counted by the SLOs web-availability-usual, web-availability-strict.",
    labels=[cluster, code],
    external=True,
)

# in.yml:41
# line 17: it has no alertPolicies, so it alerts nobody; delete tiers=[] and the two lines below it for promspec's own
# alerts.
# line 7: these labels cannot stand on an alert: regions; give each one value and a name of letters, digits and _.
# line 15: the annotations of the document are left behind: openslo.com/service-folder; write annotations={…} if an
# alert should show them.
web_availability_usual = SLO(
    "web-availability-usual",
    Ratio(
        good=web_requests_total.where(cluster="prod", code=matches("2..|4..")),
        total=web_requests_total.where(cluster="prod"),
    ),
    objective=99.5,
    window="28d",
    tiers=[],
    budget_exhausted=None,
    budget_forecast=None,
    description="Web availability: Requests are answered.",
    team="web-team",
    labels={"env": "prod", "userImpacting": "true"},
)

# in.yml:43
# line 17: it has no alertPolicies, so it alerts nobody; delete tiers=[] and the two lines below it for promspec's own
# alerts.
# line 7: these labels cannot stand on an alert: regions; give each one value and a name of letters, digits and _.
# line 15: the annotations of the document are left behind: openslo.com/service-folder; write annotations={…} if an
# alert should show them.
web_availability_strict = SLO(
    "web-availability-strict",
    Ratio(
        good=web_requests_total.where(cluster="prod", code=matches("2..|4..")),
        total=web_requests_total.where(cluster="prod"),
    ),
    objective=99.95,
    window="28d",
    tiers=[],
    budget_exhausted=None,
    budget_forecast=None,
    description="Web availability: Requests are answered.",
    team="web-team",
    labels={"env": "prod", "userImpacting": "true"},
)

spec = Spec("web", owner="web", metrics=[web_requests_total], slos=[web_availability_usual, web_availability_strict])
