<?php
/**
 * What an answer means for an event.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * One table and one ladder.
 */
final class Verdict {

	const SENT    = 'sent';
	const REFUSED = 'refused'; // It is about us, not about the event: pause.
	const DEAD    = 'dead';
	const LATER   = 'later';

	/**
	 * The same bytes cannot succeed. What is not here and no 202 of the gate
	 * is tried again: a wrong address or a proxy's page must lose nothing.
	 */
	const TABLE = array(
		400 => self::DEAD,
		401 => self::REFUSED,
		403 => self::DEAD,
		405 => self::DEAD,
		413 => self::DEAD,
		415 => self::DEAD,
		422 => self::DEAD,
	);

	/** Seconds before the second try, the third, ...; after the last: dead. */
	const LADDER = array( 60, 300, 1800, 7200, 21600, 86400 );

	/** By how much of itself a wait is made longer at most. */
	const JITTER = 0.2;

	/**
	 * The verdict.
	 *
	 * @param Answer $answer   What came.
	 * @param int    $attempts How often it was tried, this time too.
	 * @return string One of the constants.
	 */
	public static function of( Answer $answer, int $attempts ): string {
		if ( '' !== $answer->request_id() ) {
			return self::SENT;
		}
		if ( isset( self::TABLE[ $answer->code ] ) ) {
			return self::TABLE[ $answer->code ];
		}
		return $attempts > count( self::LADDER ) ? self::DEAD : self::LATER;
	}

	/**
	 * Seconds until the next try.
	 *
	 * @param Answer $answer   What came.
	 * @param int    $attempts How often it was tried; the ladder has a step for it.
	 * @param float  $chance   From 0 to 1, by chance.
	 * @return int
	 */
	public static function wait( Answer $answer, int $attempts, float $chance ): int {
		$step = self::LADDER[ max( 0, min( $attempts, count( self::LADDER ) ) - 1 ) ];
		return (int) max( $answer->retry_after, $step ) + (int) ( $step * self::JITTER * $chance );
	}
}
