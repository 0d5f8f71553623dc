"""What the classes of faults share: a rig under load and a schedule that is
worked off, one line for each fault."""

import random


class Base:
    senders = 8
    pause = 0.02

    def __init__(self, rig, seed):
        self.rig = rig
        self.seed = seed
        self.rng = random.Random(seed)
        self.done = 0
        self.broken_off = False

    def run(self, plan):
        self.before()
        self.load = self.rig.begin(self.seed, self.senders,
                                   pause=self.pause).start()
        try:
            self.work_off(plan)
        except AssertionError as e:  # the tables tell more than this does
            print(f"NOT OK - {e}", flush=True)
            self.broken_off = True

    def work_off(self, plan):
        for fault in plan:
            self.rig.after(fault["acked"])
            self.perform(fault)

    def before(self):
        """Nothing is sent yet."""

    def perform(self, fault):
        raise NotImplementedError

    def say(self, what):
        self.done += 1
        print(f"# {self.done}: {what}", flush=True)

    def trap(self, trap, timeout=30):
        """Waits until a trap closes."""
        stop = self.rig.proxy.set(trap).wait(timeout)
        if stop is None:
            self.rig.proxy.unset(trap)
            raise AssertionError(f"nobody came to {trap.statement} "
                                 f"{trap.point} in {timeout} s")
        return stop

    def committed(self):
        """For Ledger.durable()."""
        return ()

    def judge(self, ledger):
        """What only this class can see, added to the counts."""

    def hits(self, ledger):
        """Faults that met work."""
        return self.done
