<?php
/**
 * Something that happened on this site, as the outbox keeps it. How it looks
 * on its way to the gate is the signer's business.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * A value; nothing changes it.
 */
final class Event {

	/** What the gate takes at most, as one body. */
	const BODY_MAX = 262144;

	/** Room for what the signers put around the data. */
	const ENVELOPE_MAX = 2048;

	/** Members that the signers write: data that has one loses it. */
	const RESERVED = array( 'event', 'event_type', 'type', 'idempotency_key', 'object_ref', 'post_id', 'occurred_at', 'published_at', 'data' );

	/**
	 * What happened, such as post.published.
	 *
	 * @var string
	 */
	public $type;

	/**
	 * The idempotency key, a UUID in lower case.
	 *
	 * @var string
	 */
	public $key;

	/**
	 * What it is about, such as a post's id; may be ''.
	 *
	 * @var string
	 */
	public $ref;

	/**
	 * When it happened, RFC 3339 in UTC.
	 *
	 * @var string
	 */
	public $occurred_at;

	/**
	 * The text of a JSON object that has members.
	 *
	 * @var string
	 */
	public $data;

	/**
	 * Takes what is known; data as text.
	 *
	 * @param string $type        What happened.
	 * @param string $key         The idempotency key.
	 * @param string $ref         What it is about.
	 * @param string $occurred_at When.
	 * @param string $data        The text of a JSON object that has members.
	 */
	public function __construct( string $type, string $key, string $ref, string $occurred_at, string $data ) {
		$this->type        = $type;
		$this->key         = $key;
		$this->ref         = $ref;
		$this->occurred_at = $occurred_at;
		$this->data        = $data;
	}

	/**
	 * The text of data. If it is too long, its member text is cut and
	 * "truncated": true says so.
	 *
	 * @param array $data Name => value; must not be empty.
	 * @throws \RuntimeException When it is too long without its text, or empty.
	 * @return string
	 */
	public static function encode_data( array $data ): string {
		$data = array_diff_key( $data, array_flip( self::RESERVED ) );
		$max  = self::BODY_MAX - self::ENVELOPE_MAX;
		$json = Json::encode( $data );
		if ( strlen( $json ) > $max && isset( $data['text'] ) ) {
			$text              = (string) $data['text'];
			$data['truncated'] = true;
			$data['text']      = '';
			$room              = max( 0, $max - strlen( Json::encode( $data ) ) );
			// As much as fits if escapes are spread evenly; else a byte less
			// for each that is too much, which is always enough.
			$text         = self::cut( $text, (int) ( strlen( $text ) * min( 1, $room / strlen( Json::encode( $text ) ) ) ) );
			$over         = max( 0, strlen( Json::encode( $text ) ) - 2 - $room );
			$data['text'] = self::cut( $text, max( 0, strlen( $text ) - $over ) );
			$json         = Json::encode( $data );
		}
		if ( strlen( $json ) > $max || array() === $data ) {
			throw new \RuntimeException( 'the data of an event is empty or too long' );
		}
		return $json;
	}

	/**
	 * The first bytes of a text, without half a character at the end.
	 *
	 * @param string $text UTF-8.
	 * @param int    $max  Bytes.
	 * @return string
	 */
	public static function cut( string $text, int $max ): string {
		if ( strlen( $text ) <= $max ) {
			return $text;
		}
		while ( $max > 0 && 0x80 === ( ord( $text[ $max ] ) & 0xc0 ) ) {
			--$max;
		}
		return substr( $text, 0, $max );
	}
}
