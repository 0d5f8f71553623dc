<?php
/**
 * Keeps what the plugin changes by itself from becoming an event: a result
 * that makes an event that makes a result would go round for ever, and each
 * round would be paid for.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * Counts how deep this process is in applying.
 */
final class Guard {

	/**
	 * How deep.
	 *
	 * @var int
	 */
	private static $depth = 0;

	/**
	 * Runs something that must not emit events.
	 *
	 * @param callable $work What to run.
	 * @return mixed What it returns.
	 */
	public static function run( callable $work ) {
		++self::$depth;
		try {
			return $work();
		} finally {
			--self::$depth;
		}
	}

	/**
	 * Whether something runs that must not emit events.
	 *
	 * @return bool
	 */
	public static function stands(): bool {
		return self::$depth > 0;
	}
}
