"""Real web servers in front of the stack, each with the configuration that
pressgate ships (below conf/). Only host name, ports, paths and
certificates are put in; a text that is not found fails, so the shipped file
and the test cannot drift apart."""

import os
import pathlib
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
MODULE_DIR = "/usr/lib/apache2/modules"


def shipped(name, replace=None):
    """The text of a file of conf/, with each key of replace replaced."""
    text = (SOURCE / "conf" / name).read_text()
    for old, new in (replace or {}).items():
        if old not in text:
            raise AssertionError(f"conf/{name} has no {old!r}")
        text = text.replace(old, str(new))
    return text


def program(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") +
                        ":/usr/sbin:/usr/local/sbin")
    if path is None:
        print(f"SKIP: no {name}", file=sys.stderr)
        sys.exit(77)
    return path


def certificate(stack):
    """A certificate for 127.0.0.1 that nobody else trusts."""
    pem, key = f"{stack.dir}/web/cert.pem", f"{stack.dir}/web/cert.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
         "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", pem],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for path in (pem, key):
        stack.own(path, 0o600)
    return pem, key


class Nginx:
    """conf/nginx/pressgate-routes.conf in a plain server on loopback."""

    MAIN = """\
daemon off;
worker_processes 2;
pid $DIR/web/nginx.pid;
error_log $DIR/log/nginx.log;
events { worker_connections 1024; }
http {
	access_log off;
	client_body_temp_path $DIR/web/body;
	fastcgi_temp_path $DIR/web/fastcgi;
	proxy_temp_path $DIR/web/proxy;
	scgi_temp_path $DIR/web/scgi;
	uwsgi_temp_path $DIR/web/uwsgi;
$SITE
}
"""
    SITE = """\
	upstream pressgate { server unix:$DIR/run/fcgi.sock; }
	server {
		listen 127.0.0.1:$PORT;
		include snippets/pressgate-routes.conf;
	}
"""

    def __init__(self, stack):
        self.stack = stack
        self.nginx = program("nginx")

    def site(self):
        return self.SITE

    def prepare(self):
        s = self.stack
        os.makedirs(f"{s.dir}/web/snippets")
        s.own(f"{s.dir}/web/snippets", 0o700)
        s.write("web/snippets/pressgate-routes.conf",
                shipped("nginx/pressgate-routes.conf"))
        s.write("web/fastcgi_params",
                pathlib.Path("/etc/nginx/fastcgi_params").read_text())
        main = self.MAIN.replace("$SITE", self.site())
        s.write("web/nginx.conf", main.replace("$DIR", s.dir)
                .replace("$PORT", str(s.port)))

    def argv(self):
        d = self.stack.dir
        # The first error log is opened before the file is read.
        return [self.nginx, "-p", f"{d}/web", "-c", f"{d}/web/nginx.conf",
                "-e", f"{d}/log/nginx.log"]


class NginxTls(Nginx):
    """The whole of conf/nginx/pressgate.conf: TLS on the stack's port,
    plain HTTP on plain_port."""

    def site(self):
        s = self.stack
        pem, key = certificate(s)
        return shipped("nginx/pressgate.conf", {
            "\tlisten [::]:443 ssl;\n": "", "\tlisten [::]:80;\n": "",
            "listen 443 ssl": f"listen 127.0.0.1:{s.port} ssl",
            "listen 80": f"listen 127.0.0.1:{s.plain_port}",
            "/run/pressgate/fcgi.sock": f"{s.dir}/run/fcgi.sock",
            "/etc/ssl/gate.example.com.pem": pem,
            "/etc/ssl/private/gate.example.com.key": key})


class Apache:
    """What the two ways with Apache share."""

    MODULES = ()
    MAIN = """\
ServerName 127.0.0.1
ServerRoot $DIR/web
DefaultRuntimeDir $DIR/web
PidFile $DIR/web/apache.pid
ErrorLog $DIR/log/apache.log
Mutex file:$DIR/web default
Listen 127.0.0.1:$PORT
DocumentRoot $DIR/web/public_html
ServerLimit 2
ThreadsPerChild 25
MaxRequestWorkers 50
"""

    def __init__(self, stack):
        self.stack = stack
        self.apache = program("apache2")

    def prepare(self):
        s = self.stack
        names = ("mpm_event", "authz_core", *self.MODULES)
        for name in names:
            if not os.path.exists(f"{MODULE_DIR}/mod_{name}.so"):
                print(f"SKIP: no mod_{name}", file=sys.stderr)
                sys.exit(77)
        load = "".join(f"LoadModule {n}_module {MODULE_DIR}/mod_{n}.so\n"
                       for n in names)
        os.makedirs(f"{s.dir}/web/public_html")
        main = load + self.MAIN + self.site()
        s.write("web/apache.conf", main.replace("$DIR", s.dir)
                .replace("$PORT", str(s.port)))

    def argv(self):
        return [self.apache, "-D", "FOREGROUND", "-f",
                f"{self.stack.dir}/web/apache.conf"]


class ApacheProxy(Apache):
    """conf/apache/pressgate-proxy.conf, whole: TLS on the stack's port,
    plain HTTP on plain_port."""

    MODULES = ("proxy", "proxy_fcgi", "ssl", "headers", "env", "buffer",
               "alias")

    def site(self):
        s = self.stack
        pem, key = certificate(s)
        return f"Listen 127.0.0.1:{s.plain_port}\n" + shipped(
            "apache/pressgate-proxy.conf", {
                "<VirtualHost *:443>": f"<VirtualHost 127.0.0.1:{s.port}>",
                "<VirtualHost *:80>":
                    f"<VirtualHost 127.0.0.1:{s.plain_port}>",
                "/run/pressgate/fcgi.sock": f"{s.dir}/run/fcgi.sock",
                "/etc/ssl/gate.example.com.pem": pem,
                "/etc/ssl/private/gate.example.com.key": key})


class ApacheFcgid(Apache):
    """conf/apache/fcgid in a folder of a site, as on shared hosting: no
    responder of our own, Apache starts pressgate.fcgi by itself."""

    MODULES = ("fcgid", "mime", "rewrite")
    MOUNT = "/pressgate"

    def site(self):
        s = self.stack
        folder = f"{s.dir}/web/public_html{self.MOUNT}"
        os.makedirs(folder)
        name = "web/public_html" + self.MOUNT
        s.write(f"{name}/.htaccess", shipped("apache/fcgid/.htaccess"),
                0o644)
        s.write(f"{name}/pressgate.fcgi", shipped(
            "apache/fcgid/pressgate.fcgi", {
                "/home/USER/pressgate/sbin/pressgate-fcgi":
                    f"{s.dir}/bin/pressgate-fcgi",
                "/home/USER/pressgate/etc/pressgate/pressgate.conf":
                    f"{s.dir}/etc/pressgate.conf"}), 0o755)
        s.own(folder, 0o755)
        # What a host gives: the AllowOverride that WordPress needs, and
        # mod_fcgid with its defaults.
        return """\
TypesConfig /dev/null
FcgidIPCDir $DIR/web
FcgidProcessTableFile $DIR/web/fcgid_shm
<Directory $DIR/web/public_html>
	AllowOverride FileInfo AuthConfig Options
	Require all granted
</Directory>
"""


class Lighttpd:
    """conf/lighttpd/pressgate.conf, whole: TLS on the stack's port, plain
    HTTP on plain_port."""

    MAIN = """\
server.bind = "127.0.0.1"
server.port = $PLAIN
server.document-root = "$DIR/web"
server.upload-dirs = ( "$DIR/web" )
server.errorlog = "$DIR/log/lighttpd.log"
include "pressgate.conf"
"""

    def __init__(self, stack):
        self.stack = stack
        self.lighttpd = program("lighttpd")

    def prepare(self):
        s = self.stack
        pem, key = certificate(s)
        s.write("web/pressgate.conf", shipped("lighttpd/pressgate.conf", {
            '$SERVER["socket"] == "[::]:443" {\n\tssl.engine = "enable"\n}\n':
                "",
            '":443"': f'"127.0.0.1:{s.port}"',
            '"gate.example.com"': '"127.0.0.1"',
            "/run/pressgate/fcgi.sock": f"{s.dir}/run/fcgi.sock",
            "/etc/ssl/gate.example.com.pem": pem,
            "/etc/ssl/private/gate.example.com.key": key}))
        s.write("web/lighttpd.conf", self.MAIN.replace("$DIR", s.dir)
                .replace("$PLAIN", str(s.plain_port)))

    def argv(self):
        return [self.lighttpd, "-D", "-f",
                f"{self.stack.dir}/web/lighttpd.conf"]


class Caddy:
    """conf/caddy, whole: TLS on the stack's port, plain HTTP on plain_port.
    Its port for commands is switched off."""

    def __init__(self, stack):
        self.stack = stack
        self.caddy = program("caddy")

    def prepare(self):
        s = self.stack
        pem, key = certificate(s)
        s.write("web/Caddyfile", shipped("caddy/Caddyfile", {
            "\tservers {\n": f"""\
	admin off
	default_bind 127.0.0.1
	http_port {s.plain_port}
	https_port {s.port}
	log {{
		output file {s.dir}/log/caddy.log
	}}
	servers {{
		protocols h1 h2
""",
            "http://gate.example.com": f"http://127.0.0.1:{s.plain_port}",
            "\ngate.example.com": f"\nhttps://127.0.0.1:{s.port}",
            "tls {": f"tls {pem} {key} {{"}))
        s.write("web/pressgate-routes.caddy", shipped(
            "caddy/pressgate-routes.caddy", {
                "/run/pressgate/fcgi.sock": f"{s.dir}/run/fcgi.sock"}))

    def argv(self):
        d = self.stack.dir
        return ["env", f"HOME={d}/web", self.caddy, "run", "--config",
                f"{d}/web/Caddyfile"]
