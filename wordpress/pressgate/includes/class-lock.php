<?php
/**
 * A lock that one process holds, by an owner and an expiry in one row: a
 * holder that died is replaced once the expiry has passed.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * Take, then release; a lock is no more than a courtesy: what must not
 * happen twice is kept apart by the database (see Inbox), lock or no lock.
 */
final class Lock {

	/**
	 * The option's name.
	 *
	 * @var string
	 */
	private $name;

	/**
	 * The value that says that the lock is ours, null when it is not.
	 *
	 * @var string|null
	 */
	private $mine;

	/**
	 * A lock of this name; not taken yet.
	 *
	 * @param string $name What is locked.
	 */
	public function __construct( string $name ) {
		$this->name = 'pressgate_lock_' . $name;
	}

	/**
	 * Takes the lock if nobody has it.
	 *
	 * @param int $seconds How long it is ours at most.
	 * @return bool Whether it is ours.
	 */
	public function take( int $seconds ): bool {
		$mine = sprintf( '%s %d', bin2hex( random_bytes( 8 ) ), time() + $seconds );
		if ( ! State::create( $this->name, $mine ) ) {
			$theirs = State::read( $this->name );
			if ( null !== $theirs && (int) substr( (string) strrchr( $theirs, ' ' ), 1 ) > time() ) {
				return false;
			}
			if ( ! State::swap( $this->name, $theirs, $mine ) ) {
				return false;
			}
		}
		$this->mine = $mine;
		return true;
	}

	/**
	 * Gives the lock back if it is still ours.
	 */
	public function release(): void {
		if ( null !== $this->mine ) {
			State::remove( $this->name, $this->mine );
			$this->mine = null;
		}
	}
}
