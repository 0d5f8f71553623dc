<?php
/**
 * What the gate answered, or that it did not.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * A value; nothing changes it.
 */
final class Answer {

	/** The longest wait that is believed. */
	const RETRY_AFTER_MAX = 86400;

	/**
	 * The status, 0 when there was no answer.
	 *
	 * @var int
	 */
	public $code;

	/**
	 * The body.
	 *
	 * @var string
	 */
	public $body;

	/**
	 * Seconds to wait, 0 when nothing was said.
	 *
	 * @var int
	 */
	public $retry_after;

	/**
	 * Why there was no answer, '' when there was one.
	 *
	 * @var string
	 */
	private $error;

	/**
	 * Takes what is known.
	 *
	 * @param int    $code        The status, 0 without an answer.
	 * @param string $body        The body.
	 * @param string $retry_after The header of that name.
	 * @param string $error       Why there was no answer.
	 */
	public function __construct( int $code, string $body = '', string $retry_after = '', string $error = '' ) {
		$this->code        = $code;
		$this->body        = $body;
		$this->retry_after = self::seconds( $retry_after );
		$this->error       = $error;
	}

	/**
	 * What WordPress's HTTP functions return.
	 *
	 * @param array|\WP_Error $response The response.
	 * @return Answer
	 */
	public static function of( $response ): Answer {
		if ( is_wp_error( $response ) ) {
			return new self( 0, '', '', $response->get_error_message() );
		}
		$wait = wp_remote_retrieve_header( $response, 'retry-after' );
		return new self( (int) wp_remote_retrieve_response_code( $response ), wp_remote_retrieve_body( $response ), is_string( $wait ) ? $wait : '' );
	}

	/**
	 * The id under which the gate has the event, '' unless it says so.
	 *
	 * @return string
	 */
	public function request_id(): string {
		$said = 202 === $this->code ? Json::decode( $this->body ) : null;
		$id   = $said['request_id'] ?? '';
		return is_string( $id ) && in_array( $said['status'] ?? '', array( 'accepted', 'duplicate' ), true ) ? $id : '';
	}

	/**
	 * What was wrong, in few words, for a log. Nothing of a body is in it.
	 *
	 * @return string
	 */
	public function why(): string {
		if ( 0 === $this->code ) {
			return Event::cut( $this->error, 250 );
		}
		return 202 === $this->code && '' === $this->request_id() ? 'answer 202 is not the gate\'s' : "answer $this->code";
	}

	/**
	 * Seconds of a Retry-After header, which has seconds or a date.
	 *
	 * @param string $text Untrusted.
	 * @return int
	 */
	private static function seconds( string $text ): int {
		if ( preg_match( '/^\d{1,9}$/', $text ) ) {
			$seconds = (int) $text;
		} else {
			$at      = preg_match( '/^[A-Z][a-z]{2}, \d\d .{8} \d\d:\d\d:\d\d GMT$/', $text ) ? strtotime( $text ) : false;
			$seconds = false === $at ? 0 : $at - time();
		}
		return max( 0, min( self::RETRY_AFTER_MAX, $seconds ) );
	}
}
