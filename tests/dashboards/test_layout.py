"""The grid: whatever the sizes, panels keep their order, stay inside and never overlap."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from promspec.plan.grafana.layout import COLUMNS, Position, Size, lay_out

SIZES = st.lists(st.builds(Size, st.integers(1, 40), st.integers(1, 40), st.booleans()), max_size=30)


def _lines(positions: tuple[Position, ...]) -> list[list[Position]]:
    return [[p for p in positions if p.y == y] for y in dict.fromkeys(p.y for p in positions)]


@given(SIZES, st.integers(0, 100))
def test_no_panel_overlaps_another_or_leaves_the_grid(sizes: list[Size], top: int) -> None:
    positions = lay_out(sizes, top)
    assert len(positions) == len(sizes)
    for position in positions:
        assert position.x >= 0
        assert position.width >= 1
        assert position.x + position.width <= COLUMNS
        assert position.y >= top
    for one, other in combinations(positions, 2):
        beside = one.x + one.width <= other.x or other.x + other.width <= one.x
        below = one.y + one.height <= other.y or other.y + other.height <= one.y
        assert beside or below


@given(SIZES)
def test_panels_keep_their_order_and_lines_follow_each_other_without_a_gap(sizes: list[Size]) -> None:
    positions = lay_out(sizes)
    for one, other in pairwise(positions):
        assert (one.y, one.x) < (other.y, other.x)
        assert other.x == one.x + one.width if other.y == one.y else (other.x == 0 and other.y == one.y + one.height)


@given(SIZES)
def test_a_line_has_one_height_which_is_that_of_its_tallest(sizes: list[Size]) -> None:
    wanted = iter(sizes)
    for line in _lines(lay_out(sizes)):
        tallest = max(next(wanted).height for _ in line)
        assert {position.height for position in line} == {tallest}


@given(SIZES)
def test_a_fixed_panel_keeps_its_width_and_an_elastic_one_is_at_most_doubled(sizes: list[Size]) -> None:
    for size, position in zip(sizes, lay_out(sizes), strict=True):
        asked = min(size.width, COLUMNS)
        if size.elastic:
            assert asked <= position.width <= 2 * asked
        else:
            assert position.width == asked


@given(SIZES)
def test_a_panel_begins_a_new_line_only_if_the_old_one_has_no_room(sizes: list[Size]) -> None:
    wanted = iter(sizes)
    lines = [[min(next(wanted).width, COLUMNS) for _ in line] for line in _lines(lay_out(sizes))]
    for one, following in pairwise(lines):
        assert sum(one) + following[0] > COLUMNS


def test_the_free_columns_are_shared_evenly_among_the_elastic() -> None:
    widths = [p.width for p in lay_out([Size(4, 4, True), Size(4, 4, False), Size(4, 4, True), Size(9, 4, True)])]
    assert widths == [5, 4, 5, 10]


def test_a_chart_alone_fills_its_line_and_a_small_panel_alone_does_not() -> None:
    assert lay_out([Size(12, 8, True)], 3) == (Position(0, 3, 24, 8),)
    assert lay_out([Size(6, 4, True)], 3) == (Position(0, 3, 12, 4),)


def test_no_panels_need_no_place() -> None:
    assert lay_out([]) == ()
