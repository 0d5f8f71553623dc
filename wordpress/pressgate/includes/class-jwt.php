<?php
/**
 * JSON Web Tokens in the compact form (RFC 7515, 7519), made only: nothing
 * here reads one.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * Signs claims in the order in which they are given.
 */
final class Jwt {

	/**
	 * A token signed by RSA with SHA-256.
	 *
	 * @param array                                   $claims  Name => value, in order.
	 * @param string                                  $kid     The key's id.
	 * @param \OpenSSLAsymmetricKey|resource|string   $private The private key.
	 * @throws \RuntimeException When the key cannot sign.
	 * @return string
	 */
	public static function rs256( array $claims, string $kid, $private ): string {
		$input = self::input( 'RS256', $claims, $kid );
		if ( ! openssl_sign( $input, $mac, $private, OPENSSL_ALGO_SHA256 ) ) {
			throw new \RuntimeException( 'the private key does not sign' );
		}
		return $input . '.' . self::base64url( $mac );
	}

	/**
	 * A token signed by HMAC with SHA-256.
	 *
	 * @param array  $claims Name => value, in order.
	 * @param string $kid    The key's id.
	 * @param string $secret The key's bytes.
	 * @return string
	 */
	public static function hs256( array $claims, string $kid, string $secret ): string {
		$input = self::input( 'HS256', $claims, $kid );
		return $input . '.' . self::base64url( hash_hmac( 'sha256', $input, $secret, true ) );
	}

	/**
	 * What is signed.
	 *
	 * @param string $algorithm The header's alg.
	 * @param array  $claims    Name => value, in order.
	 * @param string $kid       The header's kid.
	 * @return string
	 */
	private static function input( string $algorithm, array $claims, string $kid ): string {
		$header = array(
			'alg' => $algorithm,
			'typ' => 'JWT',
			'kid' => $kid,
		);
		return self::base64url( Json::encode( $header ) ) . '.' . self::base64url( Json::encode( $claims ) );
	}

	/**
	 * Base64 of RFC 4648, section 5, without padding.
	 *
	 * @param string $bytes Any bytes.
	 * @return string
	 */
	private static function base64url( string $bytes ): string {
		return rtrim( strtr( base64_encode( $bytes ), '+/', '-_' ), '=' );
	}
}
