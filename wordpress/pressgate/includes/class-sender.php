<?php
/**
 * Moves the outbox: after the response of the request in which something
 * happened, and each minute by WP-Cron. Any number may run at once.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * Takes rows, posts them, writes down how it went.
 */
final class Sender {

	const BATCH = 10;

	/**
	 * The settings.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Where rows come from.
	 *
	 * @var Outbox
	 */
	private $outbox;

	/**
	 * Where they go.
	 *
	 * @var Gate
	 */
	private $gate;

	/**
	 * Takes what it works with.
	 *
	 * @param Settings $settings The settings.
	 * @param Outbox   $outbox   Where rows come from.
	 * @param Gate     $gate     Where they go.
	 */
	public function __construct( Settings $settings, Outbox $outbox, Gate $gate ) {
		$this->settings = $settings;
		$this->outbox   = $outbox;
		$this->gate     = $gate;
	}

	/**
	 * Sends what is due, for so many seconds and one request more at most.
	 *
	 * @param int $seconds The time for it.
	 */
	public function drain( int $seconds ): void {
		if ( ! $this->settings->complete() || Hold::stands( $this->settings ) ) {
			return;
		}
		$end = microtime( true ) + $seconds;
		do {
			$rows = $this->outbox->take( self::BATCH );
			$on   = array() !== $rows;
			foreach ( $rows as $row ) {
				$on = $on && microtime( true ) < $end && $this->send( $row );
			}
			if ( array() !== $rows && ! $on ) {
				$this->outbox->release( $rows[0]->claim );
			}
		} while ( $on && count( $rows ) === self::BATCH );
	}

	/**
	 * Sends one row.
	 *
	 * @param object $row A taken row.
	 * @return bool Whether to go on: a gate that is away, busy or refuses us
	 *              is not asked again in this run.
	 */
	private function send( object $row ): bool {
		if ( ! $this->outbox->begin( $row ) ) {
			return true;
		}
		try {
			$answer = $this->gate->post( new Event( $row->event, $row->idem, $row->object_ref, $row->occurred_at, $row->data ) );
		} catch ( \RuntimeException $e ) {
			$this->outbox->put_back( $row, new Answer( 0, '', '', $e->getMessage() ) );
			return false;
		}
		switch ( Verdict::of( $answer, $row->attempts ) ) {
			case Verdict::SENT:
				$this->outbox->sent( $row, $answer->request_id() );
				return true;
			case Verdict::DEAD:
				$this->outbox->bury( $row, $answer );
				return isset( Verdict::TABLE[ $answer->code ] );
			case Verdict::REFUSED:
				$this->outbox->put_back( $row, $answer );
				Hold::refused( $this->settings );
				return false;
			default:
				$this->outbox->later( $row, time() + Verdict::wait( $answer, $row->attempts, wp_rand( 0, 1000 ) / 1000 ), $answer );
				if ( 429 === $answer->code && $answer->retry_after > 0 ) {
					Hold::busy( $answer->retry_after );
				}
				return false;
		}
	}
}
