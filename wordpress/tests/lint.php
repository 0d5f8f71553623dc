<?php
/**
 * Holds the plugin to what a script can see of WordPress's rules:
 * php lint.php. Before it looks at the plugin it looks at rows of bad code
 * below, and fails if it finds nothing wrong with one of them.
 *
 * @package Pressgate
 */

// phpcs:disable WordPress.WP.AlternativeFunctions, WordPress.Security.EscapeOutput -- a command.
error_reporting( E_ALL );

/** Function => the files that may call it. */
const BANNED = array(
	'eval'                 => array(),
	'exec'                 => array(),
	'shell_exec'           => array(),
	'system'               => array(),
	'passthru'             => array(),
	'popen'                => array(),
	'proc_open'            => array(),
	'unserialize'          => array(),
	'maybe_unserialize'    => array(),
	'extract'              => array(),
	'var_dump'             => array(),
	'var_export'           => array(),
	'print_r'              => array(),
	'ini_set'              => array(),
	'set_time_limit'       => array(),
	'curl_init'            => array(),
	'curl_exec'            => array(),
	'fsockopen'            => array(),
	'stream_socket_client' => array(),
	'fopen'                => array(),
	'file_put_contents'    => array(),
	'file_get_contents'    => array( 'includes/class-key-pair.php' ),
	'wp_remote_get'        => array(),
	'wp_remote_post'       => array(),
	'wp_remote_request'    => array( 'includes/class-gate.php' ),
	'curl_setopt'          => array( 'includes/class-gate.php' ),
	'json_encode'          => array( 'includes/class-json.php' ),
	'error_log'            => array( 'includes/class-outbox.php', 'includes/events/class-post-published.php' ),
	'md5'                  => array(),
	'rand'                 => array(),
	'mt_rand'              => array(),
	'uniqid'               => array(),
	'date'                 => array(),
	'get_transient'        => array(),
	'set_transient'        => array(),
	'wp_update_post'       => array(),
	// Not in PHP 7.4.
	'str_contains'         => array(),
	'str_starts_with'      => array(),
	'str_ends_with'        => array(),
	'array_is_list'        => array(),
	'get_debug_type'       => array(),
);

const ESCAPES   = array( 'esc_html', 'esc_attr', 'esc_url', 'esc_textarea', 'wp_kses_post', 'absint', 'intval' );
const TRANSLATE = array( '__', '_e', '_x', '_n', 'esc_html__', 'esc_html_e', 'esc_attr__', 'esc_attr_e' );
const QUERIES   = array( 'query', 'get_var', 'get_row', 'get_results', 'get_col', 'must', 'prepare' );
const NOT_IN_74 = array( 'T_MATCH', 'T_ENUM', 'T_READONLY', 'T_ATTRIBUTE', 'T_NULLSAFE_OBJECT_OPERATOR' );

/** Bad code, each row for one rule. */
const BAD = array(
	'<?php $a = 1;',
	'<?php defined( "ABSPATH" ) || exit; echo $a;',
	'<?php defined( "ABSPATH" ) || exit; echo "x $a";',
	'<?php defined( "ABSPATH" ) || exit; echo esc_html( $a ) . $b;',
	'<?php defined( "ABSPATH" ) || exit; printf( "%s", $a );',
	'<?php defined( "ABSPATH" ) || exit; print strtoupper( $a );',
	'<?php defined( "ABSPATH" ) || exit; ?><p>x</p>',
	'<?php defined( "ABSPATH" ) || exit; $wpdb->query( "DELETE FROM x WHERE a = $a" );',
	'<?php defined( "ABSPATH" ) || exit; $wpdb->get_var( $sql );',
	'<?php defined( "ABSPATH" ) || exit; $wpdb->get_var( "SELECT 1 WHERE a = " . $a );',
	'<?php defined( "ABSPATH" ) || exit; $wpdb->query( $wpdb->prepare( "SELECT $a" ) );',
	'<?php defined( "ABSPATH" ) || exit; $this->must( "SELECT {$this->id}" );',
	'<?php defined( "ABSPATH" ) || exit; esc_html( __( "x" ) );',
	'<?php defined( "ABSPATH" ) || exit; esc_html( __( "x", "other" ) );',
	'<?php defined( "ABSPATH" ) || exit; esc_html( __( $x, "pressgate" ) );',
	'<?php defined( "ABSPATH" ) || exit; do_action( "other_hook" );',
	'<?php defined( "ABSPATH" ) || exit; apply_filters( $name, 1 );',
	'<?php defined( "ABSPATH" ) || exit; wp_remote_post( "x" );',
	'<?php defined( "ABSPATH" ) || exit; eval( "1" );',
	'<?php defined( "ABSPATH" ) || exit; $a = `ls`;',
	'<?php defined( "ABSPATH" ) || exit; $a = match ( 1 ) { 1 => 2 };',
	'<?php defined( "ABSPATH" ) || exit; $a?->b();',
	'<?php defined( "ABSPATH" ) || exit; function f( int|string $a ) {}',
	'<?php defined( "ABSPATH" ) || exit; function f(): static {}',
	'<?php defined( "ABSPATH" ) || exit; function f( mixed $a ) {}',
	'<?php defined( "ABSPATH" ) || exit; try { f(); } catch ( Exception ) { g(); }',
	'<?php defined( "ABSPATH" ) || exit; str_contains( $a, $b );',
	'<?php defined( "ABSPATH" ) || exit; $a = $_GET["x"];',
	'<?php defined( "ABSPATH" ) || exit; $a = "http://127.0.0.1/";',
	'<?php defined( "ABSPATH" ) || exit; $a = "https://api.openai.com/";',
	"<?php defined( 'ABSPATH' ) || exit;\n    \$a = 1;",
	"<?php defined( 'ABSPATH' ) || exit;\n\$a = 1; ",
	'<?php defined( "ABSPATH" ) || exit; class A {} class B {}',
);

/**
 * Tokens as array( name, text, line ), without space and comments.
 *
 * @param string $code PHP.
 * @return array
 */
function tokens( string $code ): array {
	$out  = array();
	$line = 1;
	foreach ( token_get_all( $code ) as $t ) {
		$t    = is_array( $t ) ? array( token_name( $t[0] ), $t[1], $t[2] ) : array( $t, $t, $line );
		$line = $t[2];
		if ( ! in_array( $t[0], array( 'T_WHITESPACE', 'T_COMMENT', 'T_DOC_COMMENT' ), true ) ) {
			$out[] = $t;
		}
	}
	return $out;
}

/**
 * The tokens between an opening bracket and its closing one.
 *
 * @param array $all  Tokens.
 * @param int   $open Where the bracket is.
 * @return array
 */
function inside( array $all, int $open ): array {
	$depth = 0;
	$out   = array();
	for ( $i = $open, $n = count( $all ); $i < $n; $i++ ) {
		$depth += in_array( $all[ $i ][1], array( '(', '[', '{', '${' ), true ) - in_array( $all[ $i ][1], array( ')', ']', '}' ), true );
		if ( 0 === $depth ) {
			break;
		}
		if ( $i > $open ) {
			$out[] = $all[ $i ];
		}
	}
	return $out;
}

/**
 * Arguments: tokens cut at commas that are in no bracket.
 *
 * @param array $all Tokens.
 * @return array[]
 */
function arguments( array $all ): array {
	$out   = array( array() );
	$depth = 0;
	foreach ( $all as $t ) {
		$depth += in_array( $t[1], array( '(', '[', '{' ), true ) - in_array( $t[1], array( ')', ']', '}' ), true );
		if ( ',' === $t[1] && 0 === $depth ) {
			$out[] = array();
		} else {
			$out[ count( $out ) - 1 ][] = $t;
		}
	}
	return $out;
}

/**
 * Whether a variable can get out without being escaped.
 *
 * @param array $all Tokens of what is printed.
 * @return bool
 */
function leaks( array $all ): bool {
	for ( $i = 0, $n = count( $all ); $i < $n; $i++ ) {
		if ( 'T_STRING' === $all[ $i ][0] && in_array( $all[ $i ][1], ESCAPES, true ) && '(' === ( $all[ $i + 1 ][1] ?? '' ) ) {
			$i += 1 + count( inside( $all, $i + 1 ) );
		} elseif ( 'T_VARIABLE' === $all[ $i ][0] ) {
			return true;
		}
	}
	return false;
}

/**
 * Whether SQL is a text that names tables only, or prepared.
 *
 * @param array $all Tokens of an argument.
 * @return bool
 */
function is_safe_sql( array $all ): bool {
	$text = implode( '', array_column( $all, 1 ) );
	if ( 0 === strpos( $text, '$wpdb->prepare(' ) ) {
		return true;
	}
	$rest = preg_replace( '/\{?\$wpdb->(prefix|options|posts)\b\}?|\{\$this->table\}/', '', $text );
	return in_array( $all[0][0] ?? '', array( 'T_CONSTANT_ENCAPSED_STRING', '"' ), true ) && false === strpos( $rest, '$' ) && false === strpos( $rest, '".' );
}

/**
 * What is wrong with some PHP.
 *
 * @param string $code PHP.
 * @param string $file Its path below the plugin's folder.
 * @return string[]
 */
function look( string $code, string $file ): array {
	$wrong = array();
	$all   = tokens( $code );
	$say   = static function ( array $t, string $what ) use ( &$wrong, $file ) {
		$wrong[] = "$file:$t[2]: $what";
	};
	$first = $all[0] ?? array( '', '', 1 );
	if ( ! preg_match( '/defined\( ["\'](ABSPATH|WP_UNINSTALL_PLUGIN)["\'] \) \|\| exit;/', $code ) ) {
		$say( $first, 'does not stop where WordPress is not loaded' );
	}
	if ( preg_match( '/^ +[^ *]|[ \t]$/m', $code ) ) {
		$say( $first, 'spaces at the beginning or end of a line' );
	}
	if ( preg_match( '#https?://(localhost|127\.|\[::1\])|openai|anthropic|\bsk-#i', $code ) ) {
		$say( $first, 'a loopback address or a vendor' );
	}
	$classes = 0;
	foreach ( $all as $i => $t ) {
		list( $name, $text ) = $t;
		$next                = $all[ $i + 1 ][1] ?? '';
		$before              = $all[ $i - 1 ][1] ?? '';
		$call                = '(' === $next && 'function' !== $before;
		$bare                = $call && ! in_array( $before, array( '->', '::', 'new' ), true );
		$classes += (int) ( in_array( $name, array( 'T_CLASS', 'T_INTERFACE' ), true ) && '::' !== $before );
		if ( in_array( $name, NOT_IN_74, true ) ) {
			$say( $t, "$text is not in PHP 7.4" );
		}
		if ( 'T_INLINE_HTML' === $name || '`' === $name || in_array( $text, array( '$_GET', '$_POST', '$_REQUEST', '$_COOKIE', '$_SERVER' ), true ) ) {
			$say( $t, "$text is not used here" );
		}
		if ( 'T_ECHO' === $name || 'T_PRINT' === $name ) {
			$end = $i;
			while ( isset( $all[ $end ] ) && ';' !== $all[ $end ][1] ) {
				++$end;
			}
			if ( leaks( array_slice( $all, $i + 1, $end - $i - 1 ) ) ) {
				$say( $t, 'prints something that is not escaped' );
			}
		}
		if ( $bare && in_array( $text, array( 'printf', 'vprintf' ), true ) && leaks( inside( $all, $i + 1 ) ) ) {
			$say( $t, 'prints something that is not escaped' );
		}
		if ( $bare && isset( BANNED[ $text ] ) && ! in_array( $file, BANNED[ $text ], true ) ) {
			$say( $t, "$text() is not called here" );
		}
		$args = $call ? arguments( inside( $all, $i + 1 ) ) : array();
		if ( $bare && in_array( $text, TRANSLATE, true ) ) {
			$domain = $args[ count( $args ) - 1 ];
			if ( "'pressgate'" !== ( $domain[0][1] ?? '' ) || 1 !== count( $domain ) || 'T_CONSTANT_ENCAPSED_STRING' !== $args[0][0][0] ) {
				$say( $t, 'no literal text with the text domain' );
			}
		}
		if ( $bare && in_array( $text, array( 'do_action', 'apply_filters' ), true ) && 0 !== strpos( trim( $args[0][0][1] ?? '', '\'"' ), 'pressgate_' ) ) {
			$say( $t, 'a hook without the prefix' );
		}
		if ( $call && '->' === $before && in_array( $text, QUERIES, true ) && ! is_safe_sql( $args[0] ) && ! ( 'query' === $text && '$sql' === $args[0][0][1] && preg_match( '/function must\( string \$sql \)/', $code ) ) ) {
			$say( $t, 'SQL that is not prepared' );
		}
		if ( in_array( $name, array( 'T_FUNCTION', 'T_FN' ), true ) ) {
			$open = $i;
			while ( '(' !== $all[ $open ][1] ) {
				++$open;
			}
			$types = preg_replace( '/\$\w+(=[^,]*)?/', '$', implode( '', array_column( inside( $all, $open ), 1 ) ) );
			$after = $all[ $open + count( inside( $all, $open ) ) + 2 ][1] ?? '';
			$type  = ':' === $after ? $all[ $open + count( inside( $all, $open ) ) + 3 ][1] : '';
			if ( preg_match( '/\||\bmixed\b/', $types ) || in_array( $type, array( 'static', 'mixed', 'never' ), true ) ) {
				$say( $t, 'a type that is not in PHP 7.4' );
			}
		}
		if ( 'T_CATCH' === $name && 'T_VARIABLE' !== ( inside( $all, $i + 1 )[ count( inside( $all, $i + 1 ) ) - 1 ][0] ?? '' ) ) {
			$say( $t, 'a catch without a variable is not in PHP 7.4' );
		}
	}
	if ( $classes > 1 ) {
		$say( $first, 'more than one class' );
	}
	return $wrong;
}

/**
 * What is wrong between the plugin's header and its readme.txt.
 *
 * @param string $root The plugin's folder.
 * @return string[]
 */
function look_at_headers( string $root ): array {
	$php    = file_get_contents( "$root/pressgate.php" );
	$readme = file_get_contents( "$root/readme.txt" );
	$field  = static function ( string $text, string $name ): string {
		return preg_match( '/^[ *]*' . $name . ':\s*(.+)$/m', $text, $m ) ? trim( $m[1] ) : '';
	};
	$wrong  = array();
	foreach ( array(
		'Version'           => 'Stable tag',
		'Requires at least' => 'Requires at least',
		'Requires PHP'      => 'Requires PHP',
		'License'           => 'License',
	) as $in_php => $in_readme ) {
		if ( '' === $field( $php, $in_php ) || $field( $php, $in_php ) !== $field( $readme, $in_readme ) ) {
			$wrong[] = "readme.txt: $in_readme is not the plugin's $in_php";
		}
	}
	if ( ! preg_match( "/^const VERSION = '" . preg_quote( $field( $php, 'Version' ), '/' ) . "';$/m", $php ) ) {
		$wrong[] = 'pressgate.php: VERSION is not the header\'s';
	}
	if ( 'pressgate' !== $field( $php, 'Text Domain' ) ) {
		$wrong[] = 'pressgate.php: the text domain is not the folder\'s name';
	}
	return $wrong;
}

$root  = dirname( __DIR__ ) . '/pressgate';
$wrong = array();
foreach ( BAD as $code ) {
	if ( array() === look( $code, 'bad' ) ) {
		$wrong[] = "lint.php: finds nothing wrong with $code";
	}
}
$files = 0;
foreach ( new RecursiveIteratorIterator( new RecursiveDirectoryIterator( $root, FilesystemIterator::SKIP_DOTS ) ) as $path ) {
	$file = substr( $path, strlen( $root ) + 1 );
	if ( '.php' === substr( $file, -4 ) ) {
		++$files;
		$wrong = array_merge( $wrong, look( file_get_contents( $path ), $file ) );
	} elseif ( ! in_array( $file, array( 'readme.txt', 'LICENSE' ), true ) ) {
		$wrong[] = "$file: is not shipped";
	}
}
$wrong = array_merge( $wrong, look_at_headers( $root ) );
echo implode( "\n", $wrong ), $wrong ? "\n" : '', $wrong ? 'NOT OK' : 'ok', " - $files files, ", count( BAD ), " rows of bad code\n";
exit( $wrong || ! $files ? 1 : 0 );
