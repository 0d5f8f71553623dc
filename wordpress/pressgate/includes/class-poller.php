<?php
/**
 * Fetches the site's results and has them applied.
 *
 * Page by page: each result is written down, applied and marked (Inbox), and
 * only then the cursor goes on. Whoever dies on the way has the same page
 * again, and finds what was done marked as done.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * GET /results, by one process at a time.
 */
final class Poller {

	const CURSOR = 'pressgate_cursor';
	const LAST   = 'pressgate_poll';
	const PAGE   = 50;

	/** Longer than any run; a lock of a run that died is taken after it. */
	const LOCK_S = 120;

	/** Seconds before a gate that refused us is asked again. */
	const REFUSED_S = 300;

	/**
	 * The settings.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * The gate.
	 *
	 * @var Gate
	 */
	private $gate;

	/**
	 * Where results are kept.
	 *
	 * @var Inbox
	 */
	private $inbox;

	/**
	 * Where their events are.
	 *
	 * @var Outbox
	 */
	private $outbox;

	/**
	 * What is done with them.
	 *
	 * @var Applier[]
	 */
	private $appliers;

	/**
	 * Takes what it works with.
	 *
	 * @param Settings  $settings The settings.
	 * @param Gate      $gate     The gate.
	 * @param Inbox     $inbox    Where results are kept.
	 * @param Outbox    $outbox   Where their events are.
	 * @param Applier[] $appliers What is done with them.
	 */
	public function __construct( Settings $settings, Gate $gate, Inbox $inbox, Outbox $outbox, array $appliers ) {
		$this->settings = $settings;
		$this->gate     = $gate;
		$this->inbox    = $inbox;
		$this->outbox   = $outbox;
		$this->appliers = $appliers;
	}

	/**
	 * Fetches and applies what is there, for so many seconds.
	 *
	 * @param int $seconds The time for it.
	 */
	public function poll( int $seconds ): void {
		$last = self::last();
		if ( ! $this->settings->complete() || ( $last['next'] > time() && $last['of'] === $this->settings->fingerprint() ) ) {
			return;
		}
		$lock = new Lock( 'poll' );
		if ( ! $lock->take( self::LOCK_S ) ) {
			return;
		}
		try {
			$end = microtime( true ) + $seconds;
			do {
				$more = $this->page( $end );
			} while ( $more && microtime( true ) < $end );
		} catch ( \RuntimeException $e ) {
			$this->note( 0, $e->getMessage() );
		} finally {
			$lock->release();
		}
	}

	/**
	 * Fetches and applies one page.
	 *
	 * @param float $end When there is no time left.
	 * @throws \RuntimeException When it must be fetched again later.
	 * @return bool Whether to ask again at once.
	 */
	private function page( float $end ): bool {
		$cursor = State::read( self::CURSOR );
		$answer = $this->fetch( $cursor, self::PAGE );
		if ( 200 === $answer->code && null === Json::decode( $answer->body ) ) {
			$answer = $this->fetch( $cursor, 1 ); // Longer than ANSWER_MAX.
		}
		$said = Json::decode( $answer->body );
		if ( 410 === $answer->code && self::is_cursor( $said['restart'] ?? null ) ) {
			return $said['restart'] !== $cursor && State::swap( self::CURSOR, $cursor, $said['restart'] );
		}
		if ( 200 === $answer->code || 401 === $answer->code ) {
			Hold::heard( 200 === $answer->code );
		}
		if ( 200 !== $answer->code ) {
			$wait = 401 === $answer->code ? self::REFUSED_S : $answer->retry_after;
			$this->note( $answer->code, $answer->why(), $wait );
			return false;
		}
		if ( ! is_array( $said['results'] ?? null ) || ! self::is_cursor( $said['next'] ?? null ) ) {
			throw new \RuntimeException( 'the answer has no results and no cursor' );
		}
		foreach ( $said['results'] as $result ) {
			if ( microtime( true ) >= $end ) {
				return false; // The rest of the page comes again.
			}
			$this->take( $result );
		}
		$this->note( 200, '' );
		if ( $said['next'] !== $cursor && ! State::swap( self::CURSOR, $cursor, $said['next'] ) ) {
			return false; // Somebody else has gone on.
		}
		return true === ( $said['has_more'] ?? false );
	}

	/**
	 * Asks for a page.
	 *
	 * @param string|null $cursor Null: from the beginning.
	 * @param int         $limit  How many at most.
	 * @return Answer
	 */
	private function fetch( ?string $cursor, int $limit ): Answer {
		return $this->gate->get( "/results?limit=$limit" . ( null === $cursor ? '' : "&since=$cursor" ) );
	}

	/**
	 * Writes one result down and applies it.
	 *
	 * @param mixed $result Untrusted.
	 * @throws \RuntimeException When the page must be fetched again later.
	 */
	private function take( $result ): void {
		if ( ! self::is_result( $result ) ) {
			throw new \RuntimeException( 'a result is not as doc/wire.md says' );
		}
		$this->inbox->add( $result );
		try {
			$this->inbox->settle( $result['id'], fn() => Guard::run( fn() => $this->apply( $result ) ) );
		} catch ( Storage_Error $e ) {
			throw $e;
		} catch ( \Throwable $e ) {
			$this->inbox->fail( $result['id'], $e->getMessage() );
		}
	}

	/**
	 * Applies one result.
	 *
	 * @param array $result A result.
	 * @return string[] One of Inbox's constants, and a note.
	 */
	private function apply( array $result ): array {
		$row     = $this->outbox->by_key( $result['idempotency_key'] );
		$outcome = array( Inbox::SKIPPED, "status $result[status]" );
		if ( 'done' === $result['status'] ) {
			$outcome = null === $row ? array( Inbox::SKIPPED, 'no event of this site' ) : $this->ask_appliers( $result, $row );
		}
		/**
		 * A result has come; runs once for each, in the transaction that marks
		 * it as settled.
		 *
		 * @param array       $result  As the gate sent it.
		 * @param object|null $row     The event's row of the outbox.
		 * @param string[]    $outcome What the plugin did with it.
		 */
		do_action( 'pressgate_result', $result, $row, $outcome );
		return $outcome;
	}

	/**
	 * Shows a result to each applier.
	 *
	 * @param array  $result A result.
	 * @param object $row    The event's row of the outbox.
	 * @return string[] One of Inbox's constants, and a note.
	 */
	private function ask_appliers( array $result, object $row ): array {
		$outcome = array( Inbox::SKIPPED, 'nothing to do with it' );
		foreach ( $this->appliers as $applier ) {
			$said = $applier->apply( $result, $row );
			if ( Inbox::APPLIED === $said[0] || Inbox::SKIPPED === $outcome[0] ) {
				$outcome = $said;
			}
		}
		return $outcome;
	}

	/**
	 * Whether something has what the inbox needs.
	 *
	 * @param mixed $result Untrusted.
	 * @return bool
	 */
	private static function is_result( $result ): bool {
		foreach ( array( 'id', 'idempotency_key', 'event_type', 'route', 'status' ) as $member ) {
			if ( ! is_string( $result[ $member ] ?? null ) ) {
				return false;
			}
		}
		return self::is_cursor( $result['id'] ) && is_scalar( $result['object_ref'] ?? '' );
	}

	/**
	 * Whether something is a cursor; a result's id looks the same.
	 *
	 * @param mixed $text Untrusted.
	 * @return bool
	 */
	private static function is_cursor( $text ): bool {
		return is_string( $text ) && 1 === preg_match( '/\A[A-Za-z0-9._-]{1,64}\z/', $text );
	}

	/**
	 * Writes down how the last poll went.
	 *
	 * @param int    $code  The answer's status, 0 without an answer.
	 * @param string $error What was wrong, '' if nothing was.
	 * @param int    $wait  Seconds until the next poll at least.
	 */
	private function note( int $code, string $error, int $wait = 0 ): void {
		State::put(
			self::LAST,
			Json::encode(
				array(
					'at'    => time(),
					'code'  => $code,
					'error' => $error,
					'next'  => time() + $wait,
					'of'    => $this->settings->fingerprint(),
				)
			)
		);
	}

	/**
	 * How the last poll went.
	 *
	 * @return array at, code, error, next, and of: the fingerprint of the
	 *               settings. Zeros if there was none.
	 */
	public static function last(): array {
		$none = array(
			'at'    => 0,
			'code'  => 0,
			'error' => '',
			'next'  => 0,
			'of'    => '',
		);
		return array_merge( $none, Json::decode( (string) State::read( self::LAST ) ) ?? array() );
	}
}
