<?php
/**
 * The RSA key pair that signs tokens. It comes from wp-config.php when a
 * constant gives it; else the plugin makes one, and only its public half
 * ever leaves the site.
 *
 * @package Pressgate
 */

namespace Pressgate;

defined( 'ABSPATH' ) || exit;

/**
 * A private key that openssl has taken, and its id.
 */
final class Key_Pair {

	const OPTION = 'pressgate_key_pair';
	const BITS   = 2048;

	/**
	 * The private key as openssl has it.
	 *
	 * @var \OpenSSLAsymmetricKey|resource
	 */
	private $private;

	/**
	 * The public key as PEM.
	 *
	 * @var string
	 */
	private $public;

	/**
	 * The key's id.
	 *
	 * @var string
	 */
	private $kid;

	/**
	 * Takes a private key.
	 *
	 * @param string $pem PEM text.
	 * @param string $kid The key's id, '' for one that is made of the key.
	 * @throws \RuntimeException When it is no private RSA key.
	 */
	public function __construct( string $pem, string $kid = '' ) {
		$this->private = openssl_pkey_get_private( $pem );
		$details       = $this->private ? openssl_pkey_get_details( $this->private ) : false;
		if ( ! $details || OPENSSL_KEYTYPE_RSA !== $details['type'] || $details['bits'] < self::BITS ) {
			throw new \RuntimeException( 'no private RSA key of at least ' . self::BITS . ' bits' );
		}
		$this->public = $details['key'];
		$this->kid    = '' !== $kid ? $kid : 'wp-' . substr( hash( 'sha256', $this->public ), 0, 16 );
	}

	/**
	 * The pair that the settings name, else the plugin's own, else a new one.
	 *
	 * @param Settings $settings The settings.
	 * @throws \RuntimeException When there is none and none can be made.
	 * @return Key_Pair
	 */
	public static function ensure( Settings $settings ): Key_Pair {
		$pem = $settings->private_key();
		if ( 0 === strpos( $pem, 'file:' ) ) {
			$pem = self::read_file( substr( $pem, 5 ) );
		}
		if ( '' !== $pem ) {
			return new self( $pem, $settings->jwt_key_id() );
		}
		$pem = State::read( self::OPTION );
		if ( null === $pem ) {
			// Of several processes that make one, the first one's is kept.
			State::create( self::OPTION, self::make() );
			$pem = State::read( self::OPTION );
		}
		return new self( (string) $pem, $settings->jwt_key_id() );
	}

	/**
	 * The text of a key file.
	 *
	 * @param string $path The file.
	 * @throws \RuntimeException When it cannot be read.
	 * @return string
	 */
	private static function read_file( string $path ): string {
		// A file of this machine that the administrator names.
		$pem = is_readable( $path ) ? file_get_contents( $path ) : false; // phpcs:ignore WordPress.WP.AlternativeFunctions.file_get_contents_file_get_contents
		if ( false === $pem || '' === $pem ) {
			throw new \RuntimeException( 'the file of PRESSGATE_PRIVATE_KEY cannot be read' );
		}
		return $pem;
	}

	/**
	 * A new private key.
	 *
	 * @throws \RuntimeException When openssl makes none.
	 * @return string PEM text.
	 */
	private static function make(): string {
		$key = openssl_pkey_new(
			array(
				'private_key_bits' => self::BITS,
				'private_key_type' => OPENSSL_KEYTYPE_RSA,
			)
		);
		if ( ! $key || ! openssl_pkey_export( $key, $pem ) ) {
			throw new \RuntimeException( 'openssl makes no key: ' . openssl_error_string() );
		}
		return $pem;
	}

	/**
	 * For openssl_sign().
	 *
	 * @return \OpenSSLAsymmetricKey|resource
	 */
	public function private_key() {
		return $this->private;
	}

	/**
	 * The public key, PEM text with a newline at its end.
	 *
	 * @return string
	 */
	public function public_key(): string {
		return $this->public;
	}

	/**
	 * What `pressgate site key` prints of the public key: the SHA-256 of its
	 * DER bytes, in hex.
	 *
	 * @return string
	 */
	public function fingerprint(): string {
		return hash( 'sha256', base64_decode( preg_replace( '/-----.*-----|\s/', '', $this->public ) ) );
	}

	/**
	 * The key's id.
	 *
	 * @return string
	 */
	public function kid(): string {
		return $this->kid;
	}
}
