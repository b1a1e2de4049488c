"""A pipeline keeps the order, hands on what is there, and ends when it is told to."""

from __future__ import annotations

import itertools
import random
import threading
import time

import pytest

from softreg.workflows.pipeline import in_order


def test_results_come_in_the_order_of_the_items_however_long_each_takes():
    def slowly(item):
        time.sleep(random.random() / 200)
        return item * 2

    assert list(in_order(slowly, range(100), 4)) == [item * 2 for item in range(100)]
    assert list(in_order(slowly, [], 4)) == []


def test_a_result_does_not_wait_for_an_item_that_is_long_in_coming():
    release = threading.Event()

    def items():
        yield 1
        assert release.wait(10)
        yield 2

    results = in_order(str, items(), 2)
    assert next(results) == "1"
    release.set()
    assert list(results) == ["2"]


def test_no_more_items_are_drawn_than_a_few_ahead():
    drawn = []

    def items():
        for item in itertools.count():
            drawn.append(item)
            yield item

    results = in_order(str, items(), 2)
    next(results)
    time.sleep(0.3)
    assert len(drawn) <= 6
    results.close()
    stopped = len(drawn)
    time.sleep(0.3)
    assert len(drawn) <= stopped + 1


@pytest.mark.parametrize("where", ["items", "function"])
def test_an_error_is_raised_behind_the_results_before_it(where):
    def items():
        yield from (1, 2)
        if where == "items":
            raise ZeroDivisionError
        yield 0

    results = in_order(lambda item: 2 // item, items(), 3)
    assert [next(results), next(results)] == [2, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)
