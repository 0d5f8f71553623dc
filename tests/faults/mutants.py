#!/usr/bin/env python3
"""Takes one guard after another out of a copy of pressgate and runs the class
of faults that must notice.

    mutants.py [--seed N] [--list] [NAME...]

Builds in a folder of its own under $TMPDIR. Prints a table of what each class
said, as it stands in README.md. Exit status 0: every mutant was noticed, by
the count that is named for it.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
PROGRAMS = ("pressgate", "pressgate-fcgi", "pressgate-worker")


class Mutant:
    """edits: (file, text that stands there once, what it becomes)."""

    def __init__(self, name, classes, count, *edits, size="small"):
        self.name = name
        self.classes = classes
        self.count = count
        self.edits = edits
        self.size = size

    def apply(self, source):
        """The files as they become: path -> text."""
        files = {}
        for name, old, new in self.edits:
            path = source / name
            text = files.get(path) or path.read_text()
            if text.count(old) != 1:
                sys.exit(f"{self.name}: {name} has this "
                         f"{text.count(old)} times:\n{old}")
            files[path] = text.replace(old, new)
        return files


CALL = """	code = inbox_call(t->db, INBOX_INGEST_PLAIN, p->v, PLAIN_PARAMS,
"""
STORE = """	code = store_in_company(t, until_ms, answer, err);
"""
REPEAT = """\
	if (code != GATE_E_DB_RETRY ||
	    until_ms - gate_mono_ms() < REPEAT_MIN_MS)
"""
AGAIN = """\
	if (code == GATE_E_DB_RETRY &&
	    until_ms - gate_mono_ms() >= REPEAT_MIN_MS) {
		struct inbox_event e = d->events[0];
		struct inbox_delivery again = *d;

		(void)poll(NULL, 0, REPEAT_AFTER_MS);
		if (gate_uuid7(gate_wall_ms(), &e.id) != GATE_OK)
			return code;
		again.events = &e;
		return inbox_store(t, &again, until_ms, receipts, err);
	}
"""
DRAIN = """\
	const struct gate_stmt *s = &db->stmts[db->stmt];
	PGresult *old;

	while ((old = PQgetResult(db->link.conn)) != NULL)
		PQclear(old);
	if (db->prepared && db->known[db->stmt] != db->link.serial) {
"""
UPSERT = """\
		on conflict (site_id, source_id, kind, key) do update
		    set event_id = excluded.event_id
"""
NUMBER = """\
			greatest(s.floor_seq, coalesce((select r.seq
			    from result r where r.site_id = g.site_id
			    order by r.seq desc limit 1), 0))
			+ row_number() over (partition by g.site_id,
			    g."to" = 'mirrored' order by g.id)
"""
LOCK = "\n\t  order by s.site_id for no key update of s;"

MUTANTS = [
    Mutant("202 when the commit is in doubt", ["kill-postgres"], "lost",
           ("fcgi/inbox.c", STORE, STORE + """\
	if (code == GATE_E_DB_RETRY) {
		receipts[0].outcome = OUTCOME_ACCEPTED;
		gate_uuid_text(&d->events[0].id, receipts[0].event_id);
		return GATE_OK;
	}
""")),
    Mutant("a call for several believed, whatever came of it",
           ["kill-postgres"], "lost",
           ("fcgi/inbox.c", "	return l->code == GATE_OK;\n", """\
	for (size_t i = 0; l->code != GATE_OK && i < count; i++)
		(void)strcpy(answers[i],
		    "accepted 01900000-0000-7000-8000-000000000000");
	return l->code == GATE_OK || count > 1;
""")),
    Mutant("transaction open until after the answer",
           ["kill-responder", "kill-postgres", "commit-unknown"], "lost",
           ("fcgi/inbox.h", "	INBOX_STMT_COUNT",
            "	INBOX_BEGIN,\n	INBOX_COMMIT,\n	INBOX_STMT_COUNT"),
           ("fcgi/inbox.c", "    [INBOX_EVENT] = ",
            '    [INBOX_BEGIN] = {"begin", "begin", 0},\n'
            '    [INBOX_COMMIT] = {"commit", "commit", 0},\n'
            "    [INBOX_EVENT] = "),
           ("fcgi/inbox.c", CALL,
            "	code = gate_db_call(t->db, INBOX_BEGIN, NULL, 0, until_ms,\n"
            "	    NULL, err);\n" + CALL),
           ("fcgi/child.c", "	if (c->has_jobs)\n", """\
	struct gate_err err;

	if (c->has_jobs &&
	    gate_db_call(c->tools.db, INBOX_COMMIT, NULL, 0,
		gate_mono_ms() + 2000, NULL, &err) == GATE_OK)
""")),
    Mutant("CommandComplete taken for the commit", ["commit-unknown"],
           "lost",
           ("lib/db.c", "		forget(db);\n		db->last = r;\n	}\n",
            "		forget(db);\n		db->last = r;\n"
            "		return GATE_OK;\n	}\n"),
           ("lib/db.c", DRAIN.split("	PGresult")[0] + "\n"
            + DRAIN.split("PQclear(old);\n")[1], DRAIN)),
    Mutant("synchronous_commit off", ["kill-postgres"], "lost",
           ("sql/003_ingest.sql", "	if n > 1 then\n",
            "	set local synchronous_commit = off;\n	if n > 1 then\n")),
    Mutant("idempotency key does not hold",
           ["dedupe-race", "commit-unknown", "kill-responder"], "doubled",
           ("sql/003_ingest.sql",
            "		on conflict do nothing\n		returning kind",
            UPSERT + "		returning kind"),
           ("sql/003_ingest.sql",
            "		on conflict do nothing\n		returning event_id),\n",
            UPSERT + "		returning event_id),\n")),
    Mutant("a duplicate is told its own id",
           ["commit-unknown", "dedupe-race"], "lost",
           ("sql/003_ingest.sql", "i.event_id first_id", "e.id first_id")),
    Mutant("a new event id for the responder's second try",
           ["commit-unknown"], "indeterminate",
           ("fcgi/inbox.c", REPEAT, "	if (until_ms > 0)\n"),
           ("fcgi/inbox.c", STORE, STORE + AGAIN)),
    Mutant("the same signed bytes are a replay",
           ["kill-responder", "commit-unknown"], "lost",
           ("sql/003_ingest.sql", "if seen <> p_guard_digest then",
            "if true then")),
    Mutant("any signature will do", ["kill-responder"], "phantom",
           ("lib/proof_mac.c", "		return GATE_FAULT_SIGNATURE;\n"
            "	*out = found;", "		found = &v->secrets->list[0];\n"
            "	*out = found;")),
    Mutant("fence off", ["zombie"], "doubled",
           ("sql/004_work.sql",
            "	   cross join lateral (select id from job\n"
            "		where id = x.id and claim_no = x.claim_no\n"
            "		  and lease_by is not null for update) j);\n"
            "	t := clock_timestamp();\n",
            "	   cross join lateral (select id from job\n"
            "		where id = x.id for update) j);\n"
            "	t := clock_timestamp();\n")),
    Mutant("what was given back can be settled again", ["commit-unknown"],
           "doubled",
           ("sql/004_work.sql",
            "		  and lease_by is not null for update) j);\n"
            "	t := clock_timestamp();\n", "		  for update) j);\n"
            "	t := clock_timestamp();\n")),
    Mutant("no lease runs out", ["kill-worker"], "stuck",
           ("sql/004_work.sql", "			   and due_at <= t\n",
            "			   and due_at <= t and lease_by is null\n")),
    Mutant("no takeover", ["kill-worker"], "stuck",
           ("sql/004_work.sql", "where lease_by = takeover.silent and",
            "where false and lease_by = takeover.silent and"), size="gate"),
    Mutant("an unknown finish taken for done", ["commit-unknown"],
           "doubled",
           ("worker/flush.c", "	else\n		keep(w);\n",
            "	else\n		while (w->flush.batch_count > 0)\n"
            "			job_free(take_first(&w->flush));\n")),
    Mutant("another Idempotency-Key for a second call", ["kill-worker"],
           "doubled",
           ("worker/send.c", "gate_sign_key(parts, n, &u);",
            "gate_uuid7((int64_t)(n + parts[0].n), &u);")),
    Mutant("no lock on the stream", ["cursor"], "doubled",
           ("sql/004_work.sql", LOCK, "\n	  order by s.site_id;")),
    Mutant("results numbered by a sequence", ["cursor"], "lost",
           ("sql/004_work.sql", LOCK, "\n	  order by s.site_id;"),
           ("sql/004_work.sql", NUMBER, "			nextval('result_no')\n"),
           ("sql/004_work.sql", "create type finish_item",
            "create sequence result_no;\ncreate type finish_item")),
    Mutant("results of all sites", ["cursor"], "phantom",
           ("sql/005_results.sql",
            "		 where x.site_id = s.site_id and v.verdict = 'ok'",
            "		 where v.verdict = 'ok'")),
]


def run(*argv, **how):
    return subprocess.run(argv, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **how)


class Copy:
    """A copy of the source, and a build of it."""

    def __init__(self, folder):
        self.src, self.build = folder / "src", folder / "build"
        shutil.copytree(SOURCE, self.src, ignore=shutil.ignore_patterns(
            ".git", "build", ".demo", "autom4te.cache"))
        self.build.mkdir()
        self.must(self.src / "configure", "CFLAGS=-g -O1")
        self.make()

    def must(self, *argv):
        out = run(*argv, cwd=self.build)
        if out.returncode != 0:
            sys.exit(out.stdout[-3000:])

    def make(self):
        self.must("make", f"-j{os.cpu_count()}", *PROGRAMS)

    def become(self, mutant):
        """Returns what undoes it."""
        files = mutant.apply(self.src)
        before = {path: path.read_text() for path in files}
        for path, text in files.items():
            path.write_text(text)

        def undo():
            for path, text in before.items():
                path.write_text(text)
        return undo

    def judge(self, name, seed, size):
        """The line of verdict, or why there is none."""
        out = run(sys.executable, HERE / "run.py", name, "--seed", str(seed),
                  "--size", size, cwd=self.build, env={
                      **os.environ, "PRESSGATE_BIN": str(self.build),
                      "PRESSGATE_SQL_DIR": str(self.src / "sql")})
        for line in reversed(out.stdout.splitlines()):
            if line.startswith(name + ": hits"):
                return out.returncode, line
        return out.returncode, (re.findall(
            r"^AssertionError: (.*)", out.stdout, re.M) or [
                "no verdict"])[-1]


def main():
    p = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("names", nargs="*", metavar="NAME")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--list", action="store_true")
    a = p.parse_args()
    chosen = [m for m in MUTANTS if not a.names or m.name in a.names]
    if a.list:
        for m in chosen:
            m.apply(SOURCE)
            print(m.name)
        return
    missed = 0
    print("| what was taken out | class | what it said |\n|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="pressgate-mutants.") as folder:
        os.chmod(folder, 0o755)
        copy = Copy(pathlib.Path(folder))
        for m in chosen:
            undo = copy.become(m)
            copy.make()
            for name in m.classes:
                code, line = copy.judge(name, a.seed, m.size)
                said = line.partition("; ")[2] or line
                ok = code == 1 and re.search(rf"{m.count} [1-9]", line)
                missed += not ok
                print(f"| {m.name} | {name} | {said} |"
                      + ("" if ok else " <- NOT NOTICED"), flush=True)
            undo()
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
