"""softreg as `pip install softreg` leaves it: ``tox run -e py311-minimal``, which installs the built wheel alone.

A user's session of all commands, away from the source; what needs an extra says so, and says what to type.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

EXTRAS = ("onnx", "onnxruntime", "pandas", "pytest", "hypothesis")

SESSION = """\
--version
datasets export iris -o flowers.csv
check flowers.csv
train flowers.csv -q
train flowers.csv --optimizer gd --epochs 30 --out second -q
predict last flowers.csv -o answers.csv
evaluate last flowers.csv
explain last flowers.csv --row 71
compare last second
plot last -o curves.png
show last
export last --format json -o model.json
export last --format csv -o weights.csv
predict model.json flowers.csv -o again.csv
learn softmax
grade --template plain -o homework
grade homework/hw1.py
"""


def softreg(folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Type a line in a folder."""
    words = [sys.executable, "-m", "softreg", *line.split()]
    return subprocess.run(words, cwd=folder, capture_output=True, encoding="utf-8", check=False)


def main() -> None:
    """Type the session, and what cannot be done without ONNX."""
    there = [name for name in EXTRAS if importlib.util.find_spec(name)]
    if there:
        sys.exit(f"this is no minimal installation: it has {', '.join(there)}")
    home = importlib.util.find_spec("softreg")
    if home is None or "site-packages" not in str(home.origin):
        sys.exit("this is not the installed softreg")
    lines = SESSION.splitlines()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for line in lines:
            done = softreg(folder, line)
            if done.returncode:
                sys.exit(f"softreg {line} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        if (folder / "answers.csv").read_bytes() != (folder / "again.csv").read_bytes():
            sys.exit("the model and its JSON answer differently")
        done = softreg(folder, "export last --format onnx -o model.onnx")
        if done.returncode != 2 or "pip install" not in done.stderr or "Traceback" in done.stderr:
            sys.exit(f"without onnx, an export ended with {done.returncode}:\n{done.stderr}")
    print(f"{len(lines)} lines typed, each with exit code 0; the export to ONNX says what to install")


if __name__ == "__main__":
    main()
