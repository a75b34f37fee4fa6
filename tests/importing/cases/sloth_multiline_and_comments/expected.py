"""The SLOs of search, imported from in.yml. Yours to edit."""

from promspec import SLO, Counter, Label, Ratio, Spec

# What the queries select. Something else exposes it, so nothing is generated for it but rules.
outcome = Label("outcome", "Asked for: timeout, error, timeout|error|rejected|overloaded|cancelled", max_values=100)
replica_region = Label("replica_region", "Asked for: not (eu|us)-(test|staging)-[0-9]+", max_values=100)
shard = Label("shard", "Asked for: tail", max_values=100)
search_queries_total = Counter("search_queries_total", "Counted by the SLO answers.", labels=[outcome], external=True)
search_queries_of_the_long_tail_total = Counter(
    "search_queries_of_the_long_tail_total",
    "Counted by the SLO answers-of-the-long-tail.",
    labels=[outcome, replica_region, shard],
    external=True,
)

# in.yml:4
answers = SLO(
    "answers",
    Ratio(
        bad=(
            f"sum(increase({search_queries_total.where(outcome='timeout')}[$window])) + "
            f"sum(increase({search_queries_total.where(outcome='error')}[$window]))"
        ),
        total=search_queries_total,
    ),
    objective=99.5,
)

# in.yml:21
answers_of_the_long_tail = SLO(
    "answers-of-the-long-tail",
    Ratio(
        bad=(
            f'sum(increase({search_queries_of_the_long_tail_total}{{outcome=~"timeout|error|rejected|overlo'
            'aded|cancelled",replica_region!~"(eu|us)-(test|staging)-[0-9]+",shard="tail"}[$window])) * 1.5'
        ),
        total=(
            f'sum(increase({search_queries_of_the_long_tail_total}{{replica_region!~"(eu|us)-(test|staging)'
            '-[0-9]+",shard="tail"}[$window])) * 1.5'
        ),
    ),
    objective=99.5,
)

spec = Spec(
    "search",
    owner="search",
    metrics=[search_queries_total, search_queries_of_the_long_tail_total],
    slos=[answers, answers_of_the_long_tail],
)
