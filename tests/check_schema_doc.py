#!/usr/bin/env python3
"""doc/schema.md is true: its table has the keywords that lib/schema.c has, its
examples are what the program says, and the presets are schemas."""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lib"))
from flow import Checks  # noqa: E402
from schema_judge import Judge, Text  # noqa: E402

SOURCE = HERE.parent


def keywords(check, text):
    code = (SOURCE / "lib/schema_keyword.c").read_text()
    ours = set(re.findall(r'\.name = "([^"]+)"', code))
    table = text.split("| keyword | for |")[1].split("\n\n")[0]
    rows = set()
    for line in table.splitlines()[2:]:
        rows |= set(re.findall(r"`([^`]+)`", line.split("|")[1]))
    check("the table has each keyword and no other", ours == rows,
          ours ^ rows)


def examples(check, text):
    block = re.search(r"```schema\n(.*?)```", text, re.S)[1]
    judge = Judge()
    told = value = None
    for line in block.splitlines():
        mark, rest = line[:2], line[2:]
        if mark == "+ ":
            value = Text(rest)
            check(line, judge.value(value) == "valid", judge.value(value))
        elif mark == "= ":
            check(line, judge.stored(value) == rest, judge.stored(value))
        elif mark == "- ":
            value, fault = rest.rsplit(" : ", 1)
            said = judge.value(Text(value)).split(" ", 2)
            where = said[2] if len(said) > 2 and said[2] else "the top"
            check(line, said[0] in ("invalid", "limit")
                  and f"{said[1]} at {where}" == fault, said)
        elif mark == "! ":
            check(line, told == "refused " + rest, told)
        elif line:
            told = judge.schema(Text(line))
            check(f"{line} is read", told == "ok"
                  or told.startswith("refused"), told)
    judge.close()


def presets(check, text, makefile):
    judge = Judge()
    for path in sorted((SOURCE / "conf/schemas").glob("*/*.json")):
        name = f"{path.parent.name}/{path.name}"
        said = judge.schema(Text(path.read_text()))
        check(f"{name} is a schema", said == "ok", said)
        check(f"{name} is told of", f"`{name}`" in text)
        check(f"{name} is installed", f"conf/schemas/{name}" in makefile)
    judge.close()


def main():
    check = Checks()
    text = (SOURCE / "doc/schema.md").read_text()
    keywords(check, text)
    examples(check, text)
    presets(check, text, (SOURCE / "Makefile.am").read_text())
    check.exit()


main()
