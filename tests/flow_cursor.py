#!/usr/bin/env python3
"""A site reads its results by cursor while eight senders post and two
workers finish jobs out of order: the walk skips nothing, repeats nothing,
and is in order.

Between a result's number and its commit lies a pause of random length here:
without the lock on the stream, numbers would collide or be seen too late."""

import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from flow import Checks, Senders  # noqa: E402
from proc import wait_until  # noqa: E402
from stack import Stack  # noqa: E402

SECONDS = 6

SLOW_COMMIT = """
create schema t;
grant usage on schema t to public;
create function t.pause() returns trigger language plpgsql as $$ begin
	if random() < 0.3 then perform pg_sleep(random() * 0.01); end if;
	return null; end $$;
create constraint trigger pause after insert on pressgate.result
	deferrable initially deferred for each row execute function t.pause()"""


def read_while(s, senders, rng):
    """Walks with small pages until the senders are done and all is read."""
    seen, cursor, idle_since = [], None, None
    end = time.monotonic() + SECONDS
    while True:
        if time.monotonic() > end and not senders.stopping.is_set():
            senders.stop()
        a = s.client.results(cursor, rng.choice((1, 3, 7, 50)))
        if a.status != 200:
            raise AssertionError(f"GET /results: {a}")
        page = a.json()
        seen += page["results"]
        if page["results"]:
            idle_since = None
        elif page["next"] != cursor and cursor is not None:
            raise AssertionError("an empty page moved the cursor")
        elif senders.stopping.is_set():
            idle_since = idle_since or time.monotonic()
            if len(seen) >= len(senders.acked) and \
                    time.monotonic() - idle_since > 1:
                return seen
            if time.monotonic() - idle_since > 30:
                return seen
        cursor = page["next"]


def main():
    check = Checks()
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    print(f"# seed {seed}", flush=True)
    with Stack(model="slow-0.05s") as s:
        s.start()
        s.sql(SLOW_COMMIT)
        s.start_program("worker2", [f"{s.dir}/bin/pressgate-worker"])
        senders = Senders(s, 8, pause=0.01, seed=seed).start()
        seen = read_while(s, senders, random.Random(seed))
        keys = [r["idempotency_key"] for r in seen]
        check(f"all {len(senders.acked)} results were read while they were "
              "written", set(keys) == set(senders.acked),
              (len(set(keys)), len(senders.acked)))
        check("none was read twice", len(keys) == len(set(keys)),
              len(keys) - len(set(keys)))
        wrong = [r for r in seen if r["status"] != "done"]
        check("each is what the vendor said", not wrong, wrong[:3])
        numbers = [r["seq"] for r in seen]
        check("in order, and without a hole",
              numbers == list(range(numbers[0], numbers[0] + len(numbers))))
        written = s.sql("select seq from pressgate.result order by seq")
        check("the table has the same", [int(r[0]) for r in written]
              == numbers)
        worked = wait_until("both workers' traces", lambda: s.sql(
            "select count(distinct id) from pressgate.worker"))
        check("two workers took part", int(worked[0][0]) == 2, worked)
        again, _ = s.client.walk()
        check("a second walk from the start reads the same",
              [r["idempotency_key"] for r in again] == keys)
        refused = [line for line in pathlib.Path(
            s.dir, "log/postgresql.log").read_text().splitlines()
            if "ERROR:" in line]
        check("no two workers took the same number", not refused,
              refused[:3])
        a = s.client.results(f"{numbers[-1] + 1000}.00000000")
        check("a cursor past the end is 410 with a restart",
              a.status == 410 and "restart" in a.json(), a)
        restart, _ = s.client.walk(a.json()["restart"])
        check("the restart reads everything again", len(restart)
              == len(keys))
    check.exit()


main()
