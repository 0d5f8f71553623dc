<?php
/**
 * The scheme "edge": an HMAC over timestamp, nonce and body.
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
 * Signs TIMESTAMP.NONCE.BODY and TIMESTAMP.NONCE.GET TARGET.
 */
final class Edge implements Signer {

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
		return '/ingest/webhook';
	}

	/** {@inheritDoc} */
	public function body( Event $event ): string {
		return Envelope::beside( 'type', $event );
	}

	/** {@inheritDoc} */
	public function sign_post( string $key, string $body, int $now, string $once ): array {
		return $this->sign( $body, $now, $once ) + array( 'X-Idempotency-Key' => $key );
	}

	/** {@inheritDoc} */
	public function sign_get( string $target, int $now, string $once ): array {
		return $this->sign( 'GET ' . $target, $now, $once );
	}

	/**
	 * The headers that both have.
	 *
	 * @param string $what What is signed beside time and nonce.
	 * @param int    $now  Seconds since 1970.
	 * @param string $once The nonce.
	 * @return string[]
	 */
	private function sign( string $what, int $now, string $once ): array {
		return array(
			'X-Edge-Timestamp' => (string) $now,
			'X-Edge-Nonce'     => $once,
			'X-Edge-Signature' => hash_hmac( 'sha256', $now . '.' . $once . '.' . $what, $this->settings->secret() ),
			'X-Edge-Key-Id'    => $this->settings->key_id(),
		);
	}
}
