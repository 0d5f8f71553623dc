<?php
/**
 * The command `wp pressgate`.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * Connects this site to a pressgate.
 */
final class Command {

	/**
	 * Prints the site's public key, for `pressgate site key SITE -`.
	 *
	 * The key pair is made when there is none. The private key is not shown.
	 *
	 * ## EXAMPLES
	 *
	 *     wp pressgate key | ssh gate.example.com pressgate site key blog -
	 *
	 * @when after_wp_load
	 */
	public function key(): void {
		try {
			\WP_CLI::line( rtrim( pressgate_block_b(), "\n" ) );
		} catch ( \RuntimeException $e ) {
			\WP_CLI::error( $e->getMessage() );
		}
	}

	/**
	 * Shows what waits, what went wrong and whether sending is paused.
	 *
	 * ## EXAMPLES
	 *
	 *     wp pressgate status
	 *
	 * @when after_wp_load
	 */
	public function status(): void {
		foreach ( Status::lines() as $line ) {
			\WP_CLI::line( $line );
		}
	}

	/**
	 * Lets sending go on after the gate refused this site (401).
	 *
	 * ## EXAMPLES
	 *
	 *     wp pressgate resume
	 *
	 * @when after_wp_load
	 */
	public function resume(): void {
		Hold::lift();
		\WP_CLI::success( 'Sending goes on with the next minute.' );
	}

	/**
	 * Sends what is due and fetches results, as WP-Cron does each minute.
	 *
	 * ## EXAMPLES
	 *
	 *     wp pressgate run
	 *
	 * @when after_wp_load
	 */
	public function run(): void {
		Plugin::tick();
		$this->status();
	}
}
