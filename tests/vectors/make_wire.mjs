// Makes wire.json, the test vectors of doc/wire.md, from that document alone:
// nothing here is shared with the programs or with the WordPress plugin, so
// that two readings of the document meet in the file.
//
//	node make_wire.mjs [OLD] >wire.json
//
// Everything is fixed (keys, clock, nonces, token ids), so the output is too,
// but for ES256, whose signatures are random: those of OLD are kept where
// they hold, and only what is new is signed. The keys are test keys: they
// protect nothing.
//
// What the file has:
//	secrets, keys	what signs; a secret's bytes are its text
//	jwt		tokens alone
//	requests	a request of a sender: what goes in, each signed string,
//			the headers that come out, and between which readings
//			of the gate's clock (both included) it holds
//	callbacks	a request of the gate to a WordPress site
//	outgoing_keys	Idempotency-Key of a call to a service
//	blocks		the two texts by which a site and the gate exchange keys

import { createHash, createHmac, createPrivateKey, createPublicKey, sign,
	verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const here = new URL('.', import.meta.url);
const old = process.argv[2]
	? JSON.parse(readFileSync(process.argv[2], 'utf8')) : {};
const utf8 = (text) => Buffer.from(text, 'utf8');
const b64 = (bytes) => Buffer.from(bytes).toString('base64');
const b64u = (bytes) => Buffer.from(bytes).toString('base64url');
const read = (name) => readFileSync(new URL(name, here), 'utf8');

const NOW = 1700000000;
const ENDPOINT = 'https://gate.example.com';
const ISSUER = 'https://blog.example.com';
const AUDIENCE = 'pressgate';
const RESULTS_AUDIENCE = 'pressgate-results';
const LEEWAY = 30;
const EVENT = '01a20233-2699-7c21-afe0-a5c5338c5f76';

// ---- what signs -------------------------------------------------------------

const secrets = {
	'bridge': {
		site: 'blog', scheme: 'bridge', id: 'blog-1',
		secret: '6f1d3c5b7a99887766554433221100ffeeddccbbaa998877665544332211f00d',
	},
	'relay': {
		site: 'blog', scheme: 'relay', id: 'blog-relay-1',
		secret: '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
	},
	'relay, not hex': {
		site: 'shop', scheme: 'relay', id: 'shop.2026_11',
		secret: 'a secret is the bytes as they are written: $%&/"\\\'ü',
	},
	'edge': {
		site: 'blog', scheme: 'edge', id: 'blog-edge-1',
		secret: 'fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210',
	},
};

const keys = {};
for (const [algorithm, file] of [['RS256', 'rs256'], ['ES256', 'es256'],
	['EdDSA', 'eddsa']]) {
	const publicPem = read(`test-key-${file}.public.pem`);
	const der = createPublicKey(publicPem)
		.export({ type: 'spki', format: 'der' });

	keys[algorithm] = {
		algorithm,
		kid: `test-${file}`,
		private_file: `test-key-${file}.private.pem`,
		public_file: `test-key-${file}.public.pem`,
		fingerprint: createHash('sha256').update(der).digest('hex'),
	};
}
keys.HS256 = {
	algorithm: 'HS256',
	kid: 'test-hs256',
	secret: 'hs256 needs a secret of thirty-two bytes or more',
};

const hmac = (secret, bytes) =>
	createHmac('sha256', utf8(secret)).update(bytes).digest('hex');

// A string that is signed, as bytes and, where it is UTF-8, as text.
function signed(what, by, bytes) {
	const text = bytes.toString('utf8');

	return { what, by, text: utf8(text).equals(bytes) ? text : null,
		base64: b64(bytes) };
}

// ---- JSON web tokens ----------------------------------------------------------

const algorithms = {
	RS256: (key, input) => sign('sha256', input,
		createPrivateKey(read(key.private_file))),
	EdDSA: (key, input) => sign(null, input,
		createPrivateKey(read(key.private_file))),
	HS256: (key, input) =>
		createHmac('sha256', utf8(key.secret)).update(input).digest(),
	ES256: (key, input) => {
		const form = { dsaEncoding: 'ieee-p1363' };
		const text = input.toString();
		const before = JSON.stringify(old).match(new RegExp(
			`${text.replaceAll('.', '\\.')}\\.([A-Za-z0-9_-]{86})`));
		const kept = before && Buffer.from(before[1], 'base64url');

		if (kept && verify('sha256', input,
			{ key: createPublicKey(read(key.public_file)), ...form },
			kept))
			return kept;
		const made = sign('sha256', input,
			{ key: createPrivateKey(read(key.private_file)), ...form });
		old[text] = `${text}.${b64u(made)}`;
		return made;
	},
};

function token(algorithm, { iss = ISSUER, aud = AUDIENCE, sub, iat = NOW,
	life = 300, jti }) {
	const key = keys[algorithm];
	const header = JSON.stringify(
		{ alg: algorithm, typ: 'JWT', kid: key.kid });
	const claims = JSON.stringify({ iss, aud, ...(sub && { sub }), iat,
		exp: iat + life, jti });
	const input = `${b64u(utf8(header))}.${b64u(utf8(claims))}`;
	const signature = algorithms[algorithm](key, utf8(input));

	return { key: algorithm, kid: key.kid, iss, aud, sub: sub ?? null, iat,
		exp: iat + life, jti, header, claims, signing_input: input,
		token: `${input}.${b64u(signature)}` };
}

const jwt = [];
for (const algorithm of Object.keys(keys)) {
	jwt.push({ name: `${algorithm}, as the doors want it`,
		...token(algorithm, { jti: '3f0c1d6e-0000-4000-8000-000000000001' }) });
	jwt.push({ name: `${algorithm}, with sub, for results, one minute`,
		...token(algorithm, { aud: RESULTS_AUDIENCE, sub: 'blog/cron',
			life: 60, iat: NOW + 7, jti: 'a.jti~of_another-kind' }) });
}

// ---- requests -----------------------------------------------------------------

const UUID = '7d444840-9dc0-11d1-b245-5ffdce74fad2';
const bodies = [
	['plain ASCII', UUID, utf8(`{"event_type":"post.published","event":"post.published","type":"post.published","object_ref":"17","idempotency_key":"${UUID}","occurred_at":"2023-11-14T22:13:20Z","data":{"title":"Hello"}}`)],
	['UTF-8 beyond ASCII', UUID, utf8(`{"event_type":"post.published","event":"post.published","type":"post.published","idempotency_key":"${UUID}","data":{"title":"Grüße, 日本語, مرحبا, 🚀"}}`)],
	['dots everywhere', UUID, utf8('..{"a":"1700000000.x.y"}.')],
	['backslashes and slashes', UUID, utf8(`{"event_type":"x","event":"x","type":"x","idempotency_key":"${UUID}","data":{"path":"C:\\\\new \\"x\\"","escaped":"\\u00fc\\/","url":"https://example.com/a/b?c=d&e=f"}}`)],
	['an empty object', UUID, utf8('{}')],
	['one byte', UUID, utf8('1')],
	['a newline at the end', UUID, utf8('{"a":1}\r\n')],
	['bytes that are no UTF-8', UUID, Buffer.from('00ff80c0af0a2e', 'hex')],
];
const targets = [
	['results from the beginning', '/results'],
	['results after a cursor', '/results?since=1.f4bc1a80&limit=50'],
	['an event', `/events/${EVENT}`],
	['an escaped character and a dot', '/results?since=1%2Ef4bc1a80'],
];
const JSON_TYPE = ['Content-Type', 'application/json'];

function request(name, scheme, method, target, clock, window, inputs, parts,
	headers) {
	const { body, ...rest } = inputs;
	const text = body && body.toString('utf8');

	return { name: `${scheme} ${method}: ${name}`, scheme, method, target,
		clock, holds: { from: window[0], to: window[1] }, ...rest,
		...(body && { body: utf8(text).equals(body) ? text : null,
			body_base64: b64(body) }),
		signed: parts, headers: Object.fromEntries(headers) };
}

let serial = 0;
const fresh = () => String(++serial).padStart(12, '0');

function bridgePost(name, body, { algorithm = 'RS256', key = UUID, sub }) {
	const s = secrets.bridge;
	const t = token(algorithm, { sub, jti: `5bd1e995-0000-4000-8000-${fresh()}` });

	return request(name, 'bridge', 'POST', '/ingest', NOW,
		[t.iat - LEEWAY, t.exp + LEEWAY - 1],
		{ key: algorithm, kid: t.kid, secret: 'bridge', issuer: t.iss,
			audience: t.aud, sub: t.sub, iat: t.iat, exp: t.exp, jti: t.jti,
			idempotency_key: key, body },
		[signed('JWT', algorithm, utf8(t.signing_input)),
			signed('X-Signature', 'bridge', body)],
		[JSON_TYPE, ['Authorization', `Bearer ${t.token}`],
			['X-Signature', `sha256=${hmac(s.secret, body)}`],
			['X-Idempotency-Key', key]]);
}

function bridgeGet(name, target, algorithm = 'RS256') {
	const t = token(algorithm, { aud: RESULTS_AUDIENCE,
		jti: `5bd1e995-0000-4000-8000-${fresh()}` });

	return request(name, 'bridge', 'GET', target, NOW,
		[t.iat - LEEWAY, t.exp + LEEWAY - 1],
		{ key: algorithm, kid: t.kid, issuer: t.iss, audience: t.aud,
			sub: null, iat: t.iat, exp: t.exp, jti: t.jti },
		[signed('JWT', algorithm, utf8(t.signing_input))],
		[['Authorization', `Bearer ${t.token}`]]);
}

function relay(name, method, target, { body, secret = 'relay', key,
	timestamp = NOW }) {
	const s = secrets[secret];
	const bytes = Buffer.concat([utf8(`${timestamp}.`),
		body ?? utf8(`GET ${target}`)]);

	return request(name, 'relay', method, target, timestamp,
		[timestamp - 300, timestamp + 300],
		{ secret, key_id: s.id, timestamp, ...(key && { idempotency_key: key }),
			...(body && { body }) },
		[signed('X-WP-Signature', secret, bytes)],
		[...(body ? [JSON_TYPE] : []), ['X-WP-Timestamp', String(timestamp)],
			['X-WP-Signature', hmac(s.secret, bytes)],
			['X-WP-Key-Id', s.id], ...(key ? [['Idempotency-Key', key]] : [])]);
}

function edge(name, method, target, { body, nonce, key, timestamp = NOW }) {
	const s = secrets.edge;
	const bytes = Buffer.concat([utf8(`${timestamp}.${nonce}.`),
		body ?? utf8(`GET ${target}`)]);

	return request(name, 'edge', method, target, timestamp,
		[timestamp - 120, timestamp + 120],
		{ secret: 'edge', key_id: s.id, timestamp, nonce,
			...(key && { idempotency_key: key }), ...(body && { body }) },
		[signed('X-Edge-Signature', 'edge', bytes)],
		[...(body ? [JSON_TYPE] : []), ['X-Edge-Timestamp', String(timestamp)],
			['X-Edge-Nonce', nonce],
			['X-Edge-Signature', hmac(s.secret, bytes)],
			['X-Edge-Key-Id', s.id],
			...(key ? [['X-Idempotency-Key', key]] : [])]);
}

const requests = [];
for (const [name, key, body] of bodies) {
	requests.push(bridgePost(name, body, { key }));
	requests.push(relay(name, 'POST', '/webhooks/wp', { body, key }));
	requests.push(edge(name, 'POST', '/ingest/webhook', { body,
		key: `hash:${createHash('sha256').update(body).digest('hex')}`,
		nonce: `wire-${fresh()}` }));
}
for (const algorithm of ['ES256', 'EdDSA', 'HS256'])
	requests.push(bridgePost(`token by ${algorithm}`, bodies[0][2],
		{ algorithm }));
requests.push(bridgePost('with sub', bodies[0][2], { sub: 'user:7' }));
requests.push(relay('a site in the path, another kind of secret and key',
	'POST', '/webhooks/wp/shop', { body: bodies[1][2],
		secret: 'relay, not hex', key: '!post~17"edited#2' }));
requests.push(relay('a timestamp of three digits', 'POST', '/webhooks/wp',
	{ body: bodies[4][2], key: 'k', timestamp: 300 }));
requests.push(edge('a site in the path, longest nonce, provider key', 'POST',
	'/ingest/webhook/blog', { body: bodies[0][2], key: 'prov:evt_1NG8Du2e',
		nonce: '0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz' }));
for (const [name, target] of targets) {
	requests.push(bridgeGet(name, target));
	requests.push(relay(name, 'GET', target, {}));
	requests.push(edge(name, 'GET', target, { nonce: `wire-${fresh()}` }));
}
for (const algorithm of ['ES256', 'EdDSA', 'HS256'])
	requests.push(bridgeGet(`token by ${algorithm}`, targets[0][1], algorithm));

// ---- callbacks ------------------------------------------------------------------

// Drawn once; the name space of every key that the gate makes.
const SPACE = Buffer.from('4a554dd61acc4e75b29a03feaacb5b36', 'hex');

function uuid5(name) {
	const u = createHash('sha1').update(SPACE).update(utf8(name)).digest()
		.subarray(0, 16);

	u[6] = (u[6] & 0x0f) | 0x50;
	u[8] = (u[8] & 0x3f) | 0x80;
	return u.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function item(seq, tag, output) {
	return { seq, id: `${seq}.${tag}`, request_id: EVENT,
		event_type: 'post.published', object_ref: '17',
		idempotency_key: UUID, route: 'summarise',
		status: output === null ? 'dead' : 'done', output, usage: null,
		finished_at: '2023-11-14T22:13:19.500Z' };
}

function callback(name, { items, secret = 'bridge', delivery, authorization,
	timestamp = NOW }) {
	const s = secrets[secret];
	const body = utf8(JSON.stringify(items));
	const full = Buffer.concat([utf8(`${timestamp}.${delivery}.`), body]);
	const keyName = `callback/${s.site}/${items.map((i) => i.id).join(',')}`;

	return { name, site: s.site, method: 'POST', timestamp,
		delivery_id: delivery, secret,
		...(authorization && { authorization: authorization[0] }),
		ids: items.map((i) => i.id), idempotency_key_name: keyName,
		body: body.toString('utf8'), body_base64: b64(body),
		signed: [signed('X-Signature', secret, body),
			signed('X-Pressgate-Signature', secret, full)],
		headers: {
			'Content-Type': 'application/json',
			'X-Request-Id': delivery,
			'X-Pressgate-Timestamp': String(timestamp),
			'X-Signature': `sha256=${hmac(s.secret, body)}`,
			'X-Pressgate-Signature': hmac(s.secret, full),
			'Idempotency-Key': uuid5(keyName),
			...(authorization && { Authorization: authorization[1] }),
		} };
}

const basic = 'gate:abcd EFGH 1234 ijkl MNOP 6789';
const callbacks = [
	callback('one result, no Authorization', {
		items: [item(1, 'f4bc1a80', { summary: 'Hello' })],
		delivery: '01a20233-26c1-7888-bf11-bf7f2d6ea6f0' }),
	callback('three results, beyond ASCII, an application password', {
		items: [item(2, '00000001', { summary: 'Grüße 🚀 a/b \\ "c"' }),
			item(3, 'ffffffff', null),
			{ ...item(4, '0badcafe', { summary: '.' }), supersedes: 3 }],
		delivery: '01a20233-26c1-7888-bf11-bf7f2d6ea6f1',
		authorization: [{ user: 'gate',
			password: 'abcd EFGH 1234 ijkl MNOP 6789' },
		`Basic ${b64(utf8(basic))}`] }),
	callback('by the relay secret, a bearer token', {
		items: [item(5, '12345678', { a: 1 })], secret: 'relay',
		timestamp: NOW + 1, delivery: '01a20233-26c1-7888-bf11-bf7f2d6ea6f2',
		authorization: [{ bearer: 'token-of-the-site' },
			'Bearer token-of-the-site'] }),
	callback('by the edge secret', {
		items: [item(6, '87654321', null)], secret: 'edge',
		delivery: '01a20233-26c1-7888-bf11-bf7f2d6ea6f3' }),
	callback('no result: never sent, but short', { items: [],
		delivery: '01a20233-26c1-7888-bf11-bf7f2d6ea6f0' }),
];

// ---- calls to services ------------------------------------------------------------

const outgoing = [
	['an event, a route, a step', EVENT, 'summarise', 'summary', null],
	['another step', EVENT, 'summarise', 'store', null],
	['a replay that asked for a new key', EVENT, 'summarise', 'summary', '42'],
].map(([name, event, route, step, salt]) => {
	const of = [event, route, step, ...(salt ? [salt] : [])].join('/');

	return { name, event_id: event, route, step, salt, of, key: uuid5(of) };
});

// ---- the two blocks ---------------------------------------------------------------

function blockA(secret, url) {
	const s = secrets[secret];
	const rows = [['ENDPOINT', ENDPOINT], ['SITE', s.site],
		['SCHEME', s.scheme], ['KEY_ID', s.id], ['SECRET', s.secret]];

	if (s.scheme === 'bridge')
		rows.push(['ISSUER', url], ['AUDIENCE', AUDIENCE],
			['RESULTS_AUDIENCE', RESULTS_AUDIENCE]);
	return `/* pressgate, block A: for wp-config.php of ${url} */\n` +
		rows.map(([name, value]) =>
			`define( 'PRESSGATE_${name}', '${value}' );\n`).join('');
}

function blockB(algorithm) {
	return `pressgate site key 1\nsite: blog\nissuer: ${ISSUER}\n` +
		`key-id: ${keys[algorithm].kid}\nalgorithm: ${algorithm}\n` +
		read(keys[algorithm].public_file);
}

const blocks = {
	a: ['bridge', 'relay', 'edge'].map((scheme) => ({
		name: `block A of a ${scheme} site`, scheme, secret: scheme,
		url: ISSUER, endpoint: ENDPOINT, text: blockA(scheme, ISSUER) })),
	b: ['RS256', 'ES256', 'EdDSA'].map((algorithm) => ({
		name: `block B with an ${algorithm} key`, key: algorithm,
		site: 'blog', issuer: ISSUER, kid: keys[algorithm].kid,
		fingerprint: keys[algorithm].fingerprint,
		text: blockB(algorithm) })),
};

process.stdout.write(JSON.stringify({
	about: 'Made by make_wire.mjs. Test keys: they protect nothing.',
	clock: NOW, endpoint: ENDPOINT, issuer: ISSUER, audience: AUDIENCE,
	results_audience: RESULTS_AUDIENCE, secrets, keys, jwt, requests,
	callbacks, outgoing_keys: outgoing, blocks,
}, null, 1) + '\n');
