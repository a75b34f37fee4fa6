"""The SLOs of Ünïcode 'Service' {class}, imported from in.yml. Yours to edit."""

from promspec import SLO, Counter, Label, Ratio, Spec, matches

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
label_class = Label("class", 'Asked for: a"b\\c{d}', max_values=100)
label_import = Label("import", "Asked for: it's.*\\d+", max_values=100)
self = Label("self", "Asked for: x", max_values=100)
city = Label("city", "Asked for: Zürich", max_values=100)
text = Label("text", 'Asked for: "}', max_values=100)
a_label_whose_name_is_long_enough_to_fill_a_line = Label(
    "a_label_whose_name_is_long_enough_to_fill_a_line",
    max_values=100,
)
class_total = Counter("class_total", "Counted by the SLO class.", labels=[label_class, label_import], external=True)
sum_total = Counter("sum_total", "Counted by the SLO class-2.", labels=[self], external=True)
matches_metric = Counter("matches", "Counted by the SLO ratio.", labels=[city, text], external=True)
spec_metric = Counter(
    "spec",
    "Counted by the SLO slo.",
    labels=[a_label_whose_name_is_long_enough_to_fill_a_line],
    external=True,
)

# On every alert of the SLOs below.
labels = {"owner": 'the "owners" of it\'s {all}', "original_severity": "mine", "class": "a\\b"}

# in.yml:9
slo_class = SLO(
    "class",
    Ratio(
        bad=class_total.where(**{"class": 'a"b\\c{d}'}, **{"import": matches("it's.*\\d+")}),
        total=class_total.where(**{"import": matches("it's.*\\d+")}),
    ),
    objective=99,
    description="Says \"no\" and 'yes', {braces} and \\ back\nslashes; 価格 {{ $labels.x }} # no comment",
    labels=labels,
    annotations={"note": 'line one\nline "two" {{ $labels.slo }} it\'s'},
)

# in.yml:19
# line 19: it is called 'class-2' here, because 'Class' is taken or no name that promspec takes; rename it as you like:
# lower case words.
class_2 = SLO(
    "class-2",
    Ratio(
        bad=f'sum(increase({sum_total}{{self="x",__hidden="y"}}[$window]))',
        total=f'sum(increase({sum_total}{{self="x"}}[$window]))',
    ),
    objective=99,
    labels=labels,
)

# in.yml:25
# line 25: it is called 'ratio' here, because 'Ratio' is taken or no name that promspec takes; rename it as you like:
# lower case words.
ratio = SLO(
    "ratio",
    Ratio(
        bad=f'sum(increase({matches_metric}{{city="Zürich",text=\'"}}\'}}[$window])) / 2',
        total=f'sum(increase({matches_metric}{{city="Zürich"}}[$window])) / 2',
    ),
    objective=99,
    labels=labels,
)

# in.yml:31
# line 31: it is called 'slo' here, because '日本語' is taken or no name that promspec takes; rename it as you like:
# lower case words.
slo = SLO(
    "slo",
    Ratio(
        bad=spec_metric.where(
            a_label_whose_name_is_long_enough_to_fill_a_line=(
                "with a value of many words, so that the line is too long for any editor that a person would like to "
                "use"
            ),
        ),
        total=spec_metric,
    ),
    objective=99,
    labels=labels,
)

# line 5: 'bad-name' is no name of a label; use letters, digits and _.
# line 6: the label severity is promspec's own, so it is called original_severity here; change what matches it, or
# rename it.
spec = Spec(
    "n_code_service_class",
    owner='the "owners" of it\'s {all}',
    metrics=[class_total, sum_total, matches_metric, spec_metric],
    slos=[slo_class, class_2, ratio, slo],
)
