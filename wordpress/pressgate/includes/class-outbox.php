<?php
/**
 * Events on their way to the gate. A row is written when the event happens
 * and stays until it was acknowledged or cannot be.
 *
 *   pending --take()--> sending --sent()--> sent
 *      ^                   |
 *      '-- later(), put_back(), release(), or claimed_until has passed
 *                          '--bury()--> dead --add() of the same event--> pending
 *
 * A sender that died leaves rows in "sending"; they return by themselves.
 * Every change of a taken row names its claim, so a sender that was thought
 * dead changes nothing any more.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * The table pressgate_outbox.
 */
final class Outbox {

	/** Seconds after which a taken row that nothing was heard of returns. */
	const LEASE = 60;

	/**
	 * The table's name.
	 *
	 * @var string
	 */
	private $table;

	/**
	 * The outbox of the present site.
	 */
	public function __construct() {
		global $wpdb;
		$this->table = $wpdb->prefix . 'pressgate_outbox';
	}

	/**
	 * Writes an event down: one statement. An event that is there already is
	 * not written again, but one that was given up gets another chance.
	 *
	 * @param Event  $event    The event.
	 * @param string $ref_hash What its object looked like, 64 hex digits or ''.
	 * @param int    $hold     Seconds before it may be sent; see refine().
	 * @return bool Whether it is to be sent now that was not before.
	 */
	public function add( Event $event, string $ref_hash, int $hold = 0 ): bool {
		global $wpdb;
		$rows = $wpdb->query(
			$wpdb->prepare(
				"INSERT INTO {$this->table} (idem, event, object_ref, ref_hash, occurred_at, data, next_at, created_at)
				VALUES (%s, %s, %s, %s, %s, %s, %d, %d)
				ON DUPLICATE KEY UPDATE
				attempts = IF(status = 'dead', 0, attempts),
				next_at = IF(status = 'dead', VALUES(next_at), next_at),
				status = IF(status = 'dead', 'pending', status)",
				$event->key,
				$event->type,
				$event->ref,
				$ref_hash,
				$event->occurred_at,
				$event->data,
				time() + $hold,
				time()
			)
		);
		if ( false === $rows ) {
			error_log( "pressgate: an event could not be written down: $event->type $event->ref" ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions.error_log_error_log
		}
		return $rows > 0;
	}

	/**
	 * Completes an event that was added with a hold and lets it go. It is
	 * too late, and nothing happens, once the event was taken.
	 *
	 * @param string $key  Its idempotency key.
	 * @param string $data The text of a JSON object that has members.
	 */
	public function refine( string $key, string $data ): void {
		global $wpdb;
		$wpdb->query( $wpdb->prepare( "UPDATE {$this->table} SET data = %s, next_at = %d WHERE idem = %s AND status = 'pending' AND attempts = 0", $data, time(), $key ) );
	}

	/**
	 * Takes rows that are due, each for one caller only.
	 *
	 * @param int $count At most.
	 * @return object[] The rows.
	 */
	public function take( int $count ): array {
		global $wpdb;
		$now   = time();
		$claim = bin2hex( random_bytes( 16 ) );
		// An event whose sending has killed every sender is tried no more.
		$wpdb->query( $wpdb->prepare( "UPDATE {$this->table} SET status = IF(attempts > %d, 'dead', 'pending'), claim = '', error = 'the sender died' WHERE status = 'sending' AND claimed_until < %d", count( Verdict::LADDER ), $now ) );
		$taken = $wpdb->query( $wpdb->prepare( "UPDATE {$this->table} SET status = 'sending', claim = %s, claimed_until = %d WHERE status = 'pending' AND next_at <= %d ORDER BY next_at, id LIMIT %d", $claim, $now + self::LEASE, $now, $count ) );
		if ( ! $taken ) {
			return array();
		}
		return $wpdb->get_results( $wpdb->prepare( "SELECT * FROM {$this->table} WHERE claim = %s AND status = 'sending' ORDER BY id", $claim ) );
	}

	/**
	 * Counts a try, just before it is made.
	 *
	 * @param object $row A taken row; its attempts are counted up, too.
	 * @return bool False: the row is no longer ours and must not be sent.
	 */
	public function begin( object $row ): bool {
		global $wpdb;
		$row->attempts = 1 + (int) $row->attempts;
		return 1 === $wpdb->query( $wpdb->prepare( "UPDATE {$this->table} SET attempts = %d, claimed_until = %d WHERE id = %d AND claim = %s AND status = 'sending'", $row->attempts, time() + self::LEASE, $row->id, $row->claim ) );
	}

	/**
	 * The gate has it.
	 *
	 * @param object $row        A taken row.
	 * @param string $request_id What the gate calls it.
	 */
	public function sent( object $row, string $request_id ): void {
		$this->settle( $row, 'sent', (int) $row->next_at, 202, '', substr( $request_id, 0, 64 ) );
	}

	/**
	 * To be tried again.
	 *
	 * @param object $row     A taken row.
	 * @param int    $next_at When.
	 * @param Answer $answer  What came instead of 202.
	 */
	public function later( object $row, int $next_at, Answer $answer ): void {
		$this->settle( $row, 'pending', $next_at, $answer->code, $answer->why() );
	}

	/**
	 * Given up: a person may look at it.
	 *
	 * @param object $row    A taken row.
	 * @param Answer $answer What came instead of 202.
	 */
	public function bury( object $row, Answer $answer ): void {
		$this->settle( $row, 'dead', (int) $row->next_at, $answer->code, $answer->why() );
	}

	/**
	 * Back as if it had not been tried: the event is not to blame.
	 *
	 * @param object $row    A taken row.
	 * @param Answer $answer What came instead of 202.
	 */
	public function put_back( object $row, Answer $answer ): void {
		$row->attempts = max( 0, $row->attempts - 1 );
		$this->settle( $row, 'pending', (int) $row->next_at, $answer->code, $answer->why() );
	}

	/**
	 * Writes down how a try ended.
	 *
	 * @param object $row        A taken row.
	 * @param string $status     What it is now.
	 * @param int    $next_at    When it is due.
	 * @param int    $code       The answer's status, 0 if there was none.
	 * @param string $error      What was wrong.
	 * @param string $request_id What the gate calls it.
	 */
	private function settle( object $row, string $status, int $next_at, int $code, string $error, string $request_id = '' ): void {
		global $wpdb;
		$wpdb->query(
			$wpdb->prepare(
				"UPDATE {$this->table} SET status = %s, claim = '', attempts = %d, next_at = %d, http_code = %d, error = %s, request_id = %s, sent_at = %d
				WHERE id = %d AND claim = %s AND status = 'sending'",
				$status,
				$row->attempts,
				$next_at,
				$code,
				$error,
				$request_id,
				'sent' === $status ? time() : 0,
				$row->id,
				$row->claim
			)
		);
	}

	/**
	 * Gives taken rows back that were not tried.
	 *
	 * @param string $claim Their claim.
	 */
	public function release( string $claim ): void {
		global $wpdb;
		$wpdb->query( $wpdb->prepare( "UPDATE {$this->table} SET status = 'pending', claim = '' WHERE claim = %s AND status = 'sending'", $claim ) );
	}

	/**
	 * The row of an idempotency key.
	 *
	 * @param string $key The key.
	 * @return object|null
	 */
	public function by_key( string $key ): ?object {
		global $wpdb;
		return $wpdb->get_row( $wpdb->prepare( "SELECT * FROM {$this->table} WHERE idem = %s", $key ) );
	}

	/**
	 * How many rows are in which status.
	 *
	 * @return int[] Status => count.
	 */
	public function counts(): array {
		global $wpdb;
		$counts = array(
			'pending' => 0,
			'sending' => 0,
			'sent'    => 0,
			'dead'    => 0,
		);
		foreach ( $wpdb->get_results( "SELECT status, COUNT(*) AS n FROM {$this->table} GROUP BY status" ) as $row ) {
			$counts[ $row->status ] = (int) $row->n;
		}
		return $counts;
	}

	/**
	 * Forgets what was sent or given up long ago.
	 *
	 * @param int $before Seconds since 1970.
	 */
	public function prune( int $before ): void {
		global $wpdb;
		$wpdb->query( $wpdb->prepare( "DELETE FROM {$this->table} WHERE status IN ('sent', 'dead') AND created_at < %d LIMIT 1000", $before ) );
	}
}
