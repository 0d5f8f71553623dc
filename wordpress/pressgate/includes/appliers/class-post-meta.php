<?php
/**
 * Writes members of a result's output into custom fields of the post that
 * the event was about.
 *
 * @package Pressgate
 */

namespace Pressgate\Appliers;

use Pressgate\Applier;
use Pressgate\Inbox;
use Pressgate\Post_Content;
use Pressgate\Storage_Error;

defined( 'ABSPATH' ) || exit;

/**
 * Writes nothing unless the site says which member goes into which field,
 * and nothing once the post has been changed.
 */
final class Post_Meta implements Applier {

	/** {@inheritDoc} */
	public function apply( array $result, object $row ): array {
		/**
		 * Which member of the output goes into which custom field.
		 *
		 * @param string[] $fields Member => name of the field. Empty: none.
		 * @param array    $result The result.
		 */
		$fields = (array) apply_filters( 'pressgate_post_meta', array(), $result );
		$fields = array_filter( $fields, static fn( $name ) => is_string( $name ) && '' !== $name );
		$values = is_array( $result['output'] ?? null ) ? array_intersect_key( $result['output'], $fields ) : array();
		$values = array_filter( $values, 'is_scalar' );
		if ( array() === $values ) {
			return array( Inbox::SKIPPED, 'no field of this site takes it' );
		}
		$post = (int) $row->object_ref;
		$hash = Post_Content::hash_and_hold( $post );
		if ( null === $hash ) {
			return array( Inbox::SKIPPED, 'the post is gone' );
		}
		if ( $hash !== $row->ref_hash ) {
			return array( Inbox::SKIPPED, 'the post was changed since' );
		}
		// What a cache says may be of a transaction that never was.
		wp_cache_delete( $post, 'post_meta' );
		foreach ( $values as $member => $value ) {
			$this->write( $post, $fields[ $member ], $value );
		}
		return array( Inbox::APPLIED, implode( ', ', array_intersect_key( $fields, $values ) ) );
	}

	/**
	 * Writes one field. Text is kept as HTML that anybody may show: what a
	 * model wrote is as trustworthy as what a stranger did.
	 *
	 * @param int    $post  The post.
	 * @param string $field The field's name.
	 * @param mixed  $value A scalar.
	 * @throws Storage_Error     When the database does not take it.
	 * @throws \RuntimeException When something else keeps it from being written.
	 */
	private function write( int $post, string $field, $value ): void {
		global $wpdb;
		$value = is_string( $value ) ? wp_kses_post( $value ) : (string) $value;
		$held  = sanitize_meta( $field, $value, 'post', get_post_type( $post ) );
		// update_post_meta() takes slashes away, and is false, too, when the
		// field has this value already.
		if ( ! update_post_meta( $post, $field, wp_slash( $value ) ) && get_post_meta( $post, $field, true ) !== $held ) {
			$what = "the custom field $field could not be written";
			throw '' === $wpdb->last_error ? new \RuntimeException( $what ) : new Storage_Error( $what );
		}
	}
}
