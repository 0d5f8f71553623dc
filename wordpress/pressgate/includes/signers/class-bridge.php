<?php
/**
 * The scheme "bridge": a short-lived token by the site's own key, and an
 * HMAC over the body.
 *
 * @package Pressgate
 */

namespace Pressgate\Signers;

use Pressgate\Envelope;
use Pressgate\Event;
use Pressgate\Jwt;
use Pressgate\Key_Pair;
use Pressgate\Settings;
use Pressgate\Signer;

defined( 'ABSPATH' ) || exit;

/**
 * The token says who sends, to whom and when; the HMAC says what.
 */
final class Bridge implements Signer {

	/** The longest life that the gate takes. */
	const LIFE = 300;

	/**
	 * The secret, issuer and audiences.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * The key pair, null until it is needed.
	 *
	 * @var Key_Pair|null
	 */
	private $pair;

	/**
	 * Takes the secret from the settings.
	 *
	 * @param Settings      $settings Complete settings.
	 * @param Key_Pair|null $pair     Null: the one that the settings name, or the plugin's own.
	 */
	public function __construct( Settings $settings, ?Key_Pair $pair = null ) {
		$this->settings = $settings;
		$this->pair     = $pair;
	}

	/** {@inheritDoc} */
	public function path(): string {
		return '/ingest';
	}

	/** {@inheritDoc} */
	public function body( Event $event ): string {
		return Envelope::around( 'event_type', $event );
	}

	/** {@inheritDoc} */
	public function sign_post( string $key, string $body, int $now, string $once ): array {
		return $this->token( $this->settings->audience(), $now, $once ) + array(
			'X-Signature'       => 'sha256=' . hash_hmac( 'sha256', $body, $this->settings->secret() ),
			'X-Idempotency-Key' => $key,
		);
	}

	/** {@inheritDoc} */
	public function sign_get( string $target, int $now, string $once ): array {
		return $this->token( $this->settings->results_audience(), $now, $once );
	}

	/**
	 * The header that both have.
	 *
	 * @param string $audience The token's aud.
	 * @param int    $now      Seconds since 1970.
	 * @param string $once     The token's jti.
	 * @throws \RuntimeException When there is no key or it cannot sign.
	 * @return string[]
	 */
	private function token( string $audience, int $now, string $once ): array {
		$this->pair = $this->pair ?? Key_Pair::ensure( $this->settings );
		$claims     = array(
			'iss' => $this->settings->issuer(),
			'aud' => $audience,
			'iat' => $now,
			'exp' => $now + self::LIFE,
			'jti' => $once,
		);
		return array( 'Authorization' => 'Bearer ' . Jwt::rs256( $claims, $this->pair->kid(), $this->pair->private_key() ) );
	}
}
