"""What the flow tests share: one line for each thing that was looked at."""

import sys


class Checks:
    """Prints `ok` or `NOT OK` for each look; exit() is the verdict."""

    def __init__(self):
        self.failed = 0
        self.count = 0

    def __call__(self, what, ok, seen=""):
        self.count += 1
        if not ok:
            self.failed += 1
        print(f"{'ok' if ok else 'NOT OK'} - {what}"
              + (f": {seen}" if seen != "" and not ok else ""), flush=True)
        return ok

    def status(self, what, answer, status, says=None):
        return self(what, answer.status == status
                    and (says is None or answer.says() == says), answer)

    def exit(self):
        print(f"{self.count - self.failed} of {self.count} hold", flush=True)
        sys.exit(1 if self.failed or not self.count else 0)
