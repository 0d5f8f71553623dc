<?php
/**
 * What wp-config.php says: the constants of block A, which
 * `pressgate site add` prints, and those of a key pair kept outside the
 * database. Nothing is read from an option.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * The settings, as they were when this was made.
 */
final class Settings {

	const SCHEMES = array( 'bridge', 'relay', 'edge' );

	/**
	 * Constant, and the one scheme that needs it, '' for every scheme and
	 * null where it may be left out.
	 */
	const NAMES = array(
		'PRESSGATE_ENDPOINT'         => '',
		'PRESSGATE_SITE'             => '',
		'PRESSGATE_SCHEME'           => '',
		'PRESSGATE_KEY_ID'           => '',
		'PRESSGATE_SECRET'           => '',
		'PRESSGATE_ISSUER'           => 'bridge',
		'PRESSGATE_AUDIENCE'         => 'bridge',
		'PRESSGATE_RESULTS_AUDIENCE' => 'bridge',
		'PRESSGATE_PRIVATE_KEY'      => null,
		'PRESSGATE_JWT_KEY_ID'       => null,
	);

	/**
	 * Constant's name => text, '' where it is not defined.
	 *
	 * @var string[]
	 */
	private $values = array();

	/**
	 * Takes the values instead of the constants; for tests.
	 *
	 * @param array $values Constant's name => value.
	 */
	public function __construct( array $values ) {
		foreach ( array_keys( self::NAMES ) as $name ) {
			$value                 = $values[ $name ] ?? '';
			$this->values[ $name ] = is_string( $value ) ? $value : '';
		}
	}

	/**
	 * Reads the constants.
	 *
	 * @return Settings
	 */
	public static function from_constants(): Settings {
		$values = array();
		foreach ( array_keys( self::NAMES ) as $name ) {
			if ( defined( $name ) ) {
				$values[ $name ] = constant( $name );
			}
		}
		return new self( $values );
	}

	/**
	 * Whether somebody has begun to set this up. Before that the plugin
	 * writes nothing down and speaks to nobody.
	 *
	 * @return bool
	 */
	public function begun(): bool {
		return '' !== $this->endpoint() && '' !== $this->site();
	}

	/**
	 * Whether requests can be made.
	 *
	 * @return bool
	 */
	public function complete(): bool {
		return array() === $this->missing() && '' === $this->refused();
	}

	/**
	 * The constants that have yet to be defined.
	 *
	 * @return string[]
	 */
	public function missing(): array {
		$missing = array();
		foreach ( self::NAMES as $name => $scheme ) {
			if ( '' === $this->values[ $name ] && null !== $scheme && ( '' === $scheme || $this->scheme() === $scheme ) ) {
				$missing[] = $name;
			}
		}
		return $missing;
	}

	/**
	 * The first constant whose value cannot be used, '' if there is none.
	 *
	 * @return string
	 */
	public function refused(): string {
		if ( ! in_array( $this->scheme(), self::SCHEMES, true ) ) {
			return 'PRESSGATE_SCHEME';
		}
		return self::may_be_asked( $this->endpoint() ) ? '' : 'PRESSGATE_ENDPOINT';
	}

	/**
	 * Requests carry what a site says and what is signed with its secret:
	 * plain http goes to this very machine only.
	 *
	 * @param string $url The endpoint.
	 * @return bool
	 */
	private static function may_be_asked( string $url ): bool {
		$scheme = parse_url( $url, PHP_URL_SCHEME ); // phpcs:ignore WordPress.WP.AlternativeFunctions.parse_url_parse_url -- used without WordPress, too.
		$host   = parse_url( $url, PHP_URL_HOST ); // phpcs:ignore WordPress.WP.AlternativeFunctions.parse_url_parse_url
		if ( ! is_string( $host ) || '' === $host || preg_match( '/[?#@\s]/', $url ) ) {
			return false;
		}
		return 'https' === $scheme || ( 'http' === $scheme && preg_match( '/^(localhost|127(\.\d{1,3}){3}|\[::1\])$/', $host ) );
	}

	/**
	 * Where the gate is, without a slash at the end.
	 *
	 * @return string
	 */
	public function endpoint(): string {
		return rtrim( $this->values['PRESSGATE_ENDPOINT'], '/' );
	}

	/**
	 * The site's name at the gate.
	 *
	 * @return string
	 */
	public function site(): string {
		return $this->values['PRESSGATE_SITE'];
	}

	/**
	 * How requests are signed: one of SCHEMES.
	 *
	 * @return string
	 */
	public function scheme(): string {
		return $this->values['PRESSGATE_SCHEME'];
	}

	/**
	 * The id of the secret.
	 *
	 * @return string
	 */
	public function key_id(): string {
		return $this->values['PRESSGATE_KEY_ID'];
	}

	/**
	 * The HMAC secret; its bytes are the text as it is written.
	 *
	 * @return string
	 */
	public function secret(): string {
		return $this->values['PRESSGATE_SECRET'];
	}

	/**
	 * The iss of tokens.
	 *
	 * @return string
	 */
	public function issuer(): string {
		return $this->values['PRESSGATE_ISSUER'];
	}

	/**
	 * The aud of tokens that send events.
	 *
	 * @return string
	 */
	public function audience(): string {
		return $this->values['PRESSGATE_AUDIENCE'];
	}

	/**
	 * The aud of tokens that fetch results.
	 *
	 * @return string
	 */
	public function results_audience(): string {
		return $this->values['PRESSGATE_RESULTS_AUDIENCE'];
	}

	/**
	 * PEM text or file:/path, '' when the plugin's own pair is used.
	 *
	 * @return string
	 */
	public function private_key(): string {
		return $this->values['PRESSGATE_PRIVATE_KEY'];
	}

	/**
	 * The kid that goes with private_key(), '' for one made of the key.
	 *
	 * @return string
	 */
	public function jwt_key_id(): string {
		return $this->values['PRESSGATE_JWT_KEY_ID'];
	}

	/**
	 * Another one after each change of a value. Tells nothing of them.
	 *
	 * @return string
	 */
	public function fingerprint(): string {
		return hash( 'sha256', implode( "\0", $this->values ) );
	}
}
