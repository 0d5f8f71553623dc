<?php
/**
 * What can be done with a result.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * Applies results of one kind.
 */
interface Applier {

	/**
	 * Applies a result, or does not. Runs in a transaction that is rolled
	 * back when it throws, and under the Guard.
	 *
	 * @param array  $result As the gate sent it; status is done. Untrusted.
	 * @param object $row    The event's row of the outbox.
	 * @throws \Throwable When it cannot.
	 * @return string[] One of Inbox's constants, and a note for people.
	 */
	public function apply( array $result, object $row ): array;
}
