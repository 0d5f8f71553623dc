<?php
/**
 * What the three schemes of doc/wire.md have in common.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * Turns an event into a signed request. Signing happens at each try: the
 * body and the key stay the same, time and $once are new.
 */
interface Signer {

	/**
	 * Where events are posted, below the endpoint.
	 *
	 * @return string
	 */
	public function path(): string;

	/**
	 * The exact bytes to be posted. The same event gives the same bytes.
	 *
	 * @param Event $event The event.
	 * @return string
	 */
	public function body( Event $event ): string;

	/**
	 * The headers of a POST.
	 *
	 * @param string $key  The event's idempotency key.
	 * @param string $body The exact bytes that are posted.
	 * @param int    $now  Seconds since 1970.
	 * @param string $once 16 to 64 of A-Z a-z 0-9 _ -, never used before.
	 * @throws \RuntimeException When the key cannot sign.
	 * @return string[] Name => value.
	 */
	public function sign_post( string $key, string $body, int $now, string $once ): array;

	/**
	 * The headers of a GET.
	 *
	 * @param string $target Path and query as sent, below the endpoint.
	 * @param int    $now    Seconds since 1970.
	 * @param string $once   As above.
	 * @throws \RuntimeException When the key cannot sign.
	 * @return string[] Name => value.
	 */
	public function sign_get( string $target, int $now, string $once ): array;
}
