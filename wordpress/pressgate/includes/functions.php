<?php
/**
 * What other code may call.
 *
 * @package Pressgate
 */

use Pressgate\Block_B;
use Pressgate\Key_Pair;
use Pressgate\Settings;

defined( 'ABSPATH' ) || exit;

/**
 * The site's public key as a text for `pressgate site key SITE -`. Makes the
 * key pair when there is none yet.
 *
 * @throws RuntimeException When a constant is missing or no key can be made.
 * @return string
 */
function pressgate_block_b(): string {
	$settings = Settings::from_constants();
	return Block_B::text( $settings, Key_Pair::ensure( $settings ) );
}
