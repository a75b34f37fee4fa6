from promspec import Counter, Gauge, Label, Spec

many = [str(number) for number in range(200)]

spec = Spec(
    "shop",
    owner="web",
    metrics=[
        Counter("a_total", "A.", labels=[Label("job", "The job.", values=["x"])]),
        Counter("b_total", "B.", labels=[Label("le", "The bound.", values=["x"])]),
        Counter("c_total", "C.", labels=[Label("userName", "The user.", max_values=10)]),
        Counter("d_total", "D.", labels=[Label("email", "Who.", max_values=10)]),
        Counter("e_total", "E.", labels=[Label("x", "X.", values=many), Label("y", "Y.", values=many)]),
        Gauge("f", "F.", labels=[Label("x", "X.", max_values=5)]),
    ],
)
