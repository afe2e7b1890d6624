"""Sets of whole numbers as sorted, separate ranges [from, to], both inclusive: a year without a loss is one pair."""

from typing import Iterable, List

Ranges = List[List[int]]


def joined(ranges: Iterable) -> Ranges:
    """Sorted; what overlaps or touches becomes one. A range that ends before it starts is empty."""
    result: Ranges = []
    for low, high in sorted([one[0], one[1]] for one in ranges if one[0] <= one[1]):
        if result and low <= result[-1][1] + 1:
            result[-1][1] = max(result[-1][1], high)
        else:
            result.append([low, high])
    return result


def without(ranges: Ranges, cut: Ranges) -> Ranges:
    """What is in `ranges` and not in `cut`."""
    result: Ranges = []
    at = 0
    for low, high in ranges:
        while at < len(cut) and cut[at][1] < low:
            at += 1
        for cut_low, cut_high in cut[at:]:
            if cut_low > high:
                break
            if cut_low > low:
                result.append([low, cut_low - 1])
            low = max(low, cut_high + 1)
        if low <= high:
            result.append([low, high])
    return result


def common(a: Ranges, b: Ranges) -> Ranges:
    return without(a, without(a, b))
