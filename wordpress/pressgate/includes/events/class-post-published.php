<?php
/**
 * The event post.published: a post went live.
 *
 * @package Pressgate
 */

namespace Pressgate\Events;

use Pressgate\Event;
use Pressgate\Guard;
use Pressgate\Outbox;
use Pressgate\Post_Content;
use Pressgate\Settings;
use Pressgate\Uuid;

defined( 'ABSPATH' ) || exit;

/**
 * Listens to the change of status, not to publish_post: that hook runs at
 * each later edit, too.
 */
final class Post_Published {

	const TYPE = 'post.published';

	/**
	 * Seconds that an event waits for the post's terms: the editor and the
	 * REST API assign them after the status has changed.
	 */
	const HOLD = 10;

	/**
	 * The settings.
	 *
	 * @var Settings
	 */
	private $settings;

	/**
	 * Where events go.
	 *
	 * @var Outbox
	 */
	private $outbox;

	/**
	 * Post => key of an event whose post is not complete yet.
	 *
	 * @var string[]
	 */
	private $waiting = array();

	/**
	 * Takes what it works with.
	 *
	 * @param Settings $settings The settings.
	 * @param Outbox   $outbox   Where events go.
	 */
	public function __construct( Settings $settings, Outbox $outbox ) {
		$this->settings = $settings;
		$this->outbox   = $outbox;
	}

	/**
	 * Starts to listen.
	 */
	public function register(): void {
		add_action( 'transition_post_status', array( $this, 'changed' ), 10, 3 );
		add_action( 'wp_after_insert_post', array( $this, 'completed' ), 10, 2 );
	}

	/**
	 * A post's status has changed. One insert, no network.
	 *
	 * @param string   $new  The status.
	 * @param string   $old  The one before.
	 * @param \WP_Post $post The post.
	 */
	public function changed( $new, $old, $post ): void {
		if ( 'publish' !== $new || 'publish' === $old || ! $this->concerns( $post ) ) {
			return;
		}
		$hash = Post_Content::hash( $post );
		// The same publication has the same key, however often a hook runs.
		$key = Uuid::v5( implode( "\n", array( 'pressgate', $this->settings->site(), get_current_blog_id(), self::TYPE, $post->ID, $hash ) ) );
		try {
			$event = new Event( self::TYPE, $key, (string) $post->ID, gmdate( 'Y-m-d\TH:i:s\Z' ), Event::encode_data( $this->data( $post ) ) );
		} catch ( \RuntimeException $e ) {
			error_log( 'pressgate: ' . self::TYPE . " $post->ID: " . $e->getMessage() ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions.error_log_error_log
			return;
		}
		if ( $this->outbox->add( $event, $hash, self::HOLD ) ) {
			$this->waiting[ $post->ID ] = $key;
			/**
			 * An event has been written down and will be sent.
			 *
			 * @param Event $event The event.
			 */
			do_action( 'pressgate_queued', $event );
		}
	}

	/**
	 * A post has been saved with its terms.
	 *
	 * @param int      $id   The post.
	 * @param \WP_Post $post The post.
	 */
	public function completed( $id, $post ): void {
		if ( ! isset( $this->waiting[ $id ] ) ) {
			return;
		}
		$key = $this->waiting[ $id ];
		unset( $this->waiting[ $id ] );
		try {
			$this->outbox->refine( $key, Event::encode_data( $this->data( $post ) ) );
		} catch ( \RuntimeException $e ) {
			return; // It goes as it was written down first.
		}
	}

	/**
	 * Whether a post's publication is an event.
	 *
	 * @param \WP_Post $post The post.
	 * @return bool
	 */
	private function concerns( $post ): bool {
		if ( Guard::stands() || ( defined( 'WP_IMPORTING' ) && WP_IMPORTING ) ) {
			return false;
		}
		if ( wp_is_post_revision( $post ) || wp_is_post_autosave( $post ) || '' !== $post->post_password ) {
			return false;
		}
		/**
		 * The types of posts whose publication is an event.
		 *
		 * @param string[] $types Names of post types.
		 */
		return in_array( $post->post_type, (array) apply_filters( 'pressgate_post_types', array( 'post' ) ), true );
	}

	/**
	 * What the gate is told of a post.
	 *
	 * @param \WP_Post $post The post.
	 * @return array
	 */
	private function data( $post ): array {
		$text = Post_Content::text( $post->post_content );
		$data = array(
			'title'      => Event::cut( Post_Content::text( $post->post_title ), 2000 ),
			'url'        => (string) get_permalink( $post ),
			'text'       => '' !== $text ? $text : Post_Content::text( $post->post_excerpt ),
			'author'     => (string) get_the_author_meta( 'display_name', $post->post_author ),
			'locale'     => get_locale(),
			'categories' => $this->terms( $post->ID, 'category' ),
			'tags'       => $this->terms( $post->ID, 'post_tag' ),
		);
		/**
		 * What the gate is told of a post that was published.
		 *
		 * @param array    $data Name => value; a member text may be cut.
		 * @param \WP_Post $post The post.
		 */
		return (array) apply_filters( 'pressgate_post_data', $data, $post );
	}

	/**
	 * Names of a post's terms.
	 *
	 * @param int    $id       The post.
	 * @param string $taxonomy The taxonomy.
	 * @return string[]
	 */
	private function terms( int $id, string $taxonomy ): array {
		$names = wp_get_post_terms( $id, $taxonomy, array( 'fields' => 'names' ) );
		return is_array( $names ) ? array_map( array( Post_Content::class, 'text' ), $names ) : array();
	}
}
