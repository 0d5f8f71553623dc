dnl Compiler flags. Each is probed, an unknown one is left out, and CFLAGS
dnl stays the user's. The results are GATE_CFLAGS, GATE_CPPFLAGS, GATE_LDFLAGS.

AC_DEFUN([GATE_TRY_CFLAG], [
	AS_VAR_PUSHDEF([cache], [gate_cv_cflag_$1])
	AC_CACHE_CHECK([whether $CC takes $1], [cache], [
		gate_save=$CFLAGS
		CFLAGS="$CFLAGS -Werror $1"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM([])],
			[AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
		CFLAGS=$gate_save])
	AS_VAR_IF([cache], [yes], [GATE_CFLAGS="$GATE_CFLAGS $1"])
	AS_VAR_POPDEF([cache])
])

AC_DEFUN([GATE_TRY_LDFLAG], [
	AS_VAR_PUSHDEF([cache], [gate_cv_ldflag_$1])
	AC_CACHE_CHECK([whether the linker takes $1], [cache], [
		gate_save=$LDFLAGS
		LDFLAGS="$LDFLAGS $1"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([])],
			[AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
		LDFLAGS=$gate_save])
	AS_VAR_IF([cache], [yes], [GATE_LDFLAGS="$GATE_LDFLAGS $1"])
	AS_VAR_POPDEF([cache])
])

AC_DEFUN([GATE_FLAGS], [
	AC_ARG_ENABLE([werror],
		AS_HELP_STRING([--enable-werror], [warnings are errors (CI)]))
	AC_ARG_ENABLE([sanitize],
		AS_HELP_STRING([--enable-sanitize=LIST],
			[build with sanitizers, e.g. address,undefined]))
	AC_ARG_ENABLE([analyzer],
		AS_HELP_STRING([--enable-analyzer], [gcc -fanalyzer]))

	AC_ARG_ENABLE([fuzz],
		AS_HELP_STRING([--enable-fuzz],
			[build the fuzz targets with libFuzzer (clang); best
			with --enable-sanitize=address,undefined]))
	AM_CONDITIONAL([GATE_FUZZ], [test "x$enable_fuzz" = xyes])

	GATE_CFLAGS="-std=c11"
	GATE_CPPFLAGS=""
	GATE_LDFLAGS=""
	m4_foreach_w([gate_flag], [-Wall -Wextra -Wpedantic -Wconversion
		-Wsign-conversion -Wshadow -Wformat=2 -Wstrict-prototypes
		-Wmissing-prototypes -Wold-style-definition -Wcast-qual
		-Wcast-align -Wwrite-strings -Wvla -Wundef -Wpointer-arith
		-Wnull-dereference -Wimplicit-fallthrough -Wdate-time
		-Wunused-result -Wlogical-op -Wduplicated-cond
		-Wduplicated-branches -fstack-protector-strong
		-fstack-clash-protection -fcf-protection=full
		-fno-delete-null-pointer-checks -fno-strict-overflow -fPIE
		-ftrivial-auto-var-init=zero -fstrict-flex-arrays=3],
		[GATE_TRY_CFLAG(gate_flag)])
	m4_foreach([gate_flag], [[-pie], [-Wl,-z,relro], [-Wl,-z,now],
		[-Wl,-z,noexecstack], [-Wl,--as-needed]],
		[GATE_TRY_LDFLAG(m4_defn([gate_flag]))])

	AS_IF([test "x${enable_sanitize:-no}" != xno], [
		GATE_CFLAGS="$GATE_CFLAGS -fsanitize=$enable_sanitize"
		GATE_CFLAGS="$GATE_CFLAGS -fno-sanitize-recover=all"
		GATE_CFLAGS="$GATE_CFLAGS -fno-omit-frame-pointer"
		GATE_LDFLAGS="$GATE_LDFLAGS -fsanitize=$enable_sanitize"],
		[GATE_CPPFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3"])
	AS_IF([test "x$enable_fuzz" = xyes], [
		GATE_CFLAGS="$GATE_CFLAGS -fsanitize=fuzzer-no-link"
		GATE_LDFLAGS="$GATE_LDFLAGS -fsanitize=fuzzer-no-link"])
	AS_IF([test "x$enable_analyzer" = xyes],
		[GATE_CFLAGS="$GATE_CFLAGS -fanalyzer"])
	AS_IF([test "x$enable_werror" = xyes],
		[GATE_CFLAGS="$GATE_CFLAGS -Werror"])

	AC_SUBST([GATE_CFLAGS])
	AC_SUBST([GATE_CPPFLAGS])
	AC_SUBST([GATE_LDFLAGS])
])
