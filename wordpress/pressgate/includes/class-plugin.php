<?php
/**
 * Puts the parts together.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * What WordPress calls.
 */
final class Plugin {

	/** Seconds that one tick sends, and fetches, at most. */
	const TICK_S = 20;

	/** Seconds of work after a visitor's response. */
	const AFTER_S = 10;

	/** Days for which settled rows are kept: longer than the gate keeps keys. */
	const KEEP_DAYS = 90;

	/**
	 * Whether this request sends after its response.
	 *
	 * @var bool
	 */
	private static $queued = false;

	/**
	 * Starts to listen. A site that was not set up yet has the notices and
	 * the command only.
	 */
	public static function boot(): void {
		$settings = Settings::from_constants();
		Notices::register();
		if ( defined( 'WP_CLI' ) && WP_CLI ) {
			\WP_CLI::add_command( 'pressgate', Command::class );
		}
		if ( ! $settings->begun() ) {
			add_action( 'init', array( Cron::class, 'unschedule' ) );
			return;
		}
		Schema::ensure();
		Cron::register();
		add_action( Cron::TICK, array( self::class, 'tick' ) );
		add_action( Cron::TIDY, array( self::class, 'tidy' ) );
		add_action( 'pressgate_queued', array( self::class, 'queued' ) );
		add_action( 'shutdown', array( self::class, 'after_response' ), PHP_INT_MAX );
		( new Events\Post_Published( $settings, new Outbox() ) )->register();
	}

	/**
	 * The plugin has been switched on: a new start for sending, too.
	 */
	public static function activate(): void {
		Schema::ensure();
		Hold::lift();
	}

	/**
	 * The plugin has been switched off. What waits, waits.
	 */
	public static function deactivate(): void {
		Cron::unschedule();
	}

	/**
	 * Each minute.
	 */
	public static function tick(): void {
		self::sender()->drain( self::TICK_S );
		self::poller()->poll( self::TICK_S );
	}

	/**
	 * Once a day. An event's row goes before its results' rows: without it a
	 * result that comes again is not applied.
	 */
	public static function tidy(): void {
		( new Outbox() )->prune( time() - self::KEEP_DAYS * DAY_IN_SECONDS );
		( new Inbox() )->prune( time() - ( self::KEEP_DAYS + 7 ) * DAY_IN_SECONDS );
	}

	/**
	 * An event has been written down in this request.
	 */
	public static function queued(): void {
		self::$queued = true;
	}

	/**
	 * The last thing that a request does.
	 */
	public static function after_response(): void {
		if ( self::$queued && Cron::end_response() ) {
			self::sender()->drain( self::AFTER_S );
		}
	}

	/**
	 * A sender of the present settings.
	 *
	 * @return Sender
	 */
	public static function sender(): Sender {
		$settings = Settings::from_constants();
		return new Sender( $settings, new Outbox(), new Gate( $settings ) );
	}

	/**
	 * A poller of the present settings.
	 *
	 * @return Poller
	 */
	public static function poller(): Poller {
		$settings = Settings::from_constants();
		return new Poller( $settings, new Gate( $settings ), new Inbox(), new Outbox(), array( new Appliers\Post_Meta() ) );
	}
}
