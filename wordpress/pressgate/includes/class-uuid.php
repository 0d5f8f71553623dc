<?php
/**
 * UUIDs made of a name (RFC 9562, version 5).
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * The same name always gives the same UUID.
 */
final class Uuid {

	const NAMESPACE_URL = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';

	/**
	 * A UUID of version 5, in lower case.
	 *
	 * @param string $name Any bytes.
	 * @param string $space The namespace's UUID.
	 * @return string
	 */
	public static function v5( string $name, string $space = self::NAMESPACE_URL ): string {
		$hash    = substr( sha1( hex2bin( str_replace( '-', '', $space ) ) . $name ), 0, 32 );
		$hash[12] = '5';
		$hash[16] = dechex( hexdec( $hash[16] ) & 0x3 | 0x8 );
		return implode( '-', array( substr( $hash, 0, 8 ), substr( $hash, 8, 4 ), substr( $hash, 12, 4 ), substr( $hash, 16, 4 ), substr( $hash, 20 ) ) );
	}
}
