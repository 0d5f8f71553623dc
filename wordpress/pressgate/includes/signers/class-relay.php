<?php
/**
 * The scheme "relay": an HMAC over timestamp and body.
 *
 * @package Pressgate
 */

namespace Pressgate\Signers;

use Pressgate\Envelope;
use Pressgate\Event;
use Pressgate\Settings;
use Pressgate\Signer;

defined( 'ABSPATH' ) || exit;

/**
 * Signs TIMESTAMP.BODY and TIMESTAMP.GET TARGET.
 */
final class Relay implements Signer {

	/**
	 * The secret and its id.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Takes the secret from the settings.
	 *
	 * @param Settings $settings Complete settings.
	 */
	public function __construct( Settings $settings ) {
		$this->settings = $settings;
	}

	/** {@inheritDoc} */
	public function path(): string {
		return '/webhooks/wp';
	}

	/** {@inheritDoc} */
	public function body( Event $event ): string {
		return Envelope::beside( 'event', $event );
	}

	/** {@inheritDoc} */
	public function sign_post( string $key, string $body, int $now, string $once ): array {
		return $this->sign( $body, $now ) + array( 'Idempotency-Key' => $key );
	}

	/** {@inheritDoc} */
	public function sign_get( string $target, int $now, string $once ): array {
		return $this->sign( 'GET ' . $target, $now );
	}

	/**
	 * The headers that both have.
	 *
	 * @param string $what What is signed beside the time.
	 * @param int    $now  Seconds since 1970.
	 * @return string[]
	 */
	private function sign( string $what, int $now ): array {
		return array(
			'X-WP-Timestamp' => (string) $now,
			'X-WP-Signature' => hash_hmac( 'sha256', $now . '.' . $what, $this->settings->secret() ),
			'X-WP-Key-Id'    => $this->settings->key_id(),
		);
	}
}
