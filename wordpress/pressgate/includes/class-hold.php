<?php
/**
 * A hold on sending: the gate said that it does not know us (401), or that
 * it is busy (429). Events wait meanwhile; none is lost and none is counted
 * as tried.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * A busy gate's hold ends at its time. A refusal's hold ends when the
 * settings change, when a person resumes, or when fetching results, which
 * goes on and was refused too, is answered again.
 */
final class Hold {

	const OPTION = 'pressgate_hold';

	/**
	 * Whether nothing may be sent now.
	 *
	 * @param Settings $settings The present settings.
	 * @return bool
	 */
	public static function stands( Settings $settings ): bool {
		$hold = self::get();
		if ( null === $hold ) {
			return false;
		}
		$over = $hold['until'] > 0 ? $hold['until'] <= time() : $hold['of'] !== $settings->fingerprint();
		if ( $over ) {
			self::lift();
		}
		return ! $over;
	}

	/**
	 * The gate refused a request's authentication.
	 *
	 * @param Settings $settings The settings that it refused.
	 */
	public static function refused( Settings $settings ): void {
		self::put( 0, $settings->fingerprint(), false );
		/**
		 * Sending has been paused: the gate answered 401.
		 */
		do_action( 'pressgate_paused' );
	}

	/**
	 * The gate asked for time.
	 *
	 * @param int $seconds How long.
	 */
	public static function busy( int $seconds ): void {
		self::put( time() + $seconds, '', false );
	}

	/**
	 * How the gate answered when results were fetched.
	 *
	 * @param bool $known Whether it knew us.
	 */
	public static function heard( bool $known ): void {
		$hold = self::get();
		if ( null === $hold || $hold['until'] > 0 ) {
			return;
		}
		if ( $known && $hold['polled'] ) {
			self::lift();
		} elseif ( ! $known && ! $hold['polled'] ) {
			self::put( 0, $hold['of'], true );
		}
	}

	/**
	 * Sending may go on.
	 */
	public static function lift(): void {
		State::remove( self::OPTION );
	}

	/**
	 * The hold, null if there is none.
	 *
	 * @return array|null until (0: no time of its own), of, polled.
	 */
	public static function get(): ?array {
		$hold = Json::decode( (string) State::read( self::OPTION ) );
		return isset( $hold['until'], $hold['of'], $hold['polled'] ) ? $hold : null;
	}

	/**
	 * Writes a hold.
	 *
	 * @param int    $until  When it ends, 0: not by time.
	 * @param string $of     The settings it is about.
	 * @param bool   $polled Whether fetching results was refused, too.
	 */
	private static function put( int $until, string $of, bool $polled ): void {
		State::put(
			self::OPTION,
			Json::encode(
				array(
					'until'  => $until,
					'of'     => $of,
					'polled' => $polled,
				)
			)
		);
	}
}
