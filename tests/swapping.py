"""JSON with some values replaced by values of wrong types, for tests of code that reads JSON."""

import copy

from hypothesis import strategies as some

VALUES = some.one_of(
    some.none(),
    some.booleans(),
    some.integers(-3, 3),
    some.sampled_from([10**30, -(10**400), 1e308, -1e308, float("nan"), float("inf"), 0.5]),
    some.sampled_from(["", "3", "abc", "../x", "folder:/nowhere", "\x00", "é" * 300]),
    some.sampled_from([[], [None], ["a", 1], [[1.0]], [[1.0], [1.0, 2.0]], {}, {"a": {}}]),
)
"""Values of every type that Python's JSON reader returns."""


def places(value, path=()):
    """Return the path of keys to every value inside a JSON value."""
    found = [path] if path else []
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, one in children:
        found += places(one, (*path, key))
    return found


def swapped(value, path, other):
    """Return a copy with another value at a path; `...` removes the value."""
    changed = copy.deepcopy(value)
    at = changed
    for key in path[:-1]:
        at = at[key]
    if other is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = other
    return changed


@some.composite
def swaps(draw, value, most=3):
    """A JSON value in which up to `most` values are replaced or missing."""
    for _ in range(draw(some.integers(1, most))):
        there = places(value)
        if not there:
            break
        other = draw(some.one_of(VALUES, some.just(...)))
        value = swapped(value, draw(some.sampled_from(there)), other)
    return value
