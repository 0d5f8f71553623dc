"""A strict reader of Prometheus' text format 0.0.4: what a lenient server
would let pass is an error here. Source: Prometheus documentation,
"Exposition formats"."""

import math
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
HELP = re.compile(rf"# HELP ({NAME}) (.+)")
TYPE = re.compile(rf"# TYPE ({NAME}) (counter|gauge|histogram)")
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? ([^ ]+)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')
VALUE = re.compile(r"-?[0-9]+(\.[0-9]+)?")
PARTS = {"histogram": ("_bucket", "_sum", "_count")}


def labels_of(text):
    found = {}
    while text:
        m = LABEL.match(text)
        if not m or m[1] in found or (m[3] and m.end() == len(text)):
            raise ValueError(f"labels: {text}")
        found[m[1]] = re.sub(r"\\(.)", lambda e: "\n" if e[1] == "n"
                             else e[1], m[2])
        text = text[m.end():]
    return found


class Exposition:
    """samples: (name, labels as a frozenset of pairs) -> number; families:
    name -> kind. ValueError if the text is not as it must be."""

    def __init__(self, text):
        self.samples = {}
        self.families = {}
        if not text.endswith("\n"):
            raise ValueError("no line end at the end")
        family = helped = None
        for line in text[:-1].split("\n"):
            if m := HELP.fullmatch(line):
                helped = m[1]
            elif m := TYPE.fullmatch(line):
                if m[1] != helped or m[1] in self.families:
                    raise ValueError(f"TYPE without HELP or twice: {line}")
                family, helped = m[1], None
                self.families[family] = m[2]
            elif helped:
                raise ValueError(f"HELP without TYPE: {helped}")
            else:
                self.sample(line, family)
        for name, kind in self.families.items():
            if kind == "histogram":
                self.histogram(name)

    def sample(self, line, family):
        m = SAMPLE.fullmatch(line)
        if not m or family is None or not VALUE.fullmatch(m[3]):
            raise ValueError(f"not a sample: {line!r}")
        kind = self.families[family]
        if m[1] not in [family + p for p in PARTS.get(kind, ("",))]:
            raise ValueError(f"not of {family}: {line}")
        value = float(m[3])
        if kind == "counter" and not (family.endswith("_total")
                                      and value >= 0):
            raise ValueError(f"not a counter: {line}")
        key = m[1], frozenset(labels_of(m[2] or "").items())
        if key in self.samples:
            raise ValueError(f"twice: {line}")
        self.samples[key] = value

    def histogram(self, name):
        rows = {}
        for (n, labels), value in self.samples.items():
            if n == name + "_bucket":
                le = dict(labels)["le"]
                rest = frozenset(p for p in labels if p[0] != "le")
                rows.setdefault(rest, []).append(
                    (math.inf if le == "+Inf" else float(le), value))
        if not rows:
            raise ValueError(f"{name}: no bucket")
        for rest, buckets in rows.items():
            if buckets != sorted(buckets) or buckets[-1][0] != math.inf \
                    or sorted(b[1] for b in buckets) != \
                    [b[1] for b in buckets] \
                    or self.samples[name + "_count", rest] != \
                    buckets[-1][1] or (name + "_sum", rest) not in \
                    self.samples:
                raise ValueError(f"{name}: buckets: {buckets}")

    def get(self, name, **labels):
        """A sample, 0 if there is none."""
        return self.samples.get((name, frozenset(labels.items())), 0)

    def counters(self):
        """Everything that may only grow."""
        return {k: v for k, v in self.samples.items()
                if not any(k[0] == n for n, kind in self.families.items()
                           if kind == "gauge")}
