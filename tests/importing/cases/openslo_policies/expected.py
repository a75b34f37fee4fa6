"""The SLOs of mailer, imported from in.yml. Yours to edit."""

from promspec import SLO, Counter, Ratio, Severity, Spec, Tier

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
mail_failed_total = Counter("mail_failed_total", "Counted by the SLO mail.", external=True)
mail_sent_total = Counter("mail_sent_total", "Counted by the SLO mail.", external=True)

# in.yml:1
# line 19: alertWhenResolved is a matter of the receiver; write send_resolved=True on it.
# line 19: its alerts go to chat (slack), which is not carried over; give the Spec routing=Routing(…).
# line 25: the severity 'P7' is warning now; write one of critical, warning or info.
# line 26: it must also burn within 5m, so that the alert ends soon after the fault does; there is nothing to do;
# short=… sets the window.
# line 30: a burn rate of 100 within 28d makes no tier over 28d; choose a window of at least 3m that spends at most the
# budget.
# line 34: the condition 'deadman' is none that promspec knows; write an Alert(…).
# line 41: a policy does not alert when it breaches, so it makes no tier; write alertWhenBreaching: true if it should.
mail = SLO(
    "mail",
    Ratio(bad=mail_failed_total, total=mail_sent_total),
    objective=99,
    window="28d",
    tiers=[Tier("burning-fast", short="5m", long="1h", budget=0.014881, severity=Severity.WARNING, for_="5m")],
    budget_exhausted=None,
    budget_forecast=None,
)

spec = Spec("mailer", owner="mailer", metrics=[mail_failed_total, mail_sent_total], slos=[mail])
