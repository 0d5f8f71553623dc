<?php
/**
 * What the plugin computes without WordPress: php unit.php WIRE.JSON
 *
 * The vectors are those of the C programs (tests/vectors/wire.json), made by
 * a third implementation.
 *
 * @package Pressgate
 */

namespace Pressgate;

// phpcs:disable WordPress.WP.AlternativeFunctions, WordPress.Security.EscapeOutput -- a command.
error_reporting( E_ALL );
set_error_handler(
	static function ( $number, $text, $file, $line ) {
		throw new \ErrorException( $text, 0, $number, $file, $line );
	}
);
define( 'ABSPATH', __DIR__ );
require __DIR__ . '/../pressgate/includes/autoload.php';

$failed = 0;
$count  = 0;

/**
 * One look.
 *
 * @param string $what  A sentence.
 * @param bool   $holds Whether it is true.
 * @param mixed  $seen  What was seen instead.
 */
function check( string $what, bool $holds, $seen = null ): void {
	global $failed, $count;
	++$count;
	if ( ! $holds ) {
		++$failed;
		echo "NOT OK - $what: ", var_export( $seen, true ), "\n";
	}
}

/**
 * Whether a call throws.
 *
 * @param callable $call The call.
 * @return bool
 */
function throws( callable $call ): bool {
	try {
		$call();
	} catch ( \RuntimeException $e ) {
		return true;
	}
	return false;
}

$wire = json_decode( file_get_contents( $argv[1] ), true, 64, JSON_THROW_ON_ERROR );
$pem  = static fn( string $key ) => file_get_contents( dirname( $argv[1] ) . '/' . $wire['keys'][ $key ]['private_file'] );

// ---- tokens ------------------------------------------------------------------

$seen = array();
foreach ( $wire['jwt'] as $v ) {
	$claims = array();
	foreach ( array( 'iss', 'aud', 'sub', 'iat', 'exp', 'jti' ) as $name ) {
		if ( null !== $v[ $name ] ) {
			$claims[ $name ] = $v[ $name ];
		}
	}
	if ( 'RS256' === $v['key'] ) {
		$token = Jwt::rs256( $claims, $v['kid'], openssl_pkey_get_private( $pem( 'RS256' ) ) );
	} elseif ( 'HS256' === $v['key'] ) {
		$token = Jwt::hs256( $claims, $v['kid'], $wire['keys']['HS256']['secret'] );
	} else {
		continue; // The plugin's keys are RSA.
	}
	$seen[] = $v['key'];
	check( "the token \"$v[name]\" is the vector's, byte for byte", $token === $v['token'], $token );
}
check( 'both kinds of token were seen twice', array( 'RS256' => 2, 'HS256' => 2 ) == array_count_values( $seen ), $seen );

// ---- requests ----------------------------------------------------------------

$seen = array();
foreach ( $wire['requests'] as $v ) {
	if ( 'bridge' === $v['scheme'] && ( 'RS256' !== $v['key'] || null !== $v['sub'] ) ) {
		continue;
	}
	$secret   = $wire['secrets'][ $v['secret'] ?? 'bridge' ];
	$settings = new Settings(
		array(
			'PRESSGATE_ENDPOINT'         => $wire['endpoint'],
			'PRESSGATE_SITE'             => $secret['site'],
			'PRESSGATE_SCHEME'           => $v['scheme'],
			'PRESSGATE_KEY_ID'           => $secret['id'],
			'PRESSGATE_SECRET'           => $secret['secret'],
			'PRESSGATE_ISSUER'           => $wire['issuer'],
			'PRESSGATE_AUDIENCE'         => $wire['audience'],
			'PRESSGATE_RESULTS_AUDIENCE' => $wire['results_audience'],
			'PRESSGATE_PRIVATE_KEY'      => $pem( 'RS256' ),
			'PRESSGATE_JWT_KEY_ID'       => $wire['keys']['RS256']['kid'],
		)
	);
	check( 'the vectors\' settings are complete', $settings->complete(), $settings->missing() );
	$class  = Gate::SIGNERS[ $v['scheme'] ];
	$signer = new $class( $settings );
	$once   = $v['jti'] ?? $v['nonce'] ?? '';
	$now    = $v['timestamp'] ?? $v['iat'];
	if ( 'POST' === $v['method'] ) {
		$headers = $signer->sign_post( $v['idempotency_key'], base64_decode( $v['body_base64'], true ), $now, $once );
		// Content-Type is the sender's.
		$headers['Content-Type'] = 'application/json';
		check( "$v[name]: the path is the vector's", 0 === strpos( $v['target'] . '/', $signer->path() . '/' ), $signer->path() );
	} else {
		$headers = $signer->sign_get( $v['target'], $now, $once );
	}
	ksort( $headers );
	ksort( $v['headers'] );
	check( "$v[name]: the headers are the vector's, byte for byte", $headers === $v['headers'], $headers );
	$seen[] = "$v[scheme] $v[method]";
}
$seen = array_count_values( $seen );
foreach ( array( 'bridge', 'relay', 'edge' ) as $scheme ) {
	check( "$scheme: at least eight POSTs and four GETs were compared", $seen[ "$scheme POST" ] >= 8 && $seen[ "$scheme GET" ] >= 4, $seen );
}

// ---- blocks ------------------------------------------------------------------

foreach ( $wire['blocks']['a'] as $v ) {
	preg_match_all( "/^define\( '(\w+)', '([^']*)' \);$/m", $v['text'], $found );
	$values   = array_combine( $found[1], $found[2] );
	$settings = new Settings( $values );
	check( "$v[name] is all that the plugin needs", $settings->complete(), $settings->missing() );
	check( "$v[name] has no name that the plugin does not know", array() === array_diff_key( $values, Settings::NAMES ), $values );
	check( "$v[name]: the secret is read as it is", $settings->secret() === $wire['secrets'][ $v['secret'] ]['secret'], $settings->secret() );
	foreach ( array_keys( $values ) as $name ) {
		$less = new Settings( array_diff_key( $values, array( $name => 1 ) ) );
		check( "$v[name] without $name is not complete", ! $less->complete() );
	}
}
foreach ( $wire['blocks']['b'] as $v ) {
	if ( 'RS256' === $v['key'] ) {
		$settings = new Settings(
			array(
				'PRESSGATE_SITE'   => $v['site'],
				'PRESSGATE_ISSUER' => $v['issuer'],
			)
		);
		$pair     = new Key_Pair( $pem( 'RS256' ), $v['kid'] );
		$text     = Block_B::text( $settings, $pair );
		check( "$v[name] is the vector's, byte for byte", $text === $v['text'], $text );
		check( "$v[name]: the key's fingerprint is the gate's", $pair->fingerprint() === $v['fingerprint'], $pair->fingerprint() );
	} else {
		check( "$v[name]: the plugin takes no such key", throws( fn() => new Key_Pair( $pem( $v['key'] ) ) ) );
	}
}
check( 'a key without an id has one made of it', preg_match( '/^wp-[0-9a-f]{16}$/', ( new Key_Pair( $pem( 'RS256' ) ) )->kid() ) === 1 );
$file     = dirname( realpath( $argv[1] ) ) . '/' . $wire['keys']['RS256']['private_file'];
$settings = static fn( string $key ) => new Settings(
	array(
		'PRESSGATE_PRIVATE_KEY' => $key,
		'PRESSGATE_JWT_KEY_ID'  => 'mine',
	)
);
check( 'a key may be in a file', 'mine' === Key_Pair::ensure( $settings( "file:$file" ) )->kid() && Key_Pair::ensure( $settings( "file:$file" ) )->public_key() === Key_Pair::ensure( $settings( $pem( 'RS256' ) ) )->public_key() );
check( 'which must be there', throws( fn() => Key_Pair::ensure( $settings( "file:$file.not" ) ) ) );
check( 'what is no key is refused', throws( fn() => new Key_Pair( 'no key' ) ) );

// ---- settings ----------------------------------------------------------------

$relay = array(
	'PRESSGATE_ENDPOINT' => 'https://gate.example.com',
	'PRESSGATE_SITE'     => 'blog',
	'PRESSGATE_SCHEME'   => 'relay',
	'PRESSGATE_KEY_ID'   => 'blog-1',
	'PRESSGATE_SECRET'   => 's',
);
foreach ( array(
	'https://gate.example.com'      => true,
	'https://example.com/gate/'     => true,
	'https://gate.example.com:8443' => true,
	'http://127.0.0.1:8480'         => true,
	'http://localhost/gate'         => true,
	'http://[::1]:8480'             => true,
	'http://gate.example.com'       => false,
	'http://127.0.0.1.example.com'  => false,
	'http://localhost.example.com'  => false,
	'ftp://gate.example.com'        => false,
	'//gate.example.com'            => false,
	'gate.example.com'              => false,
	'https://'                      => false,
	'https://user@gate.example.com' => false,
	'https://gate.example.com?a=1'  => false,
	'https://gate.example.com#a'    => false,
) as $url => $good ) {
	$settings = new Settings( array( 'PRESSGATE_ENDPOINT' => $url ) + $relay );
	check( "the endpoint $url is " . ( $good ? 'taken' : 'refused' ), $settings->complete() === $good, $settings->refused() );
}
check( 'an unknown scheme is refused', ! ( new Settings( array( 'PRESSGATE_SCHEME' => 'ftp' ) + $relay ) )->complete() );
check( 'a constant that is no text counts as missing', array( 'PRESSGATE_SECRET' ) === ( new Settings( array( 'PRESSGATE_SECRET' => 17 ) + $relay ) )->missing() );
check( 'without constants nothing has begun', ! ( new Settings( array() ) )->begun() );
check( 'another secret is another fingerprint', ( new Settings( $relay ) )->fingerprint() !== ( new Settings( array( 'PRESSGATE_SECRET' => 't' ) + $relay ) )->fingerprint() );

// ---- events ------------------------------------------------------------------

$event = new Event( 'post.published', '7d444840-9dc0-11d1-b245-5ffdce74fad2', '17', '2026-11-22T07:54:41Z', '{"title":"a/b é \"c\"","tags":[]}' );
$start = '"post.published","idempotency_key":"7d444840-9dc0-11d1-b245-5ffdce74fad2","object_ref":"17","occurred_at":"2026-11-22T07:54:41Z",';
$any   = new Settings( $relay );
foreach ( array(
	'bridge' => '{"event_type":' . $start . '"data":{"title":"a/b é \"c\"","tags":[]}}',
	'relay'  => '{"event":' . $start . '"title":"a/b é \"c\"","tags":[]}',
	'edge'   => '{"type":' . $start . '"title":"a/b é \"c\"","tags":[]}',
) as $scheme => $body ) {
	$class = Gate::SIGNERS[ $scheme ];
	$made  = ( new $class( $any ) )->body( $event );
	check( "$scheme: a body is put together without changing the data", $made === $body, $made );
	check( "$scheme: a body is JSON", null !== json_decode( $made ), $made );
}
$json = Event::encode_data(
	array(
		'type'            => 'x',
		'idempotency_key' => 'y',
		'data'            => 'z',
		'title'           => 't',
	)
);
check( 'members that the signers write are left out of data', '{"title":"t"}' === $json, $json );
check( 'data without members is refused', throws( fn() => Event::encode_data( array( 'event' => 1 ) ) ) );
check( 'bytes that are no UTF-8 are replaced', '{"a":"x' . "\u{fffd}" . 'y"}' === Event::encode_data( array( 'a' => "x\xffy" ) ) );

$room = Event::BODY_MAX - Event::ENVELOPE_MAX - strlen( '{"text":""}' );
foreach ( array( 0, 1, 5000000 ) as $more ) {
	$json = Event::encode_data( array( 'text' => str_repeat( 'x', $room + $more ) ) );
	$data = json_decode( $json, true );
	check( "a text $more bytes above the limit fits, and is cut only if it is", strlen( $json ) <= Event::BODY_MAX - Event::ENVELOPE_MAX && isset( $data['truncated'] ) === ( $more > 0 ), strlen( $json ) );
}
foreach ( array( "\"\\\n", 'é', "\u{1f600}", "\x01" ) as $piece ) {
	$json = Event::encode_data( array( 'text' => str_repeat( $piece, 200000 ) ) );
	$text = json_decode( $json, true )['text'];
	check( 'a text of ' . bin2hex( $piece ) . ' fills the room', strlen( $json ) > 0.99 * ( Event::BODY_MAX - Event::ENVELOPE_MAX ), strlen( $json ) );
	check( 'a text of ' . bin2hex( $piece ) . ' is cut to fit, between two characters', strlen( $json ) <= Event::BODY_MAX - Event::ENVELOPE_MAX && '' === str_replace( $piece, '', substr( $text, 0, strlen( $text ) - strlen( $text ) % strlen( $piece ) ) ) && 1 === preg_match( '//u', $text ), strlen( $json ) );
}
$json = Event::encode_data( array( 'text' => str_repeat( 'x', 200000 ) . str_repeat( "\x01", 200000 ) ) );
check( 'a text whose escapes are at its end fits', strlen( $json ) <= Event::BODY_MAX - Event::ENVELOPE_MAX, strlen( $json ) );
$json = Event::encode_data( array( 'text' => str_repeat( "\x01", 200000 ) . str_repeat( 'x', 200000 ) ) );
check( 'a text whose escapes are at its beginning fits', strlen( $json ) <= Event::BODY_MAX - Event::ENVELOPE_MAX, strlen( $json ) );
check( 'what is too long beside its text is refused', throws( fn() => Event::encode_data( array( 'title' => str_repeat( 'x', 300000 ), 'text' => 'a' ) ) ) );
check( 'nothing is cut from a text that fits', 'aé' === Event::cut( 'aé', 3 ) );
check( 'no half a character is left', 'a' === Event::cut( 'aé', 2 ), Event::cut( 'aé', 2 ) );
check( 'an empty text is left', '' === Event::cut( 'é', 1 ) );

// RFC 9562, appendix A.4.
check( 'a UUID of version 5 is the one of the RFC', '2ed6657d-e927-568b-95e1-2665a8aea6a2' === Uuid::v5( 'www.example.com', '6ba7b810-9dad-11d1-80b4-00c04fd430c8' ), Uuid::v5( 'www.example.com', '6ba7b810-9dad-11d1-80b4-00c04fd430c8' ) );

// ---- answers -----------------------------------------------------------------

$accepted = '{"status":"accepted","request_id":"r1"}';
foreach ( array(
	array( 202, $accepted, Verdict::SENT ),
	array( 202, '{"status":"duplicate","request_id":"r1"}', Verdict::SENT ),
	array( 202, '', Verdict::LATER ),
	array( 202, '{"status":"accepted"}', Verdict::LATER ),
	array( 202, '{"status":["accepted"],"request_id":{}}', Verdict::LATER ),
	array( 200, $accepted, Verdict::LATER ),
	array( 301, '', Verdict::LATER ),
	array( 400, '', Verdict::DEAD ),
	array( 401, '', Verdict::REFUSED ),
	array( 403, '', Verdict::DEAD ),
	array( 404, '', Verdict::LATER ),
	array( 408, '', Verdict::LATER ),
	array( 413, '', Verdict::DEAD ),
	array( 415, '', Verdict::DEAD ),
	array( 422, '', Verdict::DEAD ),
	array( 425, '', Verdict::LATER ),
	array( 429, '', Verdict::LATER ),
	array( 500, '', Verdict::LATER ),
	array( 503, '', Verdict::LATER ),
	array( 0, '', Verdict::LATER ),
) as list( $code, $body, $verdict ) ) {
	$answer = new Answer( $code, $body );
	check( "after one try $code $body means $verdict", Verdict::of( $answer, 1 ) === $verdict, Verdict::of( $answer, 1 ) );
	if ( Verdict::LATER === $verdict ) {
		check( "after six tries $code $body still means later", Verdict::LATER === Verdict::of( $answer, 6 ) );
		check( "after seven tries $code $body means dead", Verdict::DEAD === Verdict::of( $answer, 7 ) );
	}
}
foreach ( array( 60, 300, 1800, 7200, 21600, 86400 ) as $i => $seconds ) {
	$none = new Answer( 0 );
	check( "wait $i is $seconds s", Verdict::wait( $none, $i + 1, 0.0 ) === $seconds, Verdict::wait( $none, $i + 1, 0.0 ) );
	check( "wait $i is a fifth longer at most", Verdict::wait( $none, $i + 1, 1.0 ) === (int) ( 1.2 * $seconds ), Verdict::wait( $none, $i + 1, 1.0 ) );
}
check( 'a longer Retry-After is honoured', 900 === Verdict::wait( new Answer( 429, '', '900' ), 1, 0.0 ) );
check( 'a shorter one does not make us hurry', 60 === Verdict::wait( new Answer( 503, '', '1' ), 1, 0.0 ) );
foreach ( array(
	''                              => 0,
	'7'                             => 7,
	'86401'                         => 86400,
	'999999999999999999999'         => 0,
	'-5'                            => 0,
	'soon'                          => 0,
	'Thu, 01 Jan 1970 00:00:00 GMT' => 0,
	'Fri, 31 Dec 2399 23:59:59 GMT' => 86400,
) as $text => $seconds ) {
	$answer = new Answer( 429, '', (string) $text );
	check( "Retry-After: $text is $seconds s", $answer->retry_after === $seconds, $answer->retry_after );
}
check( 'what is logged of an answer is nothing of its body', 'answer 500' === ( new Answer( 500, 'secret' ) )->why() );

echo $failed ? '' : "ok - $count looks\n";
exit( $failed ? 1 : 0 );
