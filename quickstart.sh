#!/bin/sh
# pressgate from a fresh clone, on Debian 12 or later.
#
#   ./quickstart.sh demo    everything on loopback, real events shown on their
#                           way; Ctrl-C stops it
#   ./quickstart.sh up      the same stack in the background; how to reach it
#                           is in .demo/env
#   ./quickstart.sh down    stops that
#   ./quickstart.sh check   builds with gcc, clang and sanitizers and runs
#                           every test
#
# Missing packages are installed by apt-get, for which it must be root; none
# of them starts a service, now or at the next boot, or makes a database
# cluster. Otherwise nothing outside this folder and ${TMPDIR:-/tmp} is
# touched. PRESSGATE_DEMO_PORT is the port of demo and up, 8480 if unset.

set -u
cd "$(dirname "$0")" || exit 1
top=$(pwd)
jobs=$(nproc 2>/dev/null || echo 2)

say()
{
	printf '%s\n' "$*"
}

die()
{
	printf 'quickstart: %s\n' "$*" >&2
	exit 1
}

# ---- packages ---------------------------------------------------------------

# What a build and the demo need.
packages_demo="gcc libc6-dev make autoconf automake pkg-config
	libfcgi-dev libssl-dev libjson-c-dev libpq-dev
	libcurl4-openssl-dev libconfuse-dev libpcre2-dev postgresql
	nginx-light
	python3 curl openssl"
# What the tests need beside that. php-fpm and php stand before wordpress:
# else apt takes PHP as an Apache module.
packages_check="clang cppcheck check xz-utils apache2 libapache2-mod-fcgid
	lighttpd lighttpd-mod-openssl caddy libjansson-dev
	nodejs npm node-jose wrk php-fpm php php-mysql php-curl php-mbstring php-xml
	mariadb-server-core mariadb-client wordpress spin"

# A node of another origin than Debian's package is as good, and brings npm.
missing()
{
	for p in "$@"; do
		[ "$p" != nodejs ] || ! command -v node >/dev/null || continue
		[ "$p" != npm ] || ! command -v npm >/dev/null || continue
		dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null |
			grep -q 'install ok installed' || printf '%s ' "$p"
	done
}

policy=/usr/sbin/policy-rc.d
dropin=/etc/postgresql-common/createcluster.d/pressgate.conf
mark="made by pressgate's quickstart.sh for the time of one apt-get"

# Debian asks policy-rc.d before a package may start its service. One that
# was there is put aside; one that a killed run of ours left is not kept.
services_off()
{
	if [ -e "$policy" ] && ! grep -q "$mark" "$policy"; then
		mv "$policy" "$policy.pressgate-saved" || return 1
	fi
	printf '#!/bin/sh\n# %s\nexit 101\n' "$mark" >"$policy" &&
		chmod 755 "$policy"
}

services_as_before()
{
	rm -f "$dropin"
	if [ -e "$policy.pressgate-saved" ]; then
		mv -f "$policy.pressgate-saved" "$policy"
	elif [ -e "$policy" ] && grep -q "$mark" "$policy"; then
		rm -f "$policy"
	fi
}

# Servers whose packages have come with a service for the next boot. Caddy
# has none but systemd's.
servers()
{
	for f in /etc/init.d/nginx /etc/init.d/apache2 /etc/init.d/php*-fpm \
		/etc/init.d/lighttpd /lib/systemd/system/caddy.service; do
		[ ! -e "$f" ] || basename "$f" .service
	done
}

# not_at_boot BEFORE: switches off the servers that were not there before.
not_at_boot()
{
	for s in $(servers); do
		case " $1 " in
		*" $s "*) continue ;;
		esac
		if command -v systemctl >/dev/null; then
			systemctl -q disable "$s"
		elif [ -e "/etc/init.d/$s" ]; then
			update-rc.d "$s" disable
		fi >>build/apt.log 2>&1 || say "$s will start at the next boot"
	done
}

apt()
{
	DEBIAN_FRONTEND=noninteractive apt-get -qq \
		-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" \
		</dev/null >build/apt.log 2>&1 && return 0
	tail -n 30 build/apt.log >&2
	die "apt-get $1 failed"
}

# postgresql's package makes a cluster "main" when it is installed, unless
# postgresql-common, which must be there first, is told not to.
install_packages()
{
	need=$(missing "$@")
	[ -n "$need" ] || return 0
	[ "$(id -u)" = 0 ] || die "these packages are missing: $need
Run this once as root, or: apt-get install --no-install-recommends $need"
	say "installing: $need"
	trap services_as_before EXIT
	trap 'exit 130' INT TERM HUP
	services_off || die "cannot write $policy"
	before=$(servers | tr '\n' ' ')
	apt update
	case $need in
	*postgresql*)
		apt install --no-install-recommends postgresql-common
		mkdir -p "${dropin%/*}"
		say "create_main_cluster = false" >"$dropin"
		;;
	esac
	# shellcheck disable=SC2086 # a list of names
	apt install --no-install-recommends $need
	not_at_boot "$before"
	services_as_before
	trap - EXIT INT TERM HUP
}

packages()
{
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get \
		>/dev/null; then
		say "This is no Debian: packages are not looked at. Needed:" "$1"
		return 0
	fi
	# shellcheck disable=SC2086
	install_packages $1
}

# What clang links a fuzzer with: of the clang that is there.
packages_of_check()
{
	packages "$packages_demo $packages_check"
	v=$(clang -dumpversion 2>/dev/null | cut -d. -f1)
	[ -z "$v" ] || packages "libclang-rt-$v-dev"
}

# ---- build ------------------------------------------------------------------

autogen()
{
	[ ! -e config.status ] ||
		die "this folder was configured itself: run make distclean first"
	if [ ! -e configure ] || [ configure.ac -nt configure ] ||
		[ Makefile.am -nt Makefile.in ]; then
		./autogen.sh >build/autogen.log 2>&1 || {
			cat build/autogen.log >&2
			return 1
		}
	fi
}

# build DIR [CONFIGURE ARGUMENT]...: out of tree, in build/DIR.
build()
{
	dir=$1
	shift
	mkdir -p "build/$dir" && cd "build/$dir" || return 1
	{
		if [ ! -e Makefile ] || [ "$top/configure" -nt config.status ]
		then
			"$top/configure" "$@"
		fi && make -j"$jobs"
	} >build.log 2>&1
	code=$?
	[ $code = 0 ] || tail -n 40 build.log >&2
	cd "$top" || exit 1
	return $code
}

# ---- demo -------------------------------------------------------------------

demo()
{
	mkdir -p build
	packages "$packages_demo"
	say "building"
	{ autogen && build demo; } ||
		die "the build failed; see build/demo/build.log"
	PRESSGATE_BIN=$top/build/demo
	export PRESSGATE_BIN
	exec python3 tests/lib/demo.py "$1"
}

# ---- check ------------------------------------------------------------------

passed=0
failed=0

count()
{
	if [ "$1" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
}

# part NAME COMMAND...: runs it, says how many minutes it took.
part()
{
	name=$1
	shift
	say "== $name"
	begun=$(date +%s)
	"$@"
	code=$?
	took=$(($(date +%s) - begun))
	say "$(printf '== %s: %d.%d minutes' "$name" $((took / 60)) \
		$((took % 60 / 6)))"
	minutes="$minutes
$(printf '%5d.%d  %s' $((took / 60)) $((took % 60 / 6)) "$name")"
	return $code
}

# The verdict of each test is in the .trs file that automake writes. A test
# that was skipped has proved nothing: it counts as failed.
count_tests()
{
	for trs in $(find "build/$1" -name '*.trs'); do
		if grep -q '^:test-result: PASS' "$trs"; then
			count 0
		else
			count 1
			log=${trs%.trs}.log
			say "---- $(sed -n 's/^:test-result: //p' "$trs"): $log"
			tail -n 60 "$log"
		fi
	done
}

# suite NAME "" | ONCE_TESTS= [CONFIGURE ARGUMENT]...: one build and all its
# tests, or all but those that once is enough for.
suite()
{
	dir=check-$1
	leave_out=$2
	shift 2
	rm -rf "build/$dir"
	build "$dir" --enable-werror "$@"
	code=$?
	count $code
	[ $code = 0 ] || return 1
	(cd "build/$dir" && make -j"$jobs" check $leave_out) \
		>"build/$dir/check.log" 2>&1
	count_tests "$dir"
	if ! find "build/$dir" -name '*.trs' | grep -q .; then
		tail -n 40 "build/$dir/check.log"
		count 1
	fi
}

static_analysis()
{
	cppcheck --quiet --std=c11 --inline-suppr -j "$jobs" \
		--enable=warning,portability,performance \
		--suppressions-list=tests/cppcheck.txt --error-exitcode=1 \
		-I . lib fcgi worker cli bench
	count $?
}

# The suite has run three times by then. What is new here is that the
# release is complete and builds from a read-only folder: the unit tests and
# one flow test show that.
release()
{
	(cd build/check-gcc && make distcheck AM_DISTCHECK_JOBS= \
		TESTS='$(check_PROGRAMS) tests/flow_seed.py') \
		>build/distcheck.log 2>&1
	code=$?
	[ $code = 0 ] || tail -n 60 build/distcheck.log
	count $code
}

check()
{
	minutes=
	begun_all=$(date +%s)
	mkdir -p build
	part "packages" packages_of_check
	part "autogen" autogen
	count $?
	part "gcc" suite gcc "" CC=gcc
	part "clang, and two seconds of each fuzz target" suite clang \
		ONCE_TESTS= CC=clang --enable-fuzz
	part "gcc, address and undefined behaviour sanitizers" suite asan \
		ONCE_TESTS= CC=gcc --enable-sanitize=address,undefined \
		CFLAGS='-g -O1'
	part "cppcheck" static_analysis
	part "distcheck" release
	say
	say "minutes  part$minutes"
	took=$(($(date +%s) - begun_all))
	say "$(printf '%5d.%d  all' $((took / 60)) $((took % 60 / 6)))"
	say "$passed passed, $failed failed"
	[ $failed = 0 ]
}

case ${1:-} in
demo | up) demo "$1" ;;
down) exec python3 tests/lib/demo.py down ;;
check) check ;;
*)
	sed -n '2,/^$/s/^# \{0,1\}//p' "$0" >&2
	exit 64
	;;
esac
