<?php
/**
 * Results that were fetched, each once, and what became of them.
 *
 * A result's row is unique by the gate's id. What is done with a result is
 * done in the transaction in which its row is marked, so that a process that
 * dies leaves either both or neither, and of two that have the same result
 * the second finds it done.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * The table pressgate_inbox.
 */
final class Inbox {

	const APPLIED = 'applied';
	const SKIPPED = 'skipped';
	const FAILED  = 'failed';

	/**
	 * How often a result may come without being settled. What ends PHP each
	 * time must not keep all that come after it waiting for ever.
	 */
	const TRIES = 10;

	/**
	 * The table's name.
	 *
	 * @var string
	 */
	private $table;

	/**
	 * The inbox of the present site.
	 */
	public function __construct() {
		global $wpdb;
		$this->table = $wpdb->prefix . 'pressgate_inbox';
	}

	/**
	 * Writes a result down if it is not there yet, else counts that it has
	 * come again.
	 *
	 * @param array $result A result that Poller::is_result() took.
	 * @throws Storage_Error When the database does not.
	 */
	public function add( array $result ): void {
		global $wpdb;
		$this->must(
			$wpdb->prepare(
				"INSERT INTO {$this->table} (result_id, idem, event, object_ref, route, status, output, received_at)
				VALUES (%s, %s, %s, %s, %s, %s, %s, %d)
				ON DUPLICATE KEY UPDATE
				note = IF(state = 'new' AND tries >= %d, 'PHP ended with it each time', note),
				state = IF(state = 'new' AND tries >= %d, 'failed', state),
				tries = LEAST(tries, 60000) + 1",
				$result['id'],
				Event::cut( $result['idempotency_key'], 128 ),
				Event::cut( $result['event_type'], 64 ),
				Event::cut( (string) ( $result['object_ref'] ?? '' ), 190 ),
				Event::cut( $result['route'], 64 ),
				Event::cut( $result['status'], 16 ),
				Json::encode( $result['output'] ?? null ),
				time(),
				self::TRIES,
				self::TRIES
			)
		);
	}

	/**
	 * Does something with a result, once: not if its row says that it was
	 * done, and not if somebody else does it at this moment.
	 *
	 * @param string   $result_id The gate's id.
	 * @param callable $work      Returns array( one of the constants, a note ).
	 * @throws Storage_Error When it is not certain that all of it is written; then none of it is.
	 * @throws \Throwable    What $work throws; then nothing is written.
	 */
	public function settle( string $result_id, callable $work ): void {
		global $wpdb;
		$this->must( 'START TRANSACTION' );
		try {
			if ( 1 === $this->must( $wpdb->prepare( "UPDATE {$this->table} SET state = 'settling' WHERE result_id = %s AND state = 'new'", $result_id ) ) ) {
				list( $state, $note ) = $work();
				$this->close( $result_id, 'settling', $state, $note );
			}
			$this->must( 'COMMIT' );
		} catch ( \Throwable $e ) {
			$wpdb->query( 'ROLLBACK' );
			throw $e;
		}
	}

	/**
	 * Writes down that something cannot be done with a result.
	 *
	 * @param string $result_id The gate's id.
	 * @param string $note      Why.
	 * @throws Storage_Error When the database does not.
	 */
	public function fail( string $result_id, string $note ): void {
		$this->close( $result_id, 'new', self::FAILED, $note );
	}

	/**
	 * Writes the end of a result.
	 *
	 * @param string $result_id The gate's id.
	 * @param string $from      The state it must be in: after a transaction
	 *                          that the database gave up it is not.
	 * @param string $state     The state from now on.
	 * @param string $note      Anything.
	 * @throws Storage_Error When it was not in that state.
	 */
	private function close( string $result_id, string $from, string $state, string $note ): void {
		global $wpdb;
		$rows = $this->must( $wpdb->prepare( "UPDATE {$this->table} SET state = %s, note = %s, settled_at = %d WHERE result_id = %s AND state = %s", $state, Event::cut( $note, 250 ), time(), $result_id, $from ) );
		if ( 1 !== $rows ) {
			throw new Storage_Error( 'a transaction was given up' );
		}
	}

	/**
	 * Runs a statement that must not fail.
	 *
	 * @param string $sql Prepared.
	 * @throws Storage_Error When it does.
	 * @return int Rows.
	 */
	private function must( string $sql ): int {
		global $wpdb;
		$rows = $wpdb->query( $sql );
		if ( false === $rows ) {
			throw new Storage_Error( 'the database refused a statement: ' . $wpdb->last_error );
		}
		return (int) $rows;
	}

	/**
	 * How many rows are in which state.
	 *
	 * @return int[] State => count.
	 */
	public function counts(): array {
		global $wpdb;
		$counts = array();
		foreach ( $wpdb->get_results( "SELECT state, COUNT(*) AS n FROM {$this->table} GROUP BY state" ) as $row ) {
			$counts[ $row->state ] = (int) $row->n;
		}
		return $counts;
	}

	/**
	 * Forgets what came long ago.
	 *
	 * @param int $before Seconds since 1970.
	 */
	public function prune( int $before ): void {
		global $wpdb;
		$wpdb->query( $wpdb->prepare( "DELETE FROM {$this->table} WHERE received_at < %d AND state <> 'new' LIMIT 1000", $before ) );
	}
}
