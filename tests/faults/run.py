#!/usr/bin/env python3
"""One class of faults against the whole stack.

    run.py CLASS [--seed N] [--size small|gate|long]

Classes: kill-worker kill-responder kill-postgres commit-unknown zombie
dedupe-race cursor. Without a seed one is drawn; it decides the schedule, and
the first line says how to have the same again. README.md beside this file
says what is counted. Exit status 0: enough hits, and nothing was counted.
"""

import argparse
import importlib
import os
import pathlib
import random
import sys
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "lib")]
from ledger import COUNTS  # noqa: E402

CLASSES = ("kill-worker", "kill-responder", "kill-postgres",
           "commit-unknown", "zombie", "dedupe-race", "cursor")


def line(name, hits, wanted, ledger):
    acked = sum(e.request_id() is not None for e in ledger.load.events)
    calls = sum(len(c) for c in ledger.calls.values())
    return (f"{name}: hits {hits} of {wanted}, acknowledged {acked}, calls "
            f"{calls}, extra calls {ledger.extra}; " + ", ".join(
                f"{c} {ledger.count(c)}" for c in COUNTS))


def tell(ledger, took):
    print(f"# {sum(ledger.doubts)} tries without an answer: "
          f"{ledger.doubts[1]} had been stored, {ledger.doubts[0]} had not; "
          f"{ledger.buried} jobs buried after three crashes; settled "
          f"{took:.1f} s after the last fault", flush=True)
    for name in COUNTS:
        for example in ledger.found[name][:5]:
            print(f"NOT OK - {name}: {str(example)[:700]}", flush=True)


def perform(module, name, seed, size):
    """True if all is well."""
    rng = random.Random(f"{name} {seed}")
    wanted = module.SIZES[size]
    plan = module.plan(rng, size)
    with module.rig() as rig:
        rig.start()
        scene = module.Scene(rig, seed)
        scene.run(plan)
        took = rig.settle()
        ledger = rig.reckon(scene.committed())
        try:
            scene.judge(ledger)
        except AssertionError as e:
            print(f"NOT OK - {e}", flush=True)
            scene.broken_off = True
        hits = scene.hits(ledger)
        for what in rig.died_unasked():
            print(f"NOT OK - died by itself: {what}", flush=True)
            scene.broken_off = True
        tell(ledger, took)
        print(line(name, hits, wanted, ledger), flush=True)
    return hits >= wanted and not scene.broken_off and not any(
        ledger.count(c) for c in COUNTS)


def main():
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("name", choices=CLASSES, metavar="CLASS")
    p.add_argument("--seed", type=int)
    p.add_argument("--size", choices=("small", "gate", "long"),
                   default="gate")
    a = p.parse_args()
    seed = int.from_bytes(os.urandom(4), "big") if a.seed is None else a.seed
    again = f"{sys.argv[0]} {a.name} --seed {seed} --size {a.size}"
    print(f"# seed {seed}; again: {again}", flush=True)
    module = importlib.import_module(a.name.replace("-", "_"))
    try:
        ok = perform(module, a.name, seed, a.size)
    except AssertionError:
        traceback.print_exc()
        ok = False
    if not ok:
        print(f"NOT OK - {a.name}; again: {again}", flush=True)
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
