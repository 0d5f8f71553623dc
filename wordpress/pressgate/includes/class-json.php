<?php
/**
 * JSON as it goes over the wire: no escaped slashes, no escaped Unicode, so
 * that the same value always has the same bytes.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * Encoding and decoding.
 */
final class Json {

	/**
	 * The JSON text of a value. Bytes that are no UTF-8 are replaced.
	 *
	 * @param mixed $value Scalars, arrays, objects.
	 * @throws \RuntimeException When it nests too deep or is no JSON value.
	 * @return string
	 */
	public static function encode( $value ): string {
		// wp_json_encode() would try again without what it cannot encode.
		$text = json_encode( $value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE, 32 ); // phpcs:ignore WordPress.WP.AlternativeFunctions.json_encode_json_encode
		if ( false === $text ) {
			throw new \RuntimeException( 'JSON: ' . json_last_error_msg() );
		}
		return $text;
	}

	/**
	 * The array of an object's or array's text, null for anything else.
	 *
	 * @param string $text Untrusted.
	 * @return array|null
	 */
	public static function decode( string $text ): ?array {
		$value = json_decode( $text, true, 64 );
		return is_array( $value ) ? $value : null;
	}
}
