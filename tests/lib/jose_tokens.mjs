// Tokens of another implementation, good and bad: made with panva's jose
// (Debian's node-jose), or by hand out of what jose made.
//
//	node jose_tokens.mjs [URL]
//
// prints a JSON document a line: first the keys,
//	{"site", "issuer", "kid", "algorithm", "key": PEM or secret}
// then the tokens, each with the verdict that it must get (a name of
// lib/jwt_fault.c; "ok": taken),
//	{"name", "algorithm", "verdict", "token"}
// Keys and token ids are new each time; no verdict changes within ten seconds.
// "spare" in a name: good, and for whatever a test is about. URL is where
// headers point that nobody may follow.

import { createRequire } from 'node:module';
import { createHmac, randomUUID, sign as rawSign } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';

const require = createRequire(import.meta.url);
// Debian's place, which a node of another origin does not look into.
const jose = (() => {
	try {
		return require('/usr/share/nodejs/jose');
	} catch {
		return require('jose');
	}
})();

const NOW = Math.floor(Date.now() / 1000);
const LURE = process.argv[2] ?? 'http://127.0.0.1:1';
const BLOG = 'https://blog.example.com';
const SHOP = 'https://shop.example.com';
const AUDIENCE = 'pressgate';
const b64 = jose.base64url.encode;
const say = (doc) => process.stdout.write(JSON.stringify(doc) + '\n');

// ---- keys -------------------------------------------------------------------

async function makeKey(site, issuer, kid, algorithm, own) {
	if (algorithm === 'HS256') {
		const secret = `the secret of ${kid}, ${randomUUID()}`;
		if (own)
			say({ site, issuer, kid, algorithm, key: secret });
		return { kid, algorithm, issuer, key: Buffer.from(secret) };
	}
	const pair = await jose.generateKeyPair(algorithm,
		{ modulusLength: 2048 });
	const spki = await jose.exportSPKI(pair.publicKey);
	if (own)
		say({ site, issuer, kid, algorithm, key: spki });
	return { kid, algorithm, issuer, spki, key: pair.privateKey,
		jwk: await jose.exportJWK(pair.publicKey) };
}

const rs = await makeKey('blog', BLOG, 'rs', 'RS256', true);
const es = await makeKey('blog', BLOG, 'es', 'ES256', true);
const ed = await makeKey('blog', BLOG, 'ed', 'EdDSA', true);
const hs = await makeKey('blog', BLOG, 'hs', 'HS256', true);
const shop = await makeKey('shop', SHOP, 'shop-es', 'ES256', true);
const stranger = await makeKey('', '', 'es', 'ES256', false);
const ours = [rs, es, ed, hs];

// ---- how a token is made ----------------------------------------------------

const header = (k, more) => ({ alg: k.algorithm, kid: k.kid, ...more });
const claims = (k, more) => ({ iss: k.issuer, aud: AUDIENCE, iat: NOW,
	exp: NOW + 300, jti: randomUUID(), ...more });

// By jose, from claims and header that are as they should be but for more.
const jwt = (k, more = {}, head = {}) => new jose.SignJWT(claims(k, more))
	.setProtectedHeader(header(k, head)).sign(k.key);
// By jose, over any bytes.
const jws = (k, bytes, head = {}) => new jose.CompactSign(bytes)
	.setProtectedHeader(header(k, head)).sign(k.key);
const text = (string) => Buffer.from(string, 'utf8');

// The signature of any signing input, for headers that jose does not write.
function seal(k, input) {
	if (k.algorithm === 'HS256')
		return `${input}.${createHmac('sha256', k.key).update(input)
			.digest('base64url')}`;
	const key = { key: k.key, dsaEncoding: 'ieee-p1363' };
	const hash = k.algorithm === 'EdDSA' ? null : 'sha256';
	return `${input}.${rawSign(hash, text(input), key)
		.toString('base64url')}`;
}
const hand = (k, head, body) => seal(k, `${b64(head)}.${b64(body)}`);
const good = (k) => JSON.stringify(claims(k));
// A token of jose's with other parts.
const bend = async (k, f) => f(...(await jwt(k)).split('.')).join('.');

// ---- the tokens -------------------------------------------------------------

const rows = [];
const row = (name, verdict, token, k = es) =>
	rows.push([name, k.algorithm, verdict, token]);

for (const k of ours) {
	row('as it should be', 'ok', jwt(k), k);
	row('typ JWT', 'ok', jwt(k, {}, { typ: 'JWT' }), k);
	row('typ jwt', 'ok', jwt(k, {}, { typ: 'jwt' }), k);
	row('a list of audiences', 'ok', jwt(k, { aud: ['x', AUDIENCE] }), k);
	row('all claims there are', 'ok',
		jwt(k, { sub: 'wp/cron', nbf: NOW, scope: 'a b', x: [1] }), k);
	row('by hand', 'ok', hand(k, JSON.stringify(header(k)), good(k)), k);
	row('white space in it', 'ok',
		hand(k, JSON.stringify(header(k), null, 2), good(k)), k);
	row('50 s old', 'ok', jwt(k, { iat: NOW - 50, exp: NOW + 250 }), k);
	row('for one minute', 'ok', jwt(k, { exp: NOW + 60 }), k);

	row('one bit of the claims', 'signature', bend(k, (h, c, s) =>
		[h, b64(good(k)), s]), k);
	row('one bit of the signature', 'signature', bend(k, (h, c, s) =>
		[h, c, (s[0] === 'A' ? 'B' : 'A') + s.slice(1)]), k);
	row('another header, same meaning', 'signature', bend(k, (h, c, s) =>
		[b64(`${JSON.stringify(header(k))} `), c, s]), k);
	row('expired', 'expired', jwt(k, { iat: NOW - 300, exp: NOW - 40 }), k);
	row('too long a life', 'life', jwt(k, { exp: NOW + 301 }), k);
	row('of the future', 'from_future',
		jwt(k, { iat: NOW + 60, exp: NOW + 300 }), k);
	row('not yet', 'not_yet', jwt(k, { nbf: NOW + 60 }), k);
	row('for results', 'audience', jwt(k, { aud: 'pressgate-results' }), k);
	row('no signature', 'parts', bend(k, (h, c) => [h, c, '']), k);
	row('padded', 'base64', bend(k, (h, c, s) => [h, c, s + '=']), k);
}
for (let i = 0; i < 12; i++) {
	const k = [rs, shop][i % 2];
	row(`spare ${i}`, 'ok', jwt(k), k);
	row(`spare for results ${i}`, 'audience',
		jwt(k, { aud: 'pressgate-results', jti: undefined }), k);
}
row('of a site with one key, without kid', 'ok',
	jwt(shop, {}, { kid: undefined }));

// algorithms
row('none, by jose', 'parts', new jose.UnsecuredJWT(claims(es)).encode());
for (const alg of ['none', 'None', 'noNE', '', 'es256', 'ES256 ', 'ES256K',
	'PS256', 1, ['ES256'], null])
	row(`alg ${JSON.stringify(alg)}`, 'alg',
		hand(es, JSON.stringify({ alg, kid: 'es' }), good(es)));
row('no alg', 'alg', hand(es, '{"kid":"es"}', good(es)));
for (const [k, alg] of [[rs, 'RS384'], [rs, 'RS512'], [rs, 'PS256'],
	[hs, 'HS384'], [hs, 'HS512']])
	row(`${alg}, by jose`, 'alg', jwt(k, {}, { alg }), k);
for (const k of [rs, es, ed]) {
	for (const [what, secret] of [['PEM', k.spki],
		['PEM without its newline', k.spki.trimEnd()],
		['DER', Buffer.from(k.spki.replace(/-.*-|\n/g, ''), 'base64')],
		['JWK', JSON.stringify(k.jwk)]])
		row(`HS256 by the public key as ${what}`, 'alg_of_key',
			jwt({ ...k, key: Buffer.from(secret) }, {},
				{ alg: 'HS256' }), k);
}
row('HS256 by the RSA key, at the HMAC key', 'signature',
	jwt({ ...hs, key: Buffer.from(rs.spki) }), hs);
row('ES256 at the RSA key', 'alg_of_key', jwt({ ...es, kid: 'rs' }));
row('EdDSA at the EC key', 'alg_of_key', jwt({ ...ed, kid: 'es' }), ed);
row('a stranger with our kid', 'signature',
	jwt({ ...stranger, issuer: BLOG }));

// kid
const kid = (value, k = es) => jwt(k, {}, { kid: value });
row('no kid, and four keys', 'kid_missing', kid(undefined));
row('kid of nobody', 'kid_unknown', kid('nobody'));
row('kid of the other site', 'kid_unknown', jwt({ ...shop, issuer: BLOG }));
row('our kid at the other site', 'kid_unknown', jwt({ ...es, issuer: SHOP }));
row('the other site, by our key, without kid', 'signature',
	jwt({ ...es, issuer: SHOP }, {}, { kid: undefined }));
for (const value of ['', '../../etc/passwd', "' OR 1=1 --", 'es ', 'es\n',
	'é', 'k'.repeat(65), 'es,es', '*'])
	row(`kid ${JSON.stringify(value).slice(0, 20)}`, 'kid', kid(value));
for (const value of [1, null, ['es'], { es: 1 }, true])
	row(`kid ${JSON.stringify(value)}`, 'kid', hand(es,
		JSON.stringify({ alg: 'ES256', kid: value }), good(es)));
row('kid with NUL', 'header_json', kid('es\0x'));
row('kid of 10 KB', 'too_long', kid('k'.repeat(10240)));

// headers that point elsewhere, or change what the rest means
for (const [name, value] of Object.entries({
	jwk: stranger.jwk, jku: `${LURE}/jwks`,
	x5u: `${LURE}/x5`, x5c: ['MAAA'], x5t: 'AAAA',
	'x5t#S256': 'AAAA', cty: 'JWT', zip: 'DEF', enc: 'A256GCM',
	unknown: 1 }))
	row(`header ${name}`, 'header_member', jwt(es, {}, { [name]: value }));
row('its own key in the header', 'header_member',
	jwt({ ...stranger, issuer: BLOG }, {}, { jwk: stranger.jwk }));
row('crit', 'header_member', hand(es, JSON.stringify(header(es,
	{ crit: ['exp'] })), good(es)));
row('crit b64 true, by jose', 'header_member',
	jws(es, text(good(es)), { crit: ['b64'], b64: true }));
row('b64 false, by hand', 'header_member', hand(es,
	JSON.stringify(header(es, { b64: false })), good(es)));
row('compressed claims', 'header_member', hand(es,
	JSON.stringify(header(es, { zip: 'DEF' })),
	deflateRawSync(text(good(es)))));
for (const typ of ['at+jwt', 'JOSE', 'application/jwt', '', 'JWT '])
	row(`typ ${JSON.stringify(typ)}`, 'typ', jwt(es, {}, { typ }));

// shapes
row('encrypted, by jose', 'parts', new jose.EncryptJWT(claims(hs))
	.setProtectedHeader({ alg: 'dir', enc: 'A128CBC-HS256' })
	.encrypt(new Uint8Array(32)));
row('JSON serialization, by jose', 'parts', (async () => JSON.stringify(
	await new jose.FlattenedSign(text(good(es)))
		.setProtectedHeader(header(es)).sign(es.key)))());
row('two parts', 'parts', bend(es, (h, c) => [h, c]));
row('four parts', 'parts', bend(es, (h, c, s) => [h, c, s, s]));
row('empty header', 'parts', bend(es, (h, c, s) => ['', c, s]));
row('detached claims', 'parts', bend(es, (h, c, s) => [h, '', s]));
row('question mark', 'base64', bend(es, (h, c, s) => [h, c, `${s}?`]));
row('a length of 1 modulo 4', 'base64',
	bend(es, (h, c, s) => [h, c, s.slice(0, -1)]));
row('unused bits', 'base64', bend(es, (h, c, s) => [h, c, s.slice(0, -1) +
	String.fromCharCode(s.charCodeAt(s.length - 1) + 1)]));
row('standard base64', 'base64', bend(es, (h, c, s) =>
	[h, c, `+${s.slice(1)}`]));
row('8 KiB and more', 'too_long', jwt(es, { x: 'x'.repeat(8192) }));

// JSON
const json = (body) => jws(es, text(body));
const start = good(es).slice(0, -1);
row('iss twice', 'claims_json', json(`${start},"iss":"${SHOP}"}`));
row('jti twice, once escaped', 'claims_json',
	json(`${start},"\\u006ati":"x"}`));
row('alg twice', 'header_json', hand(es,
	'{"alg":"none","alg":"ES256","kid":"es"}', good(es)));
row('64 levels', 'claims_json', json(`${start},"x":${'['.repeat(63)}${
	']'.repeat(63)}}`));
row('NaN', 'claims_json', json(`${start},"x":NaN}`));
row('a comma more', 'claims_json', json(`${start},}`));
row('claims a list', 'claims_json', json(`[${good(es)}]`));
row('claims no UTF-8', 'claims_json', jws(es, Buffer.concat([
	text(`${start},"x":"`), Buffer.from([0xff]), text('"}')])));
row('claims no JSON', 'claims_json', json('hello'));
row('iss missing', 'iss', jwt(es, { iss: undefined }));
row('iss a list', 'iss', jwt(es, { iss: [BLOG] }));

// claims
for (const [what, exp] of [['missing', undefined], ['a string', `${NOW}`],
	['a fraction', NOW + 0.5], ['1e300', 1e300], ['2^63', 2 ** 63],
	['-1', -1], ['null', null]])
	row(`exp ${what}`, 'exp', jwt(es, { exp }));
for (const [what, iat] of [['missing', undefined], ['a string', `${NOW}`],
	['a fraction', NOW + 0.5], ['-1', -1]])
	row(`iat ${what}`, 'iat', jwt(es, { iat }));
row('nbf a string', 'nbf', jwt(es, { nbf: `${NOW}` }));
row('times in milliseconds', 'from_future',
	jwt(es, { iat: NOW * 1000, exp: NOW * 1000 + 300 }));
for (const aud of [undefined, 1, null, [], [AUDIENCE, 1], { [AUDIENCE]: 1 }])
	row(`aud ${JSON.stringify(aud)}`, 'aud', jwt(es, { aud }));
for (const aud of ['', 'Pressgate', `${AUDIENCE} `, 'django-api',
	[`${AUDIENCE}-results`], ['a', 'b']])
	row(`aud ${JSON.stringify(aud)}`, 'audience', jwt(es, { aud }));
for (const iss of [`${BLOG}/`, 'http://blog.example.com', 'blog', SHOP + '/'])
	row(`iss ${iss}`, 'issuer_unknown', jwt(es, { iss }));
row('jti missing', 'jti_missing', jwt(es, { jti: undefined }));
for (const jti of ['', 'j'.repeat(1024), 'a b', 'a\n', 'é', 1, null])
	row(`jti ${JSON.stringify(jti).slice(0, 20)}`, 'jti', jwt(es, { jti }));
row('jti of 128', 'ok', jwt(es, { jti: randomUUID().padEnd(128, 'j') }));
for (const sub of ['', 1, 'a\nb', 's'.repeat(257)])
	row(`sub ${JSON.stringify(sub).slice(0, 20)}`, 'sub', jwt(es, { sub }));

// ES256's r || s
const N = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2' +
	'fc632551');
const number = (n) => Buffer.from(n.toString(16).padStart(64, '0'), 'hex');
const rs_ = (f) => bend(es, (h, c, s) => {
	const bytes = Buffer.from(s, 'base64url');
	return [h, c, b64(f(bytes.subarray(0, 32), bytes.subarray(32)))];
});
for (const [what, n] of [['0', 0n], ['n', N], ['n + 1', N + 1n]]) {
	row(`r = ${what}`, 'signature', rs_((r, s) =>
		Buffer.concat([number(n), s])));
	row(`s = ${what}`, 'signature', rs_((r) =>
		Buffer.concat([r, number(n)])));
	row(`r = s = ${what}`, 'signature', rs_(() =>
		Buffer.concat([number(n), number(n)])));
}
for (const size of [63, 65, 139, 1024, 4096])
	row(`a signature of ${size} bytes`, 'signature', rs_((r, s) =>
		Buffer.concat([r, s, Buffer.alloc(4096)]).subarray(0, size)));
row('n - s, which is as good', 'ok', rs_((r, s) => Buffer.concat([r,
	number(N - BigInt(`0x${s.toString('hex')}`))])));
row('DER', 'signature', (() => {
	const input = `${b64(JSON.stringify(header(es)))}.${b64(good(es))}`;
	return `${input}.${rawSign('sha256', text(input), es.key)
		.toString('base64url')}`;
})());

for (const [name, algorithm, verdict, token] of rows)
	say({ name, algorithm, verdict, token: await token });
