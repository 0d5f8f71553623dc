<?php
/**
 * What of a post goes out, and by what a change is noticed.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * Pure functions of a post, and one look into the database.
 */
final class Post_Content {

	/**
	 * Another one after each change of title, content or excerpt.
	 *
	 * @param object $post Has post_title, post_content, post_excerpt.
	 * @return string 64 hex digits.
	 */
	public static function hash( object $post ): string {
		return hash( 'sha256', implode( "\0", array( $post->post_title, $post->post_content, $post->post_excerpt ) ) );
	}

	/**
	 * The hash of a post as it is in the database, which nobody changes until
	 * the present transaction ends.
	 *
	 * @param int $id The post.
	 * @return string|null Null: there is none.
	 */
	public static function hash_and_hold( int $id ): ?string {
		global $wpdb;
		$post = $wpdb->get_row( $wpdb->prepare( "SELECT post_title, post_content, post_excerpt FROM $wpdb->posts WHERE ID = %d FOR UPDATE", $id ) );
		return null === $post ? null : self::hash( $post );
	}

	/**
	 * The text of some HTML: no tags, no shortcodes, no comments of blocks, a
	 * new line where a block ended.
	 *
	 * @param string $html A post's content.
	 * @return string
	 */
	public static function text( string $html ): string {
		$html = strip_shortcodes( $html );
		$html = preg_replace( '#</(p|div|h[1-6]|li|ul|ol|tr|td|th|pre|blockquote|figcaption|dt|dd|section)>|<br\b[^>]*>#i', "$0\n", $html ) ?? $html;
		$text = html_entity_decode( wp_strip_all_tags( $html ), ENT_QUOTES | ENT_HTML5, 'UTF-8' );
		$text = preg_replace( '/[\x00-\x08\x0b-\x1f\x7f]+/', '', $text ) ?? $text;
		return trim( preg_replace( '/[ \t]*\n\s*/', "\n", $text ) ?? $text );
	}
}
