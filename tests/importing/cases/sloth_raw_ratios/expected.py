"""The SLOs of home-network, imported from in.yml. Yours to edit."""

from promspec import SLO, Counter, Gauge, Label, Ratio, Spec

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
uplink = Label("uplink", max_values=100)
site = Label("site", "Asked for: home", max_values=100)
wifi_satisfaction_ratio = Gauge("wifi_satisfaction_ratio", "Read by the SLO satisfaction.", external=True)
wifi_packets_lost_total = Counter("wifi_packets_lost_total", "Counted by the SLO lost-packets.", external=True)
wifi_packets_total = Counter("wifi_packets_total", "Counted by the SLO lost-packets.", external=True)
uplink_error_ratio = Gauge("uplink:error:ratio", "Read by the SLO uplink.", labels=[uplink, site], external=True)

# in.yml:5
satisfaction = SLO(
    "satisfaction",
    Ratio(
        good=f"sum(sum_over_time({wifi_satisfaction_ratio}[$window]))",
        total=f"sum(count_over_time({wifi_satisfaction_ratio}[$window]))",
    ),
    objective=95,
)

# in.yml:15
lost_packets = SLO("lost-packets", Ratio(bad=wifi_packets_lost_total, total=wifi_packets_total), objective=99)

# in.yml:21
# line 25: a ratio has no events, so each evaluation weighs the same, busy or quiet; give bad and total events where
# there are such.
uplink_slo = SLO(
    "uplink",
    Ratio(
        bad=f"clamp_max(max by (uplink) (avg_over_time({uplink_error_ratio.where(site='home')}[$window])), 1) >= 0",
        total=f"0 * (max by (uplink) (avg_over_time({uplink_error_ratio.where(site='home')}[$window])) >= 0) + 1",
    ),
    objective=98,
    group_by=[uplink],
    minimum_events=1,
    allow={"slo/one-failure-fires": "it counts no events, so there is no one event"},
)

spec = Spec(
    "home_network",
    owner="home-network",
    metrics=[wifi_satisfaction_ratio, wifi_packets_lost_total, wifi_packets_total, uplink_error_ratio],
    slos=[satisfaction, lost_packets, uplink_slo],
)
