"""Senders, as many careful sites at once: each event again with the same key
and body until it is acknowledged; and the history of what they were told,
by which tests/faults judges."""

import http.client
import random
import threading
import time
import uuid


class Try:
    """One request and what came of it; status None: no answer."""

    def __init__(self, begun, ended, answer, body):
        self.begun = begun      # seconds since 1970, as PostgreSQL's clock
        self.ended = ended
        self.body = body
        self.status = answer.status if answer else None
        self.says = answer.says() if answer else None
        self.request_id = answer.json().get("request_id") \
            if self.status == 202 else None

    def is_in_doubt(self):
        return self.status is None or self.status >= 500

    def is_final(self):
        """Nothing is to be had by sending it again."""
        return not self.is_in_doubt() and \
            self.status not in (408, 425, 429)

    def __repr__(self):
        return (f"{self.begun:.3f}-{self.ended:.3f} {self.status} "
                f"{self.says} {self.request_id}")


def new_key(rng, client):
    """As the client's door likes them."""
    bits = rng.getrandbits(128)
    if client.door.name == "edge":
        return f"prov:{bits:032x}"
    return str(uuid.UUID(int=bits, version=4))


class Event:
    """One event of a site, the client that sends it, and its tries."""

    def __init__(self, site, client, key, kind="post.published",
                 forged=False, **members):
        self.site = site
        self.client = client
        self.key = key
        self.forged = forged    # signed by somebody who has no secret
        self.body = client.door.body(kind, key, title="T " + key, **members)
        self.tries = []

    def headers(self, body):
        how = {"signature": "0" * 64} if self.forged else {}
        return self.client.headers(body, self.key, **how)

    def request_id(self):
        """That of the first acknowledgement; None: not acknowledged."""
        for t in self.tries:
            if t.status == 202:
                return t.request_id
        return None


class Load:
    """sites: name -> Clients, one for each door. kinds: types of events to
    draw from; forged: share of events whose signature is wrong. An event is
    given up when it is not acknowledged within patience seconds after its
    first try or, if that is later, after `disturbed`, which a test of faults
    keeps up."""

    def __init__(self, sites, count=8, pause=0.02, seed=1,
                 kinds=("post.published",), forged=0.0, patience=45):
        self.sites = sites
        self.pause = pause
        self.kinds = kinds
        self.forged = forged
        self.patience = patience
        self.disturbed = 0.0    # monotonic
        self.lock = threading.Lock()
        self.events = []
        self.count_acked = 0
        self.stopping = threading.Event()
        self.errors = []
        self.threads = [
            threading.Thread(target=self.run, args=(seed * 1000 + n,),
                             daemon=True) for n in range(count)]

    def start(self):
        for t in self.threads:
            t.start()
        return self

    def stop(self):
        """No new events; those under way are sent until acknowledged."""
        self.stopping.set()
        for t in self.threads:
            t.join(self.patience + 30)
        if any(t.is_alive() for t in self.threads):
            raise AssertionError("a sender hangs")
        if self.errors:
            raise self.errors[0]
        return self

    def new_event(self, rng, kind=None, site=None, **members):
        """Any site and any of its doors."""
        site = site or rng.choice(sorted(self.sites))
        client = rng.choice(self.sites[site])
        return Event(site, client, new_key(rng, client),
                     kind or rng.choice(self.kinds), **members)

    def run(self, seed):
        rng = random.Random(seed)
        try:
            while not self.stopping.is_set():
                self.send(self.new_event(
                    rng, forged=rng.random() < self.forged), rng)
                time.sleep(self.pause * rng.uniform(0.5, 1.5))
        except Exception as e:  # noqa: BLE001 - told by stop()
            self.errors.append(e)

    def attempt(self, event, body=None, headers=None):
        """Sends it once; body: instead of its own, under its key; headers:
        of an earlier try, to send the very same again."""
        body = body or event.body
        begun = time.time()
        try:
            answer = event.client.request(
                "POST", event.client.door.path, body,
                headers or event.headers(body))
        except (OSError, http.client.HTTPException):
            answer = None
        t = Try(begun, time.time(), answer, body)
        with self.lock:
            if t.status == 202 and event.request_id() is None:
                self.count_acked += 1
            event.tries.append(t)
        return t

    def insist(self, event, body=None, rng=random):
        """Until it is acknowledged, or refused for good, or patience ends;
        the last try. Half of the repeated tries are the very same bytes
        again, the others are signed anew."""
        begun = time.monotonic()
        headers = event.headers(body or event.body)
        while True:
            t = self.attempt(event, body, headers)
            if t.is_final() or time.monotonic() > self.patience + max(
                    begun, self.disturbed):
                return t
            time.sleep(0.1)
            if rng.random() < 0.5:
                headers = event.headers(body or event.body)

    def send(self, event, rng=random):
        with self.lock:
            self.events.append(event)
        self.insist(event, rng=rng)
        return event
