"""The SLOs of ingress, imported from in.yml. Yours to edit."""

from promspec import SLO, Counter, Ratio, Spec

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
ingress_errors_total = Counter("ingress_errors_total", "Counted by the SLO with-intervals.", external=True)
ingress_requests_total = Counter("ingress_requests_total", "Counted by the SLO with-intervals.", external=True)

# in.yml:8: by-plugin is not imported
# line 12: the SLI is made by the plugin sloth-common/http/availability, which promspec cannot run; write what it
# measures: Ratio(bad=…, total=…).

# in.yml:14
# line 17: the labels of sloth_slo_info are left behind; write labels=….
# line 16: the intervals of its rule groups are left behind; Deployment(evaluation_interval=…) sets it for all.
with_intervals = SLO("with-intervals", Ratio(bad=ingress_errors_total, total=ingress_requests_total), objective=99)

# line 4: the service ingress runs its rules through plugins: sloth.dev/core/debug/v1; compare its rules with those of
# promspec.
# line 19: the SLO with-intervals runs its rules through plugins: sloth.dev/contrib/validate_victoria_metrics/v1;
# compare its rules with those of promspec.
spec = Spec("ingress", owner="ingress", metrics=[ingress_errors_total, ingress_requests_total], slos=[with_intervals])
