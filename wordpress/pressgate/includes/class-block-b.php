<?php
/**
 * The text by which the gate learns the site's public key.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * Block B of doc/wire.md.
 */
final class Block_B {

	/**
	 * The text, for `pressgate site key SITE -`.
	 *
	 * @param Settings $settings The settings.
	 * @param Key_Pair $pair     The pair; its public half is shown.
	 * @throws \RuntimeException When site or issuer are not known.
	 * @return string
	 */
	public static function text( Settings $settings, Key_Pair $pair ): string {
		if ( '' === $settings->site() || '' === $settings->issuer() ) {
			throw new \RuntimeException( 'PRESSGATE_SITE and PRESSGATE_ISSUER are not defined' );
		}
		return "pressgate site key 1\n"
			. 'site: ' . $settings->site() . "\n"
			. 'issuer: ' . $settings->issuer() . "\n"
			. 'key-id: ' . $pair->kid() . "\n"
			. "algorithm: RS256\n"
			. $pair->public_key();
	}
}
