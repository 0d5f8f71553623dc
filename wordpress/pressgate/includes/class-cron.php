<?php
/**
 * When the plugin works: each minute by WP-Cron, once a day to tidy up, and
 * after the response of a request in which an event was written down.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * Schedules only; the work is Plugin's.
 */
final class Cron {

	const MINUTE = 'pressgate_minute';
	const TICK   = 'pressgate_tick';
	const TIDY   = 'pressgate_tidy';

	/**
	 * Makes WP-Cron call the two hooks.
	 */
	public static function register(): void {
		add_filter( 'cron_schedules', array( self::class, 'schedules' ) ); // phpcs:ignore WordPress.WP.CronInterval.CronSchedulesInterval
		add_action( 'init', array( self::class, 'schedule' ) );
	}

	/**
	 * Adds "each minute".
	 *
	 * @param array $schedules WordPress's schedules.
	 * @return array
	 */
	public static function schedules( $schedules ): array {
		$schedules                 = (array) $schedules;
		$schedules[ self::MINUTE ] = array(
			'interval' => MINUTE_IN_SECONDS,
			'display'  => 'pressgate',
		);
		return $schedules;
	}

	/**
	 * Schedules what is not scheduled.
	 */
	public static function schedule(): void {
		if ( ! wp_next_scheduled( self::TICK ) ) {
			wp_schedule_event( time(), self::MINUTE, self::TICK );
		}
		if ( ! wp_next_scheduled( self::TIDY ) ) {
			wp_schedule_event( time() + HOUR_IN_SECONDS, 'daily', self::TIDY );
		}
	}

	/**
	 * Schedules nothing any more.
	 */
	public static function unschedule(): void {
		foreach ( array( self::TICK, self::TIDY ) as $hook ) {
			if ( wp_next_scheduled( $hook ) ) {
				wp_clear_scheduled_hook( $hook );
			}
		}
	}

	/**
	 * Whether the visitor has the response already, or there is none. Ends
	 * the request when the server can do that.
	 *
	 * @return bool
	 */
	public static function end_response(): bool {
		if ( wp_doing_cron() ) {
			return true;
		}
		foreach ( array( 'fastcgi_finish_request', 'litespeed_finish_request' ) as $finish ) {
			if ( function_exists( $finish ) ) {
				// Else the visitor's next request waits for this session.
				if ( PHP_SESSION_ACTIVE === session_status() ) {
					session_write_close();
				}
				return (bool) $finish();
			}
		}
		return false;
	}
}
