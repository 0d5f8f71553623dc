<?php
/**
 * Rows of the options table that several processes change at once: locks,
 * the cursor, the key pair. get_option() and update_option() may answer out
 * of a cache and overwrite what another process wrote, so these read and
 * compare in the database itself.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * Named texts, changed one statement at a time. None is loaded on each page.
 */
final class State {

	/**
	 * The value, null when there is none.
	 *
	 * @param string $name The option's name.
	 * @return string|null
	 */
	public static function read( string $name ): ?string {
		global $wpdb;
		return $wpdb->get_var( $wpdb->prepare( "SELECT option_value FROM $wpdb->options WHERE option_name = %s", $name ) );
	}

	/**
	 * Writes a value where there is none.
	 *
	 * @param string $name  The option's name.
	 * @param string $value The value.
	 * @return bool Whether this call wrote it.
	 */
	public static function create( string $name, string $value ): bool {
		global $wpdb;
		return 1 === $wpdb->query( $wpdb->prepare( "INSERT IGNORE INTO $wpdb->options (option_name, option_value, autoload) VALUES (%s, %s, 'no')", $name, $value ) );
	}

	/**
	 * Replaces a value if it is still the one that was read.
	 *
	 * @param string      $name The option's name.
	 * @param string|null $old  What was read; null: there was none.
	 * @param string      $new  Another value.
	 * @return bool Whether this call replaced it.
	 */
	public static function swap( string $name, ?string $old, string $new ): bool {
		global $wpdb;
		if ( null === $old ) {
			return self::create( $name, $new );
		}
		return 1 === $wpdb->query( $wpdb->prepare( "UPDATE $wpdb->options SET option_value = %s WHERE option_name = %s AND option_value = %s", $new, $name, $old ) );
	}

	/**
	 * Writes a value whatever there was.
	 *
	 * @param string $name  The option's name.
	 * @param string $value The value.
	 */
	public static function put( string $name, string $value ): void {
		global $wpdb;
		$wpdb->query( $wpdb->prepare( "INSERT INTO $wpdb->options (option_name, option_value, autoload) VALUES (%s, %s, 'no') ON DUPLICATE KEY UPDATE option_value = VALUES(option_value)", $name, $value ) );
	}

	/**
	 * Removes a value.
	 *
	 * @param string      $name The option's name.
	 * @param string|null $old  Only if it is still this one; null: any.
	 */
	public static function remove( string $name, ?string $old = null ): void {
		global $wpdb;
		if ( null === $old ) {
			$wpdb->query( $wpdb->prepare( "DELETE FROM $wpdb->options WHERE option_name = %s", $name ) );
		} else {
			$wpdb->query( $wpdb->prepare( "DELETE FROM $wpdb->options WHERE option_name = %s AND option_value = %s", $name, $old ) );
		}
	}
}
