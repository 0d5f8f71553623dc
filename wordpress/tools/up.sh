#!/bin/sh
# A real WordPress with the pressgate plugin, on loopback, in a private folder:
# MariaDB, php-fpm and nginx of Debian's packages, nothing of the machine's
# own services or databases.
#
#   up.sh up [DIR] [PORT]   starts one in DIR, an empty folder (default: a
#                           new one below ${TMPDIR:-/tmp}); prints how to
#                           reach it as shell variables, which are in
#                           DIR/env, too
#   up.sh down DIR          stops it and removes DIR
#
# PHP in DIR/etc/constants.php is part of wp-config.php: block A of
# `pressgate site add` goes there, before or after `up`. As root everything
# runs as `nobody`. WordPress may speak to this machine only, and WP-Cron runs
# when asked: (cd $WP_ROOT && php wp-cron.php), or $WP_URL/wp-cron.php.
#
# WP_SOURCE is the folder of another WordPress than Debian's package has,
# PRESSGATE_PLUGIN_DIR another plugin than this checkout's.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
plugin=${PRESSGATE_PLUGIN_DIR:-$here/../pressgate}
source=${WP_SOURCE:-/usr/share/wordpress}
unprivileged=nobody

die()
{
	echo "up.sh: $*" >&2
	exit 1
}

# Something that is not installed: 77, as the tests have it.
absent()
{
	echo "up.sh: no $*" >&2
	exit 77
}

# No function goes into the background: the noted pid would be a shell's.
as=
[ "$(id -u)" != 0 ] || as="setpriv --reuid=$unprivileged --clear-groups
	--regid=$(id -g "$unprivileged") --"

as_user()
{
	$as "$@"
}

program()
{
	PATH=$PATH:/usr/sbin command -v "$1" || absent "$1"
}

# Prints the newest php-fpm; Debian's has its version in its name.
php_fpm()
{
	for f in /usr/sbin/php-fpm /usr/sbin/php-fpm*; do
		[ ! -x "$f" ] || found=$f
	done
	echo "${found:-}"
}

free_port()
{
	php -r '$s = stream_socket_server("tcp://127.0.0.1:0");
		echo explode(":", stream_socket_get_name($s, false))[1];'
}

# The kernel's start time of a process: with it a pid is ours or not.
start_time()
{
	sed -n 's/^.*) //p' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

# start NAME COMMAND...: in the background, in its own session, noted.
start()
{
	name=$1
	shift
	(
		cd "$dir"
		$as setsid "$@" >>"log/$name.out" 2>&1 </dev/null &
		echo "$! $(start_time $!) $name" >>run/pids
	)
}

# until_true WHAT COMMAND...: for 20 seconds at most.
until_true()
{
	what=$1
	n=0
	shift
	until "$@" >/dev/null 2>&1; do
		n=$((n + 1))
		if [ "$n" -ge 200 ]; then
			tail -n 20 "$dir"/log/* >&2
			die "waited 20 seconds for $what"
		fi
		sleep 0.1
	done
}

# Stops what run/pids names, last first, if it still is what it was.
stop_all()
{
	[ -f "$dir/run/pids" ] || return 0
	tac "$dir/run/pids" >"$dir/run/pids.sorted"
	for how in TERM KILL; do
		n=0
		while [ "$n" -lt 50 ]; do
			left=
			while read -r pid began _; do
				[ -n "$began" ] || continue
				[ "$(start_time "$pid")" = "$began" ] || continue
				state=$(sed -n 's/^.*) \(.\).*/\1/p' "/proc/$pid/stat")
				[ "$state" != Z ] || continue
				left=1
				[ "$n" != 0 ] || kill -s "$how" "$pid" || :
			done <"$dir/run/pids.sorted"
			[ -n "$left" ] || return 0
			n=$((n + 1))
			sleep 0.1
		done
	done
}

# ---- up ---------------------------------------------------------------------

make_folder()
{
	if [ -z "$dir" ]; then
		dir=$(mktemp -d "${TMPDIR:-/tmp}/pressgate-wp.XXXXXX")
	fi
	mkdir -p "$dir"
	dir=$(cd "$dir" && pwd)
	[ "${#dir}" -le 80 ] || die "$dir: too long for a socket's path"
	for sub in www db etc run log tmp; do
		mkdir -p "$dir/$sub"
	done
	[ "$(id -u)" != 0 ] || chown -R "$unprivileged:$(id -g "$unprivileged")" \
		"$dir"
	chmod 700 "$dir"
	as_user test -x "$dir" || die "$unprivileged cannot get to $dir"
}

start_database()
{
	install_db=$(program mariadb-install-db)
	mariadbd=$(program mariadbd)
	(
		cd "$dir"
		as_user "$install_db" --no-defaults --datadir="$dir/db" \
			--auth-root-authentication-method=normal \
			--skip-test-db >log/install-db.out 2>&1
	) || { cat "$dir/log/install-db.out" >&2; exit 1; }
	start mariadbd "$mariadbd" --no-defaults --datadir="$dir/db" \
		--socket="$dir/run/db.sock" --pid-file="$dir/run/db.pid" \
		--tmpdir="$dir/tmp" --skip-networking --skip-log-bin \
		--innodb-buffer-pool-size=64M
	until_true "the database" sql -e 'select 1'
	sql -e "create database wp character set utf8mb4;
		create user wp@localhost identified by '$password';
		grant all on wp.* to wp@localhost"
}

sql()
{
	as_user mariadb --no-defaults -uroot --socket="$dir/run/db.sock" "$@"
}

# Debian's wp-config.php looks for files in /etc; ours takes its place.
write_config()
{
	as_user tee "$dir/www/wp-config.php" >/dev/null <<END
<?php
define( 'DB_NAME', 'wp' );
define( 'DB_USER', 'wp' );
define( 'DB_PASSWORD', '$password' );
define( 'DB_HOST', 'localhost:$dir/run/db.sock' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
\$table_prefix = 'wp_';
$(for name in AUTH SECURE_AUTH LOGGED_IN NONCE; do
	echo "define( '${name}_KEY', '$(random)' );"
	echo "define( '${name}_SALT', '$(random)' );"
done)
define( 'WP_HOME', '$url' );
define( 'WP_SITEURL', '$url' );
define( 'WP_ENVIRONMENT_TYPE', 'local' ); // Application passwords without TLS.
define( 'WP_DEBUG', true );
define( 'WP_DEBUG_DISPLAY', false );
define( 'WP_DEBUG_LOG', '$dir/log/wp-debug.log' );
define( 'DISABLE_WP_CRON', true );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'WP_ACCESSIBLE_HOSTS', '127.0.0.1,localhost' );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'FS_METHOD', 'direct' );
if ( is_file( '$dir/etc/constants.php' ) ) {
	require '$dir/etc/constants.php';
}
if ( ! defined( 'ABSPATH' ) ) {
	define( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
END
	# No question to an update server, no mail.
	as_user mkdir -p "$dir/www/wp-content/mu-plugins" \
		"$dir/www/wp-content/uploads"
	as_user tee "$dir/www/wp-content/mu-plugins/quiet.php" >/dev/null <<'END'
<?php
foreach ( array( 'core', 'plugins', 'themes' ) as $what ) {
	add_filter(
		"pre_site_transient_update_$what",
		static function () {
			return (object) array(
				'last_checked'    => time(),
				'updates'         => array(),
				'response'        => array(),
				'version_checked' => $GLOBALS['wp_version'],
			);
		}
	);
}
add_filter( 'pre_wp_mail', '__return_true' );
END
}

random()
{
	openssl rand -hex 32
}

start_web()
{
	fpm=$(php_fpm)
	[ -n "$fpm" ] || absent php-fpm
	nginx=$(program nginx)
	as_user tee "$dir/etc/fpm.conf" >/dev/null <<END
[global]
error_log = $dir/log/fpm.log
[www]
listen = $dir/run/fpm.sock
pm = static
pm.max_children = 4
catch_workers_output = yes
php_admin_value[opcache.revalidate_freq] = 0
php_admin_value[sys_temp_dir] = $dir/tmp
php_admin_value[error_log] = $dir/log/php.log
END
	# fastcgi.conf, not fastcgi_params: Debian's has HTTP_HOST without the
	# port, and WordPress then redirects to itself for ever.
	as_user tee "$dir/etc/nginx.conf" >/dev/null <<END
daemon off;
pid $dir/run/nginx.pid;
error_log $dir/log/nginx.log;
worker_processes 1;
events { worker_connections 256; }
http {
	include /etc/nginx/mime.types;
	access_log off;
	client_max_body_size 8m;
	client_body_temp_path $dir/tmp/body;
	fastcgi_temp_path $dir/tmp/fastcgi;
	proxy_temp_path $dir/tmp/proxy;
	scgi_temp_path $dir/tmp/scgi;
	uwsgi_temp_path $dir/tmp/uwsgi;
	server {
		listen 127.0.0.1:$port;
		root $dir/www;
		index index.php;
		location / { try_files \$uri \$uri/ /index.php?\$args; }
		location ~ \.php\$ {
			try_files \$uri =404;
			include /etc/nginx/fastcgi.conf;
			fastcgi_pass unix:$dir/run/fpm.sock;
		}
	}
}
END
	start fpm "$fpm" -F -y "$dir/etc/fpm.conf"
	start nginx "$nginx" -p "$dir" -c "$dir/etc/nginx.conf" \
		-e "$dir/log/nginx.log"
	until_true "the web server" php -r \
		"exit(@file_get_contents('$url/wp-login.php') ? 0 : 1);"
}

up()
{
	command -v php >/dev/null || absent php
	[ -f "$source/wp-load.php" ] || absent "WordPress in $source"
	[ -z "$dir" ] || [ ! -e "$dir" ] || [ -z "$(ls -A "$dir")" ] ||
		die "$dir is not empty"
	make_folder
	trap 'stop_all; exit 1' INT TERM HUP
	trap '[ $? = 0 ] || stop_all' EXIT
	port=${port:-$(free_port)}
	url=http://127.0.0.1:$port
	password=$(random)
	start_database
	as_user cp -rL "$source/." "$dir/www"
	as_user rm -f "$dir/www/wp-config.php"
	as_user mkdir "$dir/www/wp-content/plugins/pressgate"
	tar -C "$plugin" -cf - . |
		as_user tar -C "$dir/www/wp-content/plugins/pressgate" -xf -
	write_config
	for step in install setup; do
		(cd "$dir/www" && as_user php -d sys_temp_dir="$dir/tmp" -- \
			"$step" "$dir" <"$here/site.php") >>"$dir/log/install.out" 2>&1 ||
			{ cat "$dir/log/install.out" >&2; exit 1; }
	done
	start_web
	as_user tee "$dir/env" >/dev/null <<END
WP_DIR=$dir
WP_URL=$url
WP_ROOT=$dir/www
WP_USER=admin
WP_PASSWORD=$(cat "$dir/etc/password")
WP_APPLICATION_PASSWORD=$(cat "$dir/etc/application-password")
WP_VERSION=$(cat "$dir/etc/version")
END
	chmod 600 "$dir/env"
	cat "$dir/env"
}

dir=${2:-}
case ${1:-} in
up)
	port=${3:-}
	up
	;;
down)
	[ -f "$dir/run/pids" ] || die "$dir: nothing that up.sh started"
	stop_all
	rm -rf "$dir"
	;;
*)
	sed -n '2,19s/^# \{0,1\}//p' "$0" >&2
	exit 64
	;;
esac
