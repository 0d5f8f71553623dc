<?php
/**
 * What up.sh does inside WordPress: php site.php install|setup DIR, in
 * WordPress's folder. Two steps, since WordPress is not the same while it is
 * being installed.
 *
 * @package Pressgate
 */

// phpcs:disable WordPress.WP.AlternativeFunctions, WordPress.Security.EscapeOutput -- a command.
list( , $step, $dir )       = $argv;
$_SERVER['HTTP_HOST']       = '127.0.0.1';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REQUEST_URI']     = '/';

if ( 'install' === $step ) {
	define( 'WP_INSTALLING', true );
}
require getcwd() . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';

if ( 'install' === $step ) {
	require_once ABSPATH . 'wp-admin/includes/upgrade.php';
	$password = bin2hex( random_bytes( 12 ) );
	wp_install( 'Pressgate', 'admin', 'admin@example.com', false, '', $password );
	file_put_contents( "$dir/etc/password", $password );
	exit( 0 );
}

update_option( 'permalink_structure', '/%postname%/' );
flush_rewrite_rules();
update_option( 'show_avatars', 0 );
$failed = activate_plugin( 'pressgate/pressgate.php' );
if ( is_wp_error( $failed ) ) {
	fwrite( STDERR, $failed->get_error_message() . "\n" );
	exit( 1 );
}
list( $password ) = WP_Application_Passwords::create_new_application_password( 1, array( 'name' => 'up.sh' ) );
file_put_contents( "$dir/etc/application-password", $password );
file_put_contents( "$dir/etc/version", $GLOBALS['wp_version'] );
