<?php
/**
 * The database did not do what it was asked.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * Thrown where going on would lose or double something; the same work is
 * tried again later.
 */
final class Storage_Error extends \RuntimeException {
}
