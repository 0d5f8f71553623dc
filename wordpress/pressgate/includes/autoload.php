<?php
/**
 * Finds the file of a class: Pressgate\Events\Post_Published is in
 * includes/events/class-post-published.php, an interface in interface-*.php.
 *
 * @package Pressgate
 */

defined( 'ABSPATH' ) || exit;

spl_autoload_register(
	static function ( $name ) {
		if ( 0 !== strpos( $name, 'Pressgate\\' ) ) {
			return;
		}
		$parts  = explode( '\\', strtolower( str_replace( '_', '-', $name ) ) );
		$last   = array_pop( $parts );
		$parts  = array_slice( $parts, 1 );
		$folder = __DIR__ . '/' . implode( '', array_map( static fn( $p ) => $p . '/', $parts ) );
		foreach ( array( 'class', 'interface' ) as $kind ) {
			if ( is_file( "$folder$kind-$last.php" ) ) {
				require_once "$folder$kind-$last.php";
				return;
			}
		}
	}
);
