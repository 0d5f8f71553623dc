#!/bin/sh
# A private PostgreSQL cluster that leaves no trace: its own folder, a Unix
# socket in it, a free loopback port, nothing of the system's.
#
#   pg_cluster.sh run COMMAND...  a cluster in a new folder for as long as
#                                 COMMAND runs; its exit code is COMMAND's
#   pg_cluster.sh dir             makes an empty folder, prints its name
#   pg_cluster.sh init DIR        initdb in DIR/pg; prints shell variables
#   pg_cluster.sh start DIR       starts it (also after a kill -9)
#   pg_cluster.sh stop DIR [MODE] stops it; MODE as pg_ctl's, default fast
#
# run sets PGHOST PGPORT PGUSER PGDATABASE (an empty database, superuser) and
# PG_DIR for COMMAND. Sourced, it only defines the functions pg_*.
#
# PostgreSQL refuses to be root: as root everything of the cluster belongs to
# `nobody`, not to `postgres`, which may own the machine's real databases.
# The socket trusts whoever reaches it, and its folder has mode 0700; the
# loopback port asks for a password (scram). fsync stays on: the tests that
# kill the server mean it.

PG_UNPRIVILEGED=nobody

# Runs a command as the user that the cluster belongs to.
pg_as_user()
{
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid="$PG_UNPRIVILEGED" \
			--regid="$(id -g "$PG_UNPRIVILEGED")" \
			--clear-groups -- "$@"
	else
		"$@"
	fi
}

# Prints the folder with initdb and postgres, the newest one.
pg_bindir()
{
	if [ -n "${PG_BINDIR:-}" ]; then
		echo "$PG_BINDIR"
		return 0
	fi
	for pg_d in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null |
		sort -t/ -k5,5nr); do
		if [ -x "$pg_d/initdb" ]; then
			echo "$pg_d"
			return 0
		fi
	done
	pg_d=$(command -v initdb) && dirname "$pg_d"
}

# Makes the folder. A socket's path ends at 107 bytes and the unprivileged
# user must get there, so a TMPDIR that is long or closed is not used.
pg_dir_new()
{
	pg_t=${TMPDIR:-/tmp}
	if [ "${#pg_t}" -gt 50 ] || ! (cd / && pg_as_user test -x "$pg_t"); then
		pg_t=/tmp
	fi
	pg_d=$(mktemp -d "$pg_t/pressgate.XXXXXX") || return 1
	if [ "$(id -u)" = 0 ]; then
		chown "$PG_UNPRIVILEGED:$(id -g "$PG_UNPRIVILEGED")" "$pg_d" ||
			return 1
	fi
	echo "$pg_d"
}

# A free port that no client gets meanwhile (see free_port in stack.py);
# python3 is there for the flow tests anyway.
pg_free_port()
{
	python3 -c 'import random, socket
while True:
    port = random.randrange(10000, 32768)
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    break'
}

pg_init() # DIR
{
	pg_bin=$(pg_bindir) && [ -n "$pg_bin" ] || {
		echo "pg_cluster: no initdb found" >&2
		return 77
	}
	pg_port=$(pg_free_port) || return 1
	(
		cd / || exit 1
		pg_as_user mkdir -m 700 "$1/run" "$1/log" || exit 1
		pg_as_user "$pg_bin/initdb" -D "$1/pg" -U postgres \
			--locale=C.UTF-8 -E UTF8 --auth-local=trust \
			--auth-host=scram-sha-256 >"$1/initdb.out" 2>&1 || {
			cat "$1/initdb.out" >&2
			exit 1
		}
		pg_as_user sh -c 'cat >>"$1"' sh "$1/pg/postgresql.conf" <<-END
		listen_addresses = '127.0.0.1'
		port = $pg_port
		unix_socket_directories = '$1/run'
		unix_socket_permissions = 0700
		max_connections = 200
		shared_buffers = 64MB
		dynamic_shared_memory_type = mmap
		log_line_prefix = '%m [%p] %u '
		END
	) || return 1
	pg_env "$1"
}

# Prints the variables that reach the cluster in DIR.
pg_env()
{
	echo "PG_DIR=$1"
	echo "PGHOST=$1/run"
	echo "PGPORT=$(sed -n 's/^port = //p' "$1/pg/postgresql.conf")"
	echo "PGUSER=postgres"
	echo "PGDATABASE=postgres"
}

# After a kill -9 the old server's children need a moment to go away; until
# then a start is refused, so it is tried again for ten seconds.
pg_start() # DIR
{
	pg_bin=$(pg_bindir)
	pg_n=0
	until (cd / && pg_as_user "$pg_bin/pg_ctl" -D "$1/pg" -s -w -t 60 \
		-l "$1/log/postgresql.log" start >"$1/log/pg_ctl.out" 2>&1 \
		</dev/null); do
		pg_n=$((pg_n + 1))
		if [ "$pg_n" -ge 20 ]; then
			cat "$1/log/pg_ctl.out" >&2
			return 1
		fi
		sleep 0.5
	done
}

pg_stop() # DIR [MODE]
{
	[ -f "$1/pg/postmaster.pid" ] || return 0
	(cd / && pg_as_user "$(pg_bindir)/pg_ctl" -D "$1/pg" -s -w -t 30 \
		-m "${2:-fast}" stop >/dev/null 2>&1)
}

pg_run_cleanup()
{
	trap '' INT TERM HUP
	pg_stop "$PG_DIR" immediate
	rm -rf "$PG_DIR"
}

pg_run()
{
	PG_DIR=$(pg_dir_new) || return 1
	trap pg_run_cleanup EXIT
	trap 'exit 130' INT TERM HUP
	pg_vars=$(pg_init "$PG_DIR") || exit
	eval "$pg_vars"
	export PG_DIR PGHOST PGPORT PGUSER PGDATABASE
	pg_start "$PG_DIR" || exit 1
	"$@"
}

case $0 in
*/pg_cluster.sh)
	set -u
	case ${1:-} in
	run) shift; pg_run "$@" ;;
	dir) pg_dir_new ;;
	init) pg_init "$2" ;;
	start) pg_start "$2" ;;
	stop) shift; pg_stop "$@" ;;
	*)
		sed -n '2,19s/^# \{0,1\}//p' "$0" >&2
		exit 64
		;;
	esac
	;;
esac
