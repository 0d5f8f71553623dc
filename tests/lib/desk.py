"""The responder with its database, and the operator's command beside it."""

import os
import pathlib
import shutil
import subprocess

from bare import Bare
from proc import as_user


class Desk(Bare):
    """The command has a configuration file of its own, with the same sites
    and another role."""

    role = "pressgate_operator"

    def make_folder(self):
        super().make_folder()
        self.own(shutil.copy(pathlib.Path(
            os.environ.get("PRESSGATE_BIN", "."), "pressgate"),
            f"{self.dir}/bin/"))

    def write_conf(self):
        super().write_conf()
        text = pathlib.Path(self.conf).read_text().replace(
            self.url("pressgate_ingest"), self.url(self.role))
        self.desk_conf = self.write("etc/desk.conf", text)

    def run(self, *args, env=None):
        """Exit code, output, complaints."""
        out = subprocess.run(
            as_user([f"{self.dir}/bin/pressgate", *args]), text=True,
            env={**self.environment(), "PRESSGATE_CONF": self.desk_conf,
                 **(env or {})},
            cwd=f"{self.dir}/web", stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return out.returncode, out.stdout, out.stderr
