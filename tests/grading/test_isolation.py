"""Submissions that crash, hang, cheat or break things: each is told as what it is, and takes nothing else with it."""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from sitting import CALLS, GOOD, LIMITS, LOGITS, SMALL, sat

from softreg.functional import softmax
from softreg.grading.examination import examine
from softreg.grading.isolation.child import Child
from softreg.grading.isolation.ended import EndedError, StartError
from softreg.grading.isolation.processes import MARK
from softreg.grading.spec import Limits

AWAY = "def softmax(logits):\n    "
LINUX = Path("/proc/self/stat").exists()


def others_are_right(examined) -> None:
    """The functions that were left as they were give what they should."""
    assert np.array_equal(examined.answers["first predict"].values[0], [2, 2, 2])
    first_X, first_y, last_X, last_y = examined.answers["first batches"].values
    assert len(first_X) == len(first_y) == 2
    assert len(last_X) == len(last_y) == 1


def marked_processes() -> list[str]:
    """What still lives of the submissions that were graded by this process."""
    found = []
    for process in Path("/proc").iterdir() if LINUX else ():
        if process.name.isdigit():
            try:
                state = (process / "stat").read_text().rpartition(")")[2].split()[0]
                if f"{MARK}={os.getpid()}-".encode() in (process / "environ").read_bytes() and state != "Z":
                    found.append(process.name)
            except OSError:
                continue
    return found


@pytest.fixture(autouse=True)
def nothing_is_left_behind():
    """After every test no process of a submission lives, and this process has no descriptor more than before."""
    before = len(list(Path("/proc/self/fd").iterdir())) if LINUX else 0
    yield
    assert not LINUX or len(list(Path("/proc/self/fd").iterdir())) == before
    assert marked_processes() == []


def test_a_good_submission_is_answered_in_full_with_nothing_to_say() -> None:
    examined = sat()

    assert examined.status == "graded"
    assert examined.notes == []
    assert examined.imports == []
    np.testing.assert_allclose(examined.answers["first softmax"].values[0], softmax(LOGITS))
    assert all(answer.error == "" for answer in examined.answers.values())
    others_are_right(examined)


@pytest.mark.parametrize(
    ("body", "error", "told"),
    [
        ("raise ValueError('logits are odd')", "raised", "ValueError: logits are odd (hw1.py, line"),
        ("return 1 / 0", "raised", "ZeroDivisionError"),
        ("raise NotImplementedError", "missing", "not written yet"),
        ("import sys; sys.exit(3)", "exit", "SystemExit: 3"),
        ("import os; os._exit(0)", "exit", "ended the process, with code 0"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "lost", "SIGKILL"),
        ("import ctypes; ctypes.string_at(0)", "lost", "SIGSEGV"),
        ("raise KeyboardInterrupt", "raised", "KeyboardInterrupt"),
        ("return softmax(logits)", "raised", "RecursionError"),
        ("return [0] * 10**10", "memory", "MemoryError"),
        ("return np.ones((10**6, 10**4))", "memory", "Unable to allocate"),
        ("kept = []\n    while True: kept.append(bytearray(10**7))", "memory", "MemoryError"),
        ("return None", "kind", "proba is None"),
        ("pass", "kind", "proba is None"),
        ("return 'high'", "kind", "a str"),
        ("return object()", "kind", "an object"),
        ("return {'proba': logits}", "kind", "a dict"),
        ("return [[1.0], [2.0, 3.0]]", "kind", "a list"),
        ("return np.array([None, 1])", "kind", "an array of object"),
        ("return logits + 1j", "kind", "an array of complex128"),
        ("return np.array(['1'])", "kind", "an array of <U1"),
        ("return logits, logits", "kind", "a tuple of 2"),
        ("return lambda: logits", "kind", "a function"),
        ("return (row for row in logits)", "kind", "a generator"),
        ("return np.broadcast_to(1.0, (10**6, 10**6))", "kind", "more than 32 MiB"),
    ],
)
def test_what_goes_wrong_in_one_function_is_told_and_the_others_are_graded(body: str, error: str, told: str) -> None:
    examined = sat(AWAY + body)
    answer = examined.answers["first softmax"]

    assert answer.error == error, answer
    assert told in answer.told
    assert answer.values == ()
    others_are_right(examined)


def test_a_lazy_array_whose_making_fails_is_told() -> None:
    lazy = "class Lazy:\n    def __array__(self, *_, **__):\n        raise RuntimeError('not today')\n"
    examined = sat(lazy, AWAY + "return Lazy()")

    assert examined.answers["first softmax"].error == "raised"
    assert "not today" in examined.answers["first softmax"].told
    others_are_right(examined)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return [[1, 2], [3, 4]]", np.array([[1, 2], [3, 4]])),
        ("return 2.5", np.array(2.5)),
        ("return np.float32(2.5)", np.array(2.5)),
        ("return np.array(2.5)", np.array(2.5)),
        ("return (logits,)", LOGITS),
        ("return np.matrix(logits)", LOGITS),
        ("return logits * np.nan", LOGITS * np.nan),
        ("return np.asfortranarray(logits)", LOGITS),
        ("return logits[::-1]", LOGITS[::-1]),
        ("return logits.astype(np.longdouble)", LOGITS),
        ("return logits.astype('>f8')", LOGITS),
        ("return logits > 1", LOGITS > 1),
        ("return np.empty((0, 3))", np.empty((0, 3))),
    ],
)
def test_lists_numbers_and_odd_arrays_are_answers(body: str, expected: np.ndarray) -> None:
    answer = sat(AWAY + body).answers["first softmax"]

    assert answer.error == ""
    np.testing.assert_array_equal(answer.values[0], expected)


def test_a_loop_in_one_function_costs_its_own_calls_alone() -> None:
    examined = sat(AWAY + "while True: pass")

    assert examined.answers["first softmax"].error == "time"
    assert examined.answers["second softmax"].error == "lost"
    assert "an earlier call" in examined.answers["second softmax"].told
    assert examined.status == "graded"
    others_are_right(examined)


@pytest.mark.skipif(not LINUX, reason="work is told by /proc")
def test_it_is_work_that_counts_and_not_the_time_that_goes_by() -> None:
    examined = sat("import time", AWAY + "time.sleep(2.5)\n    return logits")  # a call may work for two seconds

    assert examined.answers["first softmax"].error == ""
    assert examined.lasting
    others_are_right(examined)


def test_who_sleeps_is_not_waited_for_for_ever() -> None:
    spec = dataclasses.replace(SMALL, limits=Limits(seconds=1))
    began = time.monotonic()
    examined = sat("import time", AWAY + "time.sleep(600)", spec=spec)

    assert examined.answers["first softmax"].error == "time"
    assert not examined.lasting
    assert time.monotonic() - began < 30
    others_are_right(examined)


def test_a_process_that_does_not_start_is_tried_once_more_and_is_no_fault_of_the_submissions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, left = Child._started, [1]

    def started(self: Child, *pipes: int) -> object:
        if left[0]:
            left[0] -= 1
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return real(self, *pipes)

    monkeypatch.setattr(Child, "_started", started)
    assert sat().status == "graded"
    left[0] = 2
    with pytest.raises(StartError, match="temporarily unavailable"):
        sat()
    monkeypatch.undo()
    monkeypatch.setattr("softreg.grading.isolation.child.STARTING", 0.0)
    with pytest.raises(StartError, match="too long"):
        sat()


def test_a_loop_that_listens_to_no_signal_is_ended() -> None:
    deaf = (
        "import signal\nfor number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGXCPU, signal.SIGHUP):\n"
    )
    deaf += "    signal.signal(number, signal.SIG_IGN)\n"
    examined = sat(
        deaf, AWAY + "while True:\n        try:\n            while True: pass\n        except BaseException: pass"
    )

    assert examined.answers["first softmax"].error == "time"
    others_are_right(examined)


def test_a_loop_of_the_files_own_statements_leaves_its_functions() -> None:
    examined = sat("while True: pass", "later = 1")

    assert examined.status == "graded"
    assert "only its imports and definitions were loaded" in examined.notes[0]
    np.testing.assert_allclose(examined.answers["first softmax"].values[0], softmax(LOGITS))
    others_are_right(examined)


def test_loops_everywhere_end_when_the_seconds_are_used_up() -> None:
    loop = "    while True: pass\n"
    text = "".join(f"def {name}(*_):\n{loop}" for name in ("softmax", "predict", "batches"))
    began = time.monotonic()
    examined = examine({"hw1.py": text.encode()}, dataclasses.replace(SMALL, limits=Limits(seconds=3)), CALLS)

    assert {answer.error for answer in examined.answers.values()} == {"time", "lost"}
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    ("statement", "note"),
    [
        ("raise ValueError('no data here')", f"ValueError: no data here (hw1.py, line {GOOD.count(chr(10)) + 2})"),
        ("open('data.csv')", "FileNotFoundError"),
        ("import sys; sys.exit('done')", "SystemExit: done"),
        ("input('name? ')", "EOFError"),
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("import os; os._exit(7)", "it ended the process, with code 7"),
        ("kept = [0] * 10**11", "MemoryError"),
    ],
)
def test_statements_that_fail_when_the_file_is_loaded_are_told_and_cost_nothing(statement: str, note: str) -> None:
    examined = sat(statement, "AFTER = 1")

    assert examined.status == "graded"
    assert any(note in each for each in examined.notes), examined.notes
    np.testing.assert_allclose(examined.answers["first softmax"].values[0], softmax(LOGITS))
    others_are_right(examined)


def test_what_a_function_needs_of_the_files_own_statements_is_there() -> None:
    examined = sat("SHIFT = np.arange(3.0)", "1 / 0", "SCALE = 2", AWAY + "return logits * SCALE + SHIFT")

    np.testing.assert_array_equal(examined.answers["first softmax"].values[0], LOGITS * 2 + np.arange(3.0))


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("def softmax(logits):\nreturn 1", "syntax error"),
        ("return 5", "syntax error"),
        ("x = 1 \0", "syntax error"),
        ("\x7fELF\x02\x01\x01\0\0\0", "syntax error"),
        ("(" * 500, "syntax error"),
        ("", "empty"),
        ("# to be done\n", "empty"),
        ("x = 1", "no functions"),
        ("def Softmax(logits): ...", "no functions"),
        ("softmax = 3", "no functions"),
    ],
)
def test_what_holds_no_function_is_named(text: str, status: str) -> None:
    examined = examine({"hw1.py": text.encode("latin-1")}, SMALL, CALLS)

    assert examined.status == status, examined
    assert {answer.error for answer in examined.answers.values()} == {"missing"}
    assert status != "syntax error" or any("hw1.py" in note for note in examined.notes)


def test_a_skeleton_is_unfinished() -> None:
    text = "".join(f"def {name}(*_):\n    raise NotImplementedError\n" for name in ("softmax", "predict", "batches"))
    examined = examine({"hw1.py": text.encode()}, SMALL, CALLS)

    assert examined.status == "unfinished"
    assert examined.missing == {"softmax", "predict", "batches"}


@pytest.mark.parametrize(
    "body",
    [
        "print('x' * 10**7); return logits",
        "import sys; sys.stderr.write('y' * 10**7); return logits",
        "import os; os.write(1, b'z' * 10**6); return logits",
        "import os; os.close(1); os.close(2); return logits",
        "import sys; sys.stdout = None; return logits",
        "import sys; sys.stdout.close(); return logits",
    ],
)
def test_what_is_printed_or_closed_does_not_matter(body: str) -> None:
    examined = sat(AWAY + body)

    np.testing.assert_array_equal(examined.answers["first softmax"].values[0], LOGITS)
    others_are_right(examined)


def test_printing_is_told() -> None:
    assert sat("print('hello')").notes == ["It prints while it is graded; nobody reads that."]


@pytest.mark.parametrize(
    "body",
    [
        "import os\n    for number in range(3, 256):\n        try: os.write(number, b'x' * 100)\n"
        "        except OSError: pass",
        "import os\n    os.closerange(0, 256)",
        "import os\n    for number in range(3, 200):\n        try: os.dup2(os.open(os.devnull, os.O_RDWR), number)\n"
        "        except OSError: pass",
    ],
)
def test_a_submission_that_touches_the_graders_pipe_loses_that_function_alone(body: str) -> None:
    examined = sat(AWAY + body + "\n    return logits")

    assert examined.answers["first softmax"].error in {"lost", "exit", "time"}
    others_are_right(examined)


def test_no_frame_of_a_submission_is_believed() -> None:
    forged = (
        "import json, os, struct\n"
        "def softmax(logits):\n"
        "    header = json.dumps({'arrays': [], 'changed': [], 'warned': [], 'held': [], 'imported': []}).encode()\n"
        "    frame = bytes(8) + struct.pack('>IQ', len(header), 0) + header\n"
        "    for number in range(3, 64):\n"
        "        try: os.write(number, frame)\n"
        "        except OSError: pass\n"
        "    return logits\n"
    )
    examined = sat(forged)

    assert examined.answers["first softmax"].error == "lost"
    assert "wrote into the grader's own pipe" in examined.answers["first softmax"].told
    others_are_right(examined)


HONEST = """{'arrays': [], 'changed': [], 'warned': [], 'held': [], 'imported': []}"""


@pytest.mark.parametrize(
    "header",
    [
        "{'arrays': []}",
        "{'arrays': [], 'changed': []}",
        f"{HONEST} | {{'changed': [7]}}",
        f"{HONEST} | {{'changed': 3}}",
        f"{HONEST} | {{'held': [[]]}}",
        f"{HONEST} | {{'warned': {{}}}}",
        f"{HONEST} | {{'error': 'time'}}",
        f"{HONEST} | {{'error': []}}",
        f"{HONEST} | {{'arrays': [['<f8', [10**30, 0]]]}}",
    ],
)
def test_a_frame_with_the_true_key_that_says_nothing_sensible_costs_its_own_function(header: str) -> None:
    forged = (
        "import gc, json, os, struct, sys\n"
        "def softmax(logits):\n"
        "    frame = sys._getframe()\n"
        "    while 'answers' not in frame.f_locals: frame = frame.f_back\n"
        f"    header = json.dumps({header}).encode()\n"
        "    sent = frame.f_locals['key'] + struct.pack('>IQ', len(header), 0) + header\n"
        "    os.write(frame.f_locals['answers'], sent)\n"
        "    while True: pass\n"
    )
    examined = sat(forged)

    assert examined.answers["first softmax"].error == "lost"
    assert "wrote into the grader's own pipe" in examined.answers["first softmax"].told
    assert "is no answer" in examined.answers["first softmax"].told or "10**30" in header  # which is no frame
    others_are_right(examined)


def test_processes_are_held_back() -> None:
    for call in (
        "os.fork()",
        "os.system('sleep 60')",
        "subprocess.Popen(['sleep', '60'])",
        "os.execv('/bin/sh', ['sh'])",
        "multiprocessing.get_context('spawn').Process(target=print).start()",
        "multiprocessing.get_context('forkserver').Process(target=print).start()",
    ):
        examined = sat("import multiprocessing, os, subprocess", AWAY + f"{call}\n    return logits")

        assert "starting a process is held back" in examined.answers["first softmax"].told, call
        assert "Held back: starting a process." in examined.notes
        others_are_right(examined)


@pytest.mark.skipif(not LINUX, reason="processes are found in /proc")
@pytest.mark.parametrize("leave", ["", "libc.setsid()"])
def test_processes_started_past_the_guard_end_with_the_submission(leave: str) -> None:
    body = f"if libc.fork() == 0:\n        {leave or 'pass'}\n        time.sleep(600)\n    return logits"
    examined = sat("import ctypes, time\nlibc = ctypes.CDLL(None)", AWAY + body)

    assert examined.answers["first softmax"].error == ""
    others_are_right(examined)  # and nothing is left behind: see the fixture


@pytest.mark.skipif(not LINUX, reason="processes are found in /proc")
def test_a_fork_that_comes_back_answers_nothing() -> None:
    examined = sat("import ctypes\nlibc = ctypes.CDLL(None)", AWAY + "libc.fork()\n    return logits")

    np.testing.assert_array_equal(examined.answers["first softmax"].values[0], LOGITS)
    np.testing.assert_array_equal(examined.answers["second softmax"].values[0], LOGITS)
    others_are_right(examined)


@pytest.mark.skipif(not LINUX, reason="processes are counted in /proc")
def test_a_crowd_of_processes_is_ended() -> None:
    crowd = "for _ in range(100):\n        if libc.fork() == 0:\n            time.sleep(600)\n    time.sleep(600)"
    examined = sat("import ctypes, time\nlibc = ctypes.CDLL(None)", AWAY + crowd)

    assert examined.answers["first softmax"].error == "lost"
    assert "more than 64 processes or threads" in examined.answers["first softmax"].told
    others_are_right(examined)


def test_threads_may_run_and_end_with_the_submission() -> None:
    body = "[threading.Thread(target=time.sleep, args=(600,)).start() for _ in range(5)]\n    return logits"
    examined = sat("import threading, time", AWAY + body)

    np.testing.assert_array_equal(examined.answers["first softmax"].values[0], LOGITS)
    others_are_right(examined)


def test_files_of_others_stay_as_they_are(tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text("theirs")
    place = str(other)
    for act in (
        f"open({place!r}, 'w')",
        f"os.remove({place!r})",
        f"os.rename({place!r}, 'mine')",
        f"shutil.rmtree({str(tmp_path)!r})",
        f"pathlib.Path({place!r}).write_text('mine')",
        f"os.open({place!r}, os.O_TRUNC | os.O_WRONLY)",
        f"np.save({place!r}, logits)",
        f"os.symlink({place!r}, 'link'); open('link', 'a')",
        f"os.symlink('hw1.py', {str(tmp_path / 'new')!r})",
        f"os.link({place!r}, 'link')",
        f"os.symlink({str(tmp_path)!r}, 'link'); os.remove('link/other.py')",
        "os.rename('..', 'mine')",
        f"shutil.copyfile('hw1.py', {place!r})",
        f"os.utime({place!r}, (0, 0))",
        "os.kill(os.getppid(), 9)",
        "__import__('signal').pidfd_send_signal(os.pidfd_open(os.getppid()), 9)",
        "__import__('resource').prlimit(os.getppid(), __import__('resource').RLIMIT_NOFILE, (3, 3))",
        f"__import__('sqlite3').connect({str(tmp_path / 'new.db')!r})",
    ):
        examined = sat("import os, pathlib, shutil", AWAY + f"{act}\n    return logits")

        assert "held back" in examined.answers["first softmax"].told, act
        assert other.read_text() == "theirs"
        assert [path.name for path in tmp_path.iterdir()] == ["other.py"]
        others_are_right(examined)


def test_its_own_folder_is_the_submissions_to_write_in_and_is_gone_afterwards(tmp_path: Path) -> None:
    act = "np.save('mine.npy', logits); open(os.path.join(tempfile.gettempdir(), 'a'), 'w').close(); os.mkdir('b')\n"
    act += "    os.chmod('b', 0); open(os.path.expanduser('~/c'), 'w').close()\n    return np.load('mine.npy')"
    examined = sat("import os, tempfile", "HERE = os.getcwd()", AWAY + act)

    np.testing.assert_array_equal(examined.answers["first softmax"].values[0], LOGITS)
    where = sat("import os", AWAY + "raise ValueError(os.getcwd() + '/hw1.py')")
    assert where.answers["first softmax"].told.startswith("ValueError: hw1.py")  # and tells nothing of this machine


def test_folders_in_folders_in_folders_are_removed_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    deep = "for _ in range(1500):\n        libc.mkdir(b'0123456789', 0o700); os.chdir('0123456789')\n"
    libc = "import ctypes, os\nlibc = ctypes.CDLL(None)"  # past the guard, which looks up each path from the root
    examined = sat(libc, AWAY + deep + "    open('a', 'w').close(); os.chmod('.', 0)\n    return logits")

    assert examined.answers["first softmax"].error == ""
    assert not any(tmp_path.iterdir())


def test_a_file_that_grows_is_stopped() -> None:
    examined = sat(AWAY + "open('large', 'wb').write(bytes(10**8))")

    assert examined.answers["first softmax"].error == "raised"
    assert "File too large" in examined.answers["first softmax"].told
    others_are_right(examined)


def test_connections_are_held_back() -> None:
    datagram = "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
    for act in (
        "socket.create_connection(('127.0.0.1', 9))",
        f"{datagram}.sendto(b'x', ('127.0.0.1', 9))",
        f"{datagram}.sendmsg([b'x'], [], 0, ('127.0.0.1', 9))",
    ):
        examined = sat("import socket", AWAY + act)

        assert "a network connection is held back" in examined.answers["first softmax"].told, act


def test_files_of_others_may_be_read_copied_and_linked_to(tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("theirs")
    place = str(tmp_path / "data.txt")
    act = f"shutil.copyfile({place!r}, 'copy'); os.symlink({place!r}, 'link'); os.remove('link')\n    return logits"
    examined = sat("import os, shutil", AWAY + act)

    assert examined.answers["first softmax"].error == "", examined.answers["first softmax"].told
    assert not [note for note in examined.notes if "Held back" in note]


def test_a_process_that_cannot_be_made_leaves_no_descriptor(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="No such file"):  # and see the fixture
        Child(tmp_path / "nowhere", LIMITS).__enter__()


def test_the_environment_tells_nothing_of_the_graders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_WORD", "seed 4711")
    examined = sat("import os", AWAY + "raise ValueError(str(os.environ.get('SECRET_WORD')) + os.environ['HOME'][-1:])")

    assert "None" in examined.answers["first softmax"].told


def test_the_child_knows_nothing_of_softreg() -> None:
    examined = sat("import sys", AWAY + "return float(any(name.startswith('softreg') for name in sys.modules))")

    assert examined.answers["first softmax"].values[0] == 0.0


@pytest.mark.parametrize(
    "how", ["import scipy", "import importlib; importlib.import_module('scipy')", "__import__('scipy')"]
)
def test_imports_are_reported_however_they_are_made(how: str) -> None:
    examined = sat(AWAY + f"{how}\n    return logits")

    assert "scipy" in examined.imports
    assert any("It imports" in note for note in examined.notes)
    assert examined.answers["first softmax"].error == ""


def test_an_import_that_is_never_run_is_reported_too() -> None:
    assert sat("def unused():\n    import torch").imports == ["torch"]


def test_an_import_that_is_forbidden_fails() -> None:
    spec = dataclasses.replace(SMALL, forbid=("scipy",))
    examined = sat(AWAY + "import scipy\n    return logits", spec=spec)

    assert "scipy is not allowed in this homework" in examined.answers["first softmax"].told
    assert examined.imports == ["scipy"]
    others_are_right(examined)


def test_arguments_are_fresh_for_every_call_and_changes_are_seen() -> None:
    examined = sat(AWAY + "logits -= 1\n    return logits")

    for key in ("first softmax", "second softmax"):
        assert examined.answers[key].changed == ("logits",)
        np.testing.assert_array_equal(examined.answers[key].values[0], LOGITS - 1)
    assert examined.answers["first predict"].changed == ()


def test_warnings_of_numpy_are_kept_even_if_they_are_switched_off() -> None:
    off = "import warnings\nwarnings.filterwarnings('ignore')\nnp.seterr(all='ignore')"
    answer = sat(off, AWAY + "return np.exp(logits * 1000)").answers["first softmax"]

    assert answer.warned == ("overflow encountered in exp",)


def test_a_numpy_that_was_tampered_with_changes_no_other_answer() -> None:
    examined = sat("np.array_equal = lambda *_: True\nnp.frombuffer = None\nnp.savez = None\nnp.random.seed = print")

    np.testing.assert_allclose(examined.answers["first softmax"].values[0], softmax(LOGITS))
    others_are_right(examined)


@pytest.mark.parametrize(
    "body",
    [
        "return np.random.rand(2, 3)",
        "import random; return [random.random()]",
        "return [float(hash('a'))]",
        "raise ValueError(object())",
    ],
)
def test_the_same_is_answered_when_it_is_graded_again(body: str) -> None:
    first, again = (sat(AWAY + body).answers["first softmax"] for _ in range(2))

    assert (first.error, first.told) == (again.error, again.told)
    assert [value.tobytes() for value in first.values] == [value.tobytes() for value in again.values]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return None", "None where batches are asked for"),
        ("return 5", "gives no batches"),
        ("return [(X, y, 1)]", "no pair"),
        ("while True: yield X, y", "more than 10000 batches"),
        ("yield X, None", "y is None"),
    ],
)
def test_batches_that_are_none_are_told(body: str, told: str) -> None:
    answer = sat(f"def batches(X, y, batch_size, rng):\n    {body}").answers["first batches"]

    assert answer.error == "kind"
    assert told in answer.told


def test_batches_may_be_a_list() -> None:
    others_are_right(sat("make = batches\ndef batches(*given):\n    return [list(pair) for pair in make(*given)]"))


def test_a_file_may_import_its_neighbour() -> None:
    content = {"hw1.py": b"from steps import softmax, predict\nfrom steps import batches", "steps.py": GOOD.encode()}
    examined = examine(content, SMALL, CALLS)

    others_are_right(examined)
    assert examined.files == ["hw1.py"]
    assert any("softmax is defined in hw1.py and steps.py" in note for note in examined.notes)


def test_functions_may_lie_in_several_files() -> None:
    half = GOOD.index("def predict")
    content = {"a.py": GOOD[:half].encode(), "b.py": ("import numpy as np\n" + GOOD[half:]).encode()}
    examined = examine(content, SMALL, CALLS)

    others_are_right(examined)
    assert sorted(examined.files) == ["a.py", "b.py"]


def test_work_is_given_up_when_everything_is_to_stop() -> None:
    stop = threading.Event()
    threading.Timer(1.0, stop.set).start()
    began = time.monotonic()
    limits = Limits(seconds=400, memory=512)
    examine(
        {"hw1.py": (GOOD + AWAY + "while True: pass").encode()}, dataclasses.replace(SMALL, limits=limits), CALLS, stop
    )

    assert time.monotonic() - began < 60


def test_a_child_that_cannot_be_asked_any_more_says_so(tmp_path: Path) -> None:
    (tmp_path / "hw1.py").write_text("import os\nos._exit(3)\nsoftmax = 1")
    header = {"files": ["hw1.py"], "wanted": ["softmax"], "forbidden": [], "definitions_only": False}
    with Child(tmp_path, LIMITS) as child, pytest.raises(EndedError, match="with code 3"):
        child.ask(header, [], 30.0)
