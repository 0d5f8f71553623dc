<?php
/**
 * What administrators are told on the dashboard and the list of plugins.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * One notice when a person has something to do, and the public key of a new
 * site until the gate knows it.
 */
final class Notices {

	/**
	 * Makes WordPress ask.
	 */
	public static function register(): void {
		add_action( 'admin_notices', array( self::class, 'show' ) );
	}

	/**
	 * Prints what there is to say.
	 */
	public static function show(): void {
		$screen = get_current_screen();
		if ( null === $screen || ! in_array( $screen->id, array( 'dashboard', 'plugins' ), true ) || ! current_user_can( 'manage_options' ) ) {
			return;
		}
		$settings = Settings::from_constants();
		$problem  = Status::problem( $settings );
		if ( '' !== $problem ) {
			printf( '<div class="notice notice-warning"><p>%s</p></div>', esc_html( $problem ) );
		}
		if ( $settings->complete() && 'bridge' === $settings->scheme() && 200 !== Poller::last()['code'] ) {
			self::show_block_b( $settings );
		}
	}

	/**
	 * Prints the public key.
	 *
	 * @param Settings $settings Complete settings.
	 */
	private static function show_block_b( Settings $settings ): void {
		try {
			$pair = Key_Pair::ensure( $settings );
			$text = Block_B::text( $settings, $pair );
		} catch ( \RuntimeException $e ) {
			/* translators: %s: what went wrong. */
			printf( '<div class="notice notice-error"><p>%s</p></div>', esc_html( sprintf( __( 'pressgate has no key pair: %s', 'pressgate' ), $e->getMessage() ) ) );
			return;
		}
		printf(
			'<div class="notice notice-info"><p>%s</p><textarea readonly rows="14" cols="70" class="code">%s</textarea><p>%s</p></div>',
			/* translators: %s: a site's name at the gate. */
			esc_html( sprintf( __( 'The gate has not accepted this site yet. Give it this text, which is no secret: pressgate site key %s -', 'pressgate' ), $settings->site() ) ),
			esc_textarea( $text ),
			/* translators: %s: 64 hex digits. */
			esc_html( sprintf( __( 'It must then print this SHA-256 of the public key: %s', 'pressgate' ), $pair->fingerprint() ) )
		);
	}
}
