"""Killed at every request to the disk: every file is old or new, and the same once more ends as if nothing had been."""

from __future__ import annotations

import shutil
import signal

import pytest
from remains import sound
from stories import STORIES, again, around, old_or_new, told, undisturbed

MOST = 4
"""Places that are tried for each story, where not all of them are."""


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_killed_at_every_request(story, nursery, places, tried, tmp_path):
    before, whole, peace = undisturbed(story, nursery, tmp_path, ("count",))
    assert peace.asked > 3
    for place in places(peace.asked, MOST):
        folder = tmp_path / f"killed-{place}"
        shutil.copytree(before, folder)
        killed = nursery.call(folder, *story.words, fault=("die", place), **around(folder))
        assert killed.code in {-signal.SIGKILL, 0}, killed  # 0: threads may need fewer requests
        sound(folder, killed=True)
        old_or_new(folder, before, whole)
        if (folder / "run/.new/metrics.json").exists() or (before / "run/metrics.json").exists():
            assert nursery.call(folder, "show", "run").code == 0  # a run that was complete is complete
        if place % 2:  # and killed once more
            nursery.call(folder, *again(folder, story.words), fault=("die", place // 2), **around(folder))
            if (before / "run/metrics.json").exists():
                assert nursery.call(folder, "show", "run").code == 0
        done = nursery.call(folder, *again(folder, story.words), **around(folder))
        assert done.code == 0, (place, done)
        assert told(folder) == told(whole), place
        tried("deaths at a request to the disk")
        shutil.rmtree(folder)
