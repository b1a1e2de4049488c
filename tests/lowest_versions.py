"""Print the lowest versions that pyproject.toml allows, as pip constraints: what `make bounds` installs."""

from __future__ import annotations

import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())["project"]
for requirement in project["dependencies"] + project["optional-dependencies"]["test"]:
    print(requirement.replace(">=", "=="))
print("pyparsing<3.3")  # newer ones warn of what the oldest matplotlib calls, and warnings are errors in the tests
