"""What doc/wire.md shows, for tests that do what it says."""

import pathlib
import re

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def text():
    return (SOURCE / "doc/wire.md").read_text()


def fences():
    """What stands between ``` and ```, without the word behind the first."""
    return re.findall(r"^```\w*\n(.*?)^```$", text(), re.M | re.S)


def scripts():
    """The shell scripts, by the name in their first line: what is before
    the colon. Behind it are the variables that they want."""
    found = re.findall(r"^```sh\n# ([^:]*):(.*?)^```$", text(), re.M | re.S)
    return {name: "# " + script for name, script in found}


def commands():
    """Indented commands, each with the line below it, which it prints."""
    joined = text().replace(" \\\n        ", " ")
    return re.findall(r"^    (printf .*)\n    ([0-9a-f]{64})$", joined, re.M)
