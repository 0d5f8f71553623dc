"""Prepared statements over libpq, timed: what a program in C waits for."""

import ctypes
import ctypes.util
import time

PGRES_COMMAND_OK, PGRES_TUPLES_OK = 1, 2

pq = ctypes.CDLL(ctypes.util.find_library("pq") or "libpq.so.5")
for name, result in (("PQconnectdb", ctypes.c_void_p),
                     ("PQprepare", ctypes.c_void_p),
                     ("PQexecPrepared", ctypes.c_void_p),
                     ("PQexec", ctypes.c_void_p),
                     ("PQgetvalue", ctypes.c_char_p),
                     ("PQfname", ctypes.c_char_p),
                     ("PQerrorMessage", ctypes.c_char_p)):
    getattr(pq, name).restype = result


class Connection:
    def __init__(self, url):
        self.c = ctypes.c_void_p(pq.PQconnectdb(url.encode()))
        if pq.PQstatus(self.c) != 0:
            raise RuntimeError(pq.PQerrorMessage(self.c).decode())

    def close(self):
        pq.PQfinish(self.c)

    def rows(self, result):
        r = ctypes.c_void_p(result)
        if pq.PQresultStatus(r) not in (PGRES_COMMAND_OK, PGRES_TUPLES_OK):
            raise RuntimeError(pq.PQerrorMessage(self.c).decode())
        names = [pq.PQfname(r, k).decode() for k in range(pq.PQnfields(r))]
        found = [{n: pq.PQgetvalue(r, i, k).decode()
                  for k, n in enumerate(names)}
                 for i in range(pq.PQntuples(r))]
        pq.PQclear(r)
        return found

    def run(self, text):
        return self.rows(pq.PQexec(self.c, text.encode()))

    def prepare(self, name, text):
        self.rows(pq.PQprepare(self.c, name.encode(), text.encode(), 0, None))

    def execute(self, name, *params):
        """(rows, seconds until they were all here)"""
        texts = [str(p).encode() for p in params]
        values = (ctypes.c_char_p * len(texts))(*texts)
        began = time.perf_counter()
        result = pq.PQexecPrepared(self.c, name.encode(), len(texts), values,
                                   None, None, 0)
        took = time.perf_counter() - began
        return self.rows(result), took


def array(values):
    return "{" + ",".join(str(v) for v in values) + "}"
