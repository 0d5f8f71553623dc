<?php
/**
 * The plugin's two tables.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * Makes and changes the tables. A release that changes one raises VERSION.
 *
 * Times are seconds since 1970. Texts that were signed or came by the wire
 * are bytes: no character set of the database changes them.
 */
final class Schema {

	const VERSION = 1;
	const OPTION  = 'pressgate_schema';

	/**
	 * Brings the tables up to date when they are not.
	 */
	public static function ensure(): void {
		if ( self::VERSION === (int) get_option( self::OPTION ) ) {
			return;
		}
		require_once ABSPATH . 'wp-admin/includes/upgrade.php';
		foreach ( self::tables() as $sql ) {
			dbDelta( $sql );
		}
		update_option( self::OPTION, self::VERSION );
	}

	/**
	 * The statements, as dbDelta() wants them: two spaces after PRIMARY KEY,
	 * one column a line.
	 *
	 * @return string[]
	 */
	private static function tables(): array {
		global $wpdb;
		$end = 'ENGINE=InnoDB ' . $wpdb->get_charset_collate();
		return array(
			// status: pending, sending (claimed until claimed_until), sent, dead.
			"CREATE TABLE {$wpdb->prefix}pressgate_outbox (
			id bigint(20) unsigned NOT NULL AUTO_INCREMENT,
			idem varchar(128) NOT NULL,
			event varchar(64) NOT NULL,
			object_ref varchar(190) NOT NULL DEFAULT '',
			ref_hash char(64) NOT NULL DEFAULT '',
			occurred_at varchar(32) NOT NULL,
			data mediumblob NOT NULL,
			status varchar(8) NOT NULL DEFAULT 'pending',
			attempts smallint(5) unsigned NOT NULL DEFAULT 0,
			next_at bigint(20) unsigned NOT NULL,
			claim char(32) NOT NULL DEFAULT '',
			claimed_until bigint(20) unsigned NOT NULL DEFAULT 0,
			http_code smallint(5) unsigned NOT NULL DEFAULT 0,
			error varchar(255) NOT NULL DEFAULT '',
			request_id varchar(64) NOT NULL DEFAULT '',
			created_at bigint(20) unsigned NOT NULL,
			sent_at bigint(20) unsigned NOT NULL DEFAULT 0,
			PRIMARY KEY  (id),
			UNIQUE KEY idem (idem),
			KEY due (status,next_at),
			KEY claim (claim)
			) $end;",
			// state: new, settling (in a transaction only), applied, skipped, failed.
			"CREATE TABLE {$wpdb->prefix}pressgate_inbox (
			id bigint(20) unsigned NOT NULL AUTO_INCREMENT,
			result_id varchar(64) NOT NULL,
			idem varchar(128) NOT NULL,
			event varchar(64) NOT NULL,
			object_ref varchar(190) NOT NULL DEFAULT '',
			route varchar(64) NOT NULL,
			status varchar(16) NOT NULL,
			output mediumblob NOT NULL,
			state varchar(8) NOT NULL DEFAULT 'new',
			tries smallint(5) unsigned NOT NULL DEFAULT 1,
			note varchar(255) NOT NULL DEFAULT '',
			received_at bigint(20) unsigned NOT NULL,
			settled_at bigint(20) unsigned NOT NULL DEFAULT 0,
			PRIMARY KEY  (id),
			UNIQUE KEY result_id (result_id),
			KEY idem (idem),
			KEY received (received_at)
			) $end;",
		);
	}

	/**
	 * Takes everything away that the plugin wrote for itself.
	 */
	public static function remove(): void {
		global $wpdb;
		$wpdb->query( "DROP TABLE IF EXISTS {$wpdb->prefix}pressgate_outbox, {$wpdb->prefix}pressgate_inbox" );
		$wpdb->query( $wpdb->prepare( "DELETE FROM $wpdb->options WHERE option_name LIKE %s", $wpdb->esc_like( 'pressgate_' ) . '%' ) );
		wp_cache_delete( self::OPTION, 'options' );
		wp_cache_delete( 'alloptions', 'options' );
	}
}
