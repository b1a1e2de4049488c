"""Atomic writes: the old file or the new one, never a part, and nothing left behind."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import NoReturn

import pytest

from softreg import locks
from softreg.errors import UsageError
from softreg.files import content, scratch, sha256, write_bytes, write_text, writing

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("old", [None, b"old"])
def test_an_error_inside_leaves_the_old_content_and_nothing_else(
    tmp_path: Path, error: type[BaseException], old: bytes | None
) -> None:
    path = tmp_path / "model.npz"
    if old is not None:
        path.write_bytes(old)
    with pytest.raises(error), writing(path) as file:
        file.write(b"half of the new")
        raise error

    assert [p.name for p in tmp_path.iterdir()] == ([] if old is None else ["model.npz"])
    assert old is None or path.read_bytes() == old


def test_the_old_content_is_there_until_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with writing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_without_overwrite_a_file_that_appeared_in_the_meantime_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    told = pytest.raises(UsageError, match=r"a\.txt exists\. Name another, or add --overwrite")
    with told, writing(path, overwrite=False) as file:
        file.write(b"ours")
        path.write_bytes(b"theirs")
    assert path.read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [path]


def test_of_many_that_write_one_new_file_one_does(tmp_path: Path) -> None:
    path, ready, written = tmp_path / "a.txt", threading.Barrier(8), []

    def work(number: int) -> None:
        with contextlib.suppress(UsageError), writing(path, overwrite=False) as file:
            file.write(b"%d" % number)
            ready.wait()
        if path.read_bytes() == b"%d" % number:
            written.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(written) == 1
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_nlink == 1


def test_a_disk_that_has_no_second_names_gets_a_new_file_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hardlink_to(path: Path, target: Path) -> NoReturn:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(Path, "hardlink_to", hardlink_to)
    path = tmp_path / "a.txt"
    write_text(path, "new", overwrite=False)
    assert path.read_text() == "new"
    with pytest.raises(UsageError, match="exists"):
        write_text(path, "newer", overwrite=False)
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_permissions_are_those_that_open_would_give(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        write_bytes(tmp_path / "ours", b"")
        with (tmp_path / "plain").open("wb"):
            pass
    finally:
        os.umask(before)

    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("ours", "plain")]
    assert modes[0] == modes[1]


def test_permissions_of_a_file_that_is_replaced_stay(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_bytes(path, b"new")

    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_bytes() == b"new"


def test_text_is_utf8_with_the_line_ends_it_has(tmp_path: Path) -> None:
    write_text(tmp_path / "t", "naïve\r\nΩ\n")

    assert (tmp_path / "t").read_bytes() == b"na\xc3\xafve\r\n\xce\xa9\n"


def test_a_folder_that_is_not_there_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_bytes(tmp_path / "no" / "a", b"")


def test_a_folder_in_the_files_place_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(OSError, match="a"):
        write_bytes(tmp_path / "a", b"x")

    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_reader_sees_one_whole_content_while_writers_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "shared"
    contents = [bytes([letter]) * 50_000 for letter in b"abc"]
    write_bytes(path, contents[0])
    writers = [threading.Thread(target=write_bytes, args=(path, content)) for content in contents for _ in range(5)]
    for writer in writers:
        writer.start()
    seen = {path.read_bytes() for _ in range(100)}
    for writer in writers:
        writer.join()

    assert seen <= set(contents)
    assert list(tmp_path.iterdir()) == [path]


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "data"
    content = os.urandom(200_000)
    write_bytes(path, content)

    assert sha256(path) == hashlib.sha256(content).hexdigest()


def test_a_symbolic_link_stays_a_link_and_its_target_is_replaced(tmp_path):
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    write_text(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def killed_in_the_midst_of(code: str, folder: Path) -> None:
    """Run Python in a folder until it has said something, and kill it."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], cwd=folder, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline()
        process.kill()


WRITING = """
import pathlib, time
from softreg.files import scratch, writing
with {what}(pathlib.Path("a.txt")) as file:
    {use}
    print("begun", flush=True)
    time.sleep(60)
"""
LEFT = [("writing", 'file.write(b"half"); file.flush()'), ("scratch", '(file / "part").touch()')]


@pytest.mark.parametrize(("what", "use"), LEFT)
def test_what_a_killed_writer_left_behind_is_removed_by_the_next_one(tmp_path, what, use):
    killed_in_the_midst_of(WRITING.format(what=what, use=use), tmp_path)
    write_bytes(tmp_path / "b.txt", b"another file")
    assert len(list(tmp_path.iterdir())) == 2
    write_bytes(tmp_path / "a.txt", b"whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "b.txt"]


@pytest.mark.parametrize(("what", "use"), LEFT)
def test_what_is_still_being_written_is_left_alone(tmp_path, what, use):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    code = WRITING.format(what=what, use=use)
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        write_bytes(tmp_path / "a.txt", b"whole")
        assert len(list(tmp_path.iterdir())) == 2
        process.kill()


def test_files_that_only_look_like_ours_are_left_alone(tmp_path):
    names = {".a.txt.part", ".a.txt.12345678.PART", "a.txt.abcdefgh.part", ".a.txt.b.abcdefgh.part"}
    for name in names:
        (tmp_path / name).touch()
    write_bytes(tmp_path / "a.txt", b"whole")
    assert {path.name for path in tmp_path.iterdir()} == names | {"a.txt"}


def test_writers_of_one_file_at_once_never_lose_their_own(tmp_path):
    """A temporary file that is not locked yet may be taken for one that was left behind."""
    code = "import pathlib; from softreg.files import write_bytes\n"
    code += "for _ in range(300): write_bytes(pathlib.Path('a.txt'), b'x' * 1000)"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    writers = [subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=environment) for _ in range(3)]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0, 0]
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_where_no_further_file_can_be_opened_none_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: int) -> NoReturn:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("os.dup", none)
    with pytest.raises(OSError, match="Too many open files"):
        write_bytes(tmp_path / "a.txt", b"")
    assert not list(tmp_path.iterdir())


def test_the_disks_refusal_names_the_file_that_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        write_bytes(tmp_path / "a.txt", b"")
    assert caught.value.filename == str(tmp_path / "a.txt")


def test_a_pipe_is_neither_read_as_a_file_nor_replaced_by_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for use in (content, lambda path: write_bytes(path, b"")):
        with pytest.raises(OSError, match="no file"):
            use(tmp_path / "pipe")


def test_a_file_that_is_larger_than_any_of_its_kind_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(OSError, match="more than 64 MiB"):
        content(tmp_path / "sparse", 2**26)


def test_without_locks_nothing_is_taken_for_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On some file systems every lock is refused; a temporary file there may be somebody's who is writing."""

    def none(*_: int) -> NoReturn:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("fcntl.flock", none)
    with writing(tmp_path / "a.txt") as one:
        one.write(b"one")
        write_bytes(tmp_path / "a.txt", b"other")
    assert (tmp_path / "a.txt").read_bytes() == b"one"


def test_a_scratch_folder_that_another_takes_for_left_behind_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, swept = locks.held, []

    def late(folder: Path, **more: bool):
        if not swept:
            swept.append(folder)
            shutil.rmtree(folder)
        return before(folder, **more)

    monkeypatch.setattr("softreg.locks.held", late)
    with scratch(tmp_path / "a.parquet") as folder:
        assert folder.is_dir()
        assert folder != swept[0]
    assert not list(tmp_path.iterdir())
