<?php
/**
 * How things stand, in plain sentences.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * Changes nothing, but that a bridge without a key pair gets one. No secret
 * is in it.
 */
final class Status {

	/**
	 * Sentences.
	 *
	 * @return string[]
	 */
	public static function lines(): array {
		$settings = Settings::from_constants();
		$problem  = self::problem( $settings );
		if ( ! $settings->begun() ) {
			return array( $problem );
		}
		$out   = ( new Outbox() )->counts();
		$in    = ( new Inbox() )->counts();
		$last  = Poller::last();
		$lines = array(
			'gate: ' . $settings->endpoint() . ', site ' . $settings->site() . ', scheme ' . $settings->scheme(),
			'events: ' . self::count( $out ),
			'results: ' . self::count( $in ),
			'last poll: ' . ( 0 === $last['at'] ? 'none' : gmdate( 'Y-m-d\TH:i:s\Z', $last['at'] ) . ( '' === $last['error'] ? '' : ', ' . $last['error'] ) ),
		);
		if ( $settings->complete() && 'bridge' === $settings->scheme() ) {
			$lines[] = self::key( $settings );
		}
		if ( '' !== $problem ) {
			$lines[] = $problem;
		}
		return $lines;
	}

	/**
	 * The key that signs tokens, as the gate tells of it.
	 *
	 * @param Settings $settings Complete settings of a bridge.
	 * @return string
	 */
	private static function key( Settings $settings ): string {
		try {
			$pair = Key_Pair::ensure( $settings );
		} catch ( \RuntimeException $e ) {
			return 'key: none, ' . $e->getMessage();
		}
		return 'key: ' . $pair->kid() . ', SHA-256 of the public key: ' . $pair->fingerprint();
	}

	/**
	 * What a person has to do, '' if nothing.
	 *
	 * @param Settings $settings The settings.
	 * @return string
	 */
	public static function problem( Settings $settings ): string {
		if ( array() !== $settings->missing() ) {
			/* translators: %s: names of PHP constants. */
			return sprintf( __( 'pressgate is not set up: wp-config.php does not define %s. `pressgate site add` prints these lines.', 'pressgate' ), implode( ', ', $settings->missing() ) );
		}
		if ( '' !== $settings->refused() ) {
			/* translators: %s: name of a PHP constant. */
			return sprintf( __( 'pressgate is not set up: the value of %s cannot be used.', 'pressgate' ), $settings->refused() );
		}
		$hold = Hold::get();
		if ( null !== $hold && 0 === $hold['until'] ) {
			return __( 'pressgate has paused sending: the gate does not accept this site\'s signature. Compare wp-config.php and the clock with the gate; with the scheme bridge the gate must know this site\'s public key. Events wait meanwhile.', 'pressgate' );
		}
		return '';
	}

	/**
	 * "3 sent, 1 pending"
	 *
	 * @param int[] $counts Name => count.
	 * @return string
	 */
	private static function count( array $counts ): string {
		$parts = array();
		foreach ( array_filter( $counts ) as $name => $count ) {
			$parts[] = "$count $name";
		}
		return array() === $parts ? 'none' : implode( ', ', $parts );
	}
}
