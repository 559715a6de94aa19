"""Circles in a graph of things that wait for each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping


def circles(waits_for: Mapping[str, Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """Circles of ``waits_for``, none sharing a member with another, each from its first member on.

    ``(a, b)`` is a → b → a; a thing that waits for itself is ``(a,)``.  Empty exactly when there is
    an order in which nothing waits for a later one.  Targets that are no key are ignored.
    """
    graph = {key: tuple(t for t in targets if t in waits_for) for key, targets in waits_for.items()}
    found: list[tuple[str, ...]] = []
    left = _stuck(graph)
    while left:
        circle = next(c for start in graph if start in left and (c := _through(start, graph, left)))
        found.append(circle)
        left -= set(circle)
        left = _stuck({key: tuple(t for t in graph[key] if t in left) for key in graph if key in left})
    return tuple(found)


def _stuck(graph: Mapping[str, tuple[str, ...]]) -> set[str]:
    """What is left when everything that waits for nothing is taken away, again and again."""
    waiting = {key: len(targets) for key, targets in graph.items()}
    behind: dict[str, list[str]] = {}
    for key, targets in graph.items():
        for target in targets:
            behind.setdefault(target, []).append(key)
    free = [key for key, count in waiting.items() if not count]
    while free:
        key = free.pop()
        del waiting[key]
        for one in behind.get(key, ()):
            waiting[one] -= 1
            if not waiting[one]:
                free.append(one)
    return set(waiting)


def _through(start: str, graph: Mapping[str, tuple[str, ...]], within: set[str]) -> tuple[str, ...]:
    """The shortest circle through ``start``, or nothing."""
    came: dict[str, str] = {}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for target in graph[here]:
            if target == start:
                path = [here]
                while path[-1] != start:
                    path.append(came[path[-1]])
                return tuple(reversed(path))
            if target in within and target not in came:
                came[target] = here
                queue.append(target)
    return ()
