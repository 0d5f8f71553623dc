"""A real WordPress with the plugin of wordpress/pressgate, as
wordpress/tools/up.sh starts it, for as long as a `with` block lasts.

    with WordPress() as wp:
        wp.start()
        wp.constants("define( 'PRESSGATE_SITE', 'blog' );")
        wp.rest("POST", "/wp/v2/posts", {"title": "x", "status": "publish"})
"""

import base64
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

from client import Answer
from proc import UNPRIVILEGED, as_user

SOURCE = pathlib.Path(__file__).resolve().parents[2]
UP = SOURCE / "wordpress/tools/up.sh"

LOAD = """\
$_SERVER['HTTP_HOST'] = '127.0.0.1';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REQUEST_URI'] = '/';
require 'wp-load.php';
"""

# What the clock does in a while: everything that waits for a time waits that
# much less, and WP-Cron's own lock is over.
PASS = """\
global $wpdb;
$s = %d;
$wpdb->query( "UPDATE {$wpdb->prefix}pressgate_outbox SET next_at = GREATEST($s, next_at) - $s, claimed_until = GREATEST($s, claimed_until) - $s" );
foreach ( array( 'pressgate_poll' => 'next', 'pressgate_hold' => 'until' ) as $name => $member ) {
	$value = json_decode( (string) Pressgate\\State::read( $name ), true );
	if ( $value && $value[ $member ] > 0 ) {
		$value[ $member ] = max( 1, $value[ $member ] - $s );
		Pressgate\\State::put( $name, json_encode( $value ) );
	}
}
$lock = Pressgate\\State::read( 'pressgate_lock_poll' );
if ( null !== $lock ) {
	list( $owner, $until ) = explode( ' ', $lock );
	Pressgate\\State::put( 'pressgate_lock_poll', $owner . ' ' . ( $until - $s ) );
}
wp_clear_scheduled_hook( 'pressgate_tick' );
wp_schedule_event( time() - 1, 'pressgate_minute', 'pressgate_tick' );
delete_transient( 'doing_cron' );
"""


class WordPress:
    def __init__(self):
        self.dir = None
        self.running = []

    def __enter__(self):
        return self

    def __exit__(self, kind, _value, _trace):
        if kind not in (None, SystemExit, KeyboardInterrupt):
            self.show_logs()
        self.stop()

    def start(self):
        self.dir = tempfile.mkdtemp(prefix="pressgate-wp.")
        out = subprocess.run([UP, "up", self.dir], text=True,
                             stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE)
        if out.returncode == 77:
            sys.exit(77)
        out.check_returncode()
        env = dict(line.split("=", 1) for line in out.stdout.splitlines())
        self.version = env["WP_VERSION"]
        self.url = env["WP_URL"]
        self.root = env["WP_ROOT"]
        self.user = env["WP_USER"]
        self.password = env["WP_PASSWORD"]
        self.application_password = env["WP_APPLICATION_PASSWORD"]

    def stop(self):
        if self.dir is None:
            return
        for p in self.running:
            if p.poll() is None:
                p.kill()  # Without its database it would never end.
        subprocess.run([UP, "down", self.dir], check=False,
                       stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir = None

    def logs(self):
        return sorted(pathlib.Path(self.dir, "log").iterdir())

    def show_logs(self, lines=25):
        if self.dir is None or not os.path.isdir(f"{self.dir}/log"):
            return
        for path in self.logs():
            tail = [t[:400] for t in
                    path.read_text(errors="replace").splitlines()
                    if "Deprecated" not in t or "wp-includes" not in t]
            print(f"---- {path.name}", *tail[-lines:], sep="\n",
                  file=sys.stderr)

    def complaints(self):
        """What PHP said about the plugin's files, or the plugin itself."""
        return [line for path in self.logs()
                for line in path.read_text(errors="replace").splitlines()
                if "plugins/pressgate" in line or "pressgate:" in line]

    # ---- files ----------------------------------------------------------

    def write(self, path, text):
        """Whole or not at all: PHP may be reading it."""
        with open(path + ".new", "w") as f:
            f.write(text)
        if os.getuid() == 0:
            shutil.chown(path + ".new", UNPRIVILEGED, "nogroup")
        os.rename(path + ".new", path)

    def constants(self, text):
        """PHP for wp-config.php, in place of what was there."""
        self.write(f"{self.dir}/etc/constants.php", "<?php\n" + text)

    def mu_plugin(self, name, text):
        self.write(f"{self.root}/wp-content/mu-plugins/{name}.php", text)

    # ---- requests -------------------------------------------------------

    def request(self, method, target, body=None, headers=None, timeout=30):
        u = urllib.parse.urlsplit(self.url)
        c = http.client.HTTPConnection(u.hostname, u.port, timeout=timeout)
        try:
            c.request(method, target, body=body, headers=headers or {})
            r = c.getresponse()
            return Answer(r.status, r.headers, r.read())
        finally:
            c.close()

    def rest(self, method, path, doc=None):
        """A request to the REST API, with the application password."""
        login = f"{self.user}:{self.application_password}".encode()
        return self.request(
            method, "/wp-json" + path,
            None if doc is None else json.dumps(doc).encode(),
            {"Content-Type": "application/json",
             "Authorization": "Basic " + base64.b64encode(login).decode()})

    def admin_page(self, path):
        """A page of the dashboard, as the administrator sees it."""
        form = urllib.parse.urlencode({"log": self.user,
                                       "pwd": self.password})
        a = self.request("POST", "/wp-login.php", form.encode(), {
            "Content-Type": "application/x-www-form-urlencoded"})
        cookies = "; ".join(c.split(";")[0]
                            for c in a.headers.get_all("Set-Cookie"))
        return self.request("GET", path, headers={"Cookie": cookies})

    # ---- PHP and SQL ----------------------------------------------------

    def start_php(self, argv, env=None):
        self.running = [p for p in self.running if p.poll() is None]
        p = subprocess.Popen(
            as_user(["php", "-d", f"sys_temp_dir={self.dir}/tmp", *argv],
                    die_with_us=True),
            cwd=self.root, env={**os.environ, **(env or {})}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.running.append(p)
        return p

    def start_code(self, code, env=None):
        """Runs PHP inside WordPress; Popen."""
        return self.start_php(["-r", LOAD + code], env)

    def php(self, code):
        """What PHP inside WordPress printed."""
        p = self.start_code(code)
        out, _ = p.communicate(timeout=60)
        if p.returncode != 0:
            raise AssertionError(f"php: exit {p.returncode}: {out}")
        return out

    def pass_time(self, seconds=100):
        self.php(PASS % seconds)

    def cron(self, env=None):
        """wp-cron.php from the command line; its exit code."""
        p = self.start_php(["wp-cron.php"], env)
        out, _ = p.communicate(timeout=120)
        if out:
            raise AssertionError(f"wp-cron.php printed {out}")
        return p.returncode

    def minute(self, env=None):
        """A minute later WP-Cron runs."""
        self.pass_time()
        return self.cron(env)

    def sql(self, text):
        """Rows as lists of strings."""
        out = subprocess.run(
            as_user(["mariadb", "--no-defaults", "-uroot", "-BN", "--raw",
                     "--default-character-set=utf8mb4",
                     f"--socket={self.dir}/run/db.sock", "wp"]),
            input=text, text=True, stdout=subprocess.PIPE, check=True)
        return [line.split("\t") for line in out.stdout.splitlines()]

    def value(self, text):
        rows = self.sql(text)
        return rows[0][0] if rows else None
