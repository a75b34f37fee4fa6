"""The SLOs of home-wifi, imported from in.yml. Yours to edit."""

from promspec import SLO, Gauge, Label, Ratio, Spec

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
namespace = Label("namespace", "Asked for: wifi", max_values=100)
wifi_client_satisfaction_ratio = Gauge("wifi_client_satisfaction_ratio", "Read by the SLO good-clients.", external=True)
up = Gauge("up", "Read by the SLO targets-up.", labels=[namespace], external=True)

# On every alert of the SLOs below.
labels = {"context": "home"}

# in.yml:6
# line 13: its alerts are no longer called GoodClients, but by the SLO and the tier; change what matches the name, such
# as routes.
# line 16: the severity 'home' is critical now: promspec knows critical, warning or info; route on severity=critical.
good_clients = SLO(
    "good-clients",
    Ratio(
        bad=f"sum_over_time((count({wifi_client_satisfaction_ratio} < 0.75))[$window:]) OR on() vector(0)",
        total=f"sum_over_time((count({wifi_client_satisfaction_ratio}))[$window:])",
    ),
    objective=95,
    labels=labels,
)

# in.yml:17
targets_up = SLO(
    "targets-up",
    Ratio(
        bad=(
            'sum(count_over_time({__name__="up",namespace="wifi"}[$window])) - '
            f'sum(sum_over_time({up}{{namespace="wifi"}}[$window]))'
        ),
        total=f"sum(count_over_time({up.where(namespace='wifi')}[$window]))",
    ),
    objective=99.5,
    labels=labels,
)

spec = Spec(
    "home_wifi",
    owner="home-wifi",
    metrics=[wifi_client_satisfaction_ratio, up],
    slos=[good_clients, targets_up],
)
