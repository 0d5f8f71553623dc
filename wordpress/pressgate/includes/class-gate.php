<?php
/**
 * The one place that speaks to the network, and to PRESSGATE_ENDPOINT only.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * Signed requests with short timeouts, no redirects.
 */
final class Gate {

	const CONNECT_MS = 3000;
	const TOTAL_S    = 5;

	/** More than a page of results has. */
	const ANSWER_MAX = 16777216;

	const SIGNERS = array(
		'bridge' => Signers\Bridge::class,
		'relay'  => Signers\Relay::class,
		'edge'   => Signers\Edge::class,
	);

	/**
	 * The settings.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * The signer, null until it is needed.
	 *
	 * @var Signer|null
	 */
	private $signer;

	/**
	 * The gate of these settings.
	 *
	 * @param Settings $settings Complete settings.
	 */
	public function __construct( Settings $settings ) {
		$this->settings = $settings;
	}

	/**
	 * Posts an event. It may be posted any number of times: the gate knows
	 * it by its key.
	 *
	 * @param Event $event The event.
	 * @throws \RuntimeException When it cannot be signed.
	 * @return Answer
	 */
	public function post( Event $event ): Answer {
		$signer  = $this->signer();
		$body    = $signer->body( $event );
		$headers = $signer->sign_post( $event->key, $body, time(), self::once() );
		return $this->request( 'POST', $signer->path(), $headers + array( 'Content-Type' => 'application/json' ), $body );
	}

	/**
	 * Fetches something.
	 *
	 * @param string $target Path and query below the endpoint.
	 * @throws \RuntimeException When it cannot be signed.
	 * @return Answer
	 */
	public function get( string $target ): Answer {
		return $this->request( 'GET', $target, $this->signer()->sign_get( $target, time(), self::once() ) );
	}

	/**
	 * The signer of the scheme.
	 *
	 * @return Signer
	 */
	private function signer(): Signer {
		if ( null === $this->signer ) {
			$class        = self::SIGNERS[ $this->settings->scheme() ];
			$this->signer = new $class( $this->settings );
		}
		return $this->signer;
	}

	/**
	 * A text that was never used before: a nonce, a token's id.
	 *
	 * @return string
	 */
	private static function once(): string {
		return bin2hex( random_bytes( 16 ) );
	}

	/**
	 * Makes one request.
	 *
	 * @param string      $method  GET or POST.
	 * @param string      $target  Path and query below the endpoint.
	 * @param string[]    $headers Name => value.
	 * @param string|null $body    The exact bytes.
	 * @return Answer
	 */
	private function request( string $method, string $target, array $headers, ?string $body = null ): Answer {
		$url   = $this->settings->endpoint() . $target;
		$limit = static function ( $handle, $args, $asked ) use ( $url ) {
			if ( $asked === $url ) {
				// WordPress has no argument for it.
				curl_setopt( $handle, CURLOPT_CONNECTTIMEOUT_MS, self::CONNECT_MS ); // phpcs:ignore WordPress.WP.AlternativeFunctions.curl_curl_setopt
				curl_setopt( $handle, CURLOPT_TIMEOUT_MS, 1000 * self::TOTAL_S ); // phpcs:ignore WordPress.WP.AlternativeFunctions.curl_curl_setopt
			}
		};
		add_action( 'http_api_curl', $limit, PHP_INT_MAX, 3 );
		$response = wp_remote_request(
			$url,
			array(
				'method'              => $method,
				'headers'             => $headers,
				'body'                => $body,
				'timeout'             => self::TOTAL_S,
				'redirection'         => 0,
				'httpversion'         => '1.1',
				'user-agent'          => 'pressgate-wordpress/' . VERSION,
				'limit_response_size' => self::ANSWER_MAX,
			)
		);
		remove_action( 'http_api_curl', $limit, PHP_INT_MAX );
		return Answer::of( $response );
	}
}
