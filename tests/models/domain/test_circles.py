"""Circles are found if and only if there are any."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.domain.circles import circles

graphs = st.dictionaries(st.sampled_from("abcdefg"), st.lists(st.sampled_from("abcdefgxy"), max_size=4))


def orderable(graph: dict[str, list[str]]) -> bool:
    """Whether everything can be taken away by taking what waits for nothing that is left."""
    left = set(graph)
    while free := {key for key in left if not left.intersection(graph[key])}:
        left -= free
    return not left


def test_a_circle_comes_with_its_whole_path() -> None:
    graph = {"z": ["a"], "a": ["b", "q"], "b": ["c"], "c": ["a"], "q": []}
    assert circles(graph) == (("a", "b", "c"),)
    assert circles({"a": ["a"]}) == (("a",),)
    assert circles({"a": ["b"], "b": ["a"], "c": ["d"], "d": ["c", "a"]}) == (("a", "b"), ("c", "d"))
    assert circles({}) == ()


@given(graphs)
def test_circles_are_real_and_none_is_missed(graph: dict[str, list[str]]) -> None:
    found = circles(graph)
    for circle in found:
        assert all(there in graph[here] for here, there in zip(circle, (*circle[1:], circle[0]), strict=True))
    members = [key for circle in found for key in circle]
    assert len(set(members)) == len(members)
    assert (not found) is orderable(graph)
    assert orderable({key: targets for key, targets in graph.items() if key not in members})
