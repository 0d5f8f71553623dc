<?php
/**
 * The JSON around an event's data.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * Bodies are put together as text, so that the data's bytes stay what they
 * were when the event happened, whichever release sends them.
 */
final class Envelope {

	/**
	 * {"TYPE_MEMBER": …, …, "data": {…}}
	 *
	 * @param string $member The member that has the type.
	 * @param Event  $event  The event.
	 * @return string
	 */
	public static function around( string $member, Event $event ): string {
		return '{' . self::members( $member, $event ) . ',"data":' . $event->data . '}';
	}

	/**
	 * {"TYPE_MEMBER": …, …, and the members of data beside them}
	 *
	 * @param string $member The member that has the type.
	 * @param Event  $event  The event.
	 * @return string
	 */
	public static function beside( string $member, Event $event ): string {
		return '{' . self::members( $member, $event ) . ',' . substr( $event->data, 1 );
	}

	/**
	 * What every event has, without braces.
	 *
	 * @param string $member The member that has the type.
	 * @param Event  $event  The event.
	 * @return string
	 */
	private static function members( string $member, Event $event ): string {
		$members = array(
			$member           => $event->type,
			'idempotency_key' => $event->key,
		);
		if ( '' !== $event->ref ) {
			$members['object_ref'] = $event->ref;
		}
		$members['occurred_at'] = $event->occurred_at;
		return substr( Json::encode( $members ), 1, -1 );
	}
}
