// Schemas, values, HTML and URLs made by chance, and what others say of them:
// node judge.mjs FOLDER SEED COUNT. FOLDER has node_modules. A line for each:
//
//   {"schema", "values": [{"value", "valid"}]}    by ajv
//   {"html": INPUT, "text": its text, by parse5}
//   {"url": INPUT, "href": by this program's URL}
//
// With --look LINES on standard input, {"html"} or {"url"} of ours each, it
// answers with {"elements", "text"} or {"href"}.

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [folder, seed, count] = process.argv.slice(2);
const require = createRequire(`${folder}/x.js`);
const Ajv = require('ajv/dist/2020.js').default;
const parse5 = require('parse5');

// mulberry32
let state = Number(seed) >>> 0;
function random() {
	state = (state + 0x6d2b79f5) >>> 0;
	let t = Math.imul(state ^ (state >>> 15), 1 | state);
	t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
	return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const one = (list) => list[below(list.length)];
const some = (max, make) => Array.from({ length: below(max + 1) }, make);

const names = ['a', 'b', 'c', 'ab', 'x-1'];
const texts = ['', 'a', 'b', 'ab', 'abc', 'ba1', 'é', '😀', '😀é', 'A-1', '\n'];
const patterns = ['^a', 'b$', '^[a-c]+$', '[0-9]', '^.$', '^x-', 'a|é', '\\d',
	'^(?:ab?)+$', '\\u00e9', '^\\S*$', '(?!a)b', '^$'];
const numbers = [-2, -1, 0, 1, 2, 3, 0.5, 1.5, -0.5, 100, 1e3, 4294967296];

function scalar() {
	return one([null, true, false, one(texts), one(numbers), one(texts),
		one(numbers)]);
}

function value(depth) {
	if (depth === 0 || random() < 0.35) return scalar();
	if (random() < 0.45) return some(4, () => value(depth - 1));
	return Object.fromEntries(some(4, () => [one(names), value(depth - 1)]));
}

const types = ['null', 'boolean', 'integer', 'number', 'string', 'array',
	'object'];
const list = (depth, defs, min) =>
	Array.from({ length: min + below(2) }, () => schema(depth - 1, defs));
const members = (depth, defs, keys) => Object.fromEntries(
	some(3, () => [one(keys), schema(depth - 1, defs)]));

const keywords = {
	type: () => random() < 0.6 ? one(types)
		: [...new Set([one(types), one(types), one(types)])],
	enum: () => [value(1), scalar(), scalar()].filter((v, i, all) =>
		all.findIndex((w) => JSON.stringify(w) === JSON.stringify(v)) === i),
	const: () => value(2),
	minimum: () => one(numbers), maximum: () => one(numbers),
	exclusiveMinimum: () => one(numbers), exclusiveMaximum: () => one(numbers),
	multipleOf: () => one([0.5, 1, 2, 3]),
	minLength: () => below(3), maxLength: () => below(3),
	pattern: () => one(patterns),
	minItems: () => below(3), maxItems: () => below(4),
	uniqueItems: () => random() < 0.8,
	required: () => [...new Set(some(2, () => one(names)))],
	minProperties: () => below(3), maxProperties: () => below(3),
	dependentRequired: () => ({ [one(names)]: [one(names)] }),
};
const inner = {
	prefixItems: (d, defs) => list(d, defs, 1),
	items: (d, defs) => schema(d - 1, defs),
	contains: (d, defs) => schema(d - 1, defs),
	properties: (d, defs) => members(d, defs, names),
	patternProperties: (d, defs) => members(d, defs, patterns),
	additionalProperties: (d, defs) => schema(d - 1, defs),
	propertyNames: (d, defs) => schema(d - 1, defs),
	allOf: (d, defs) => list(d, defs, 1), anyOf: (d, defs) => list(d, defs, 1),
	oneOf: (d, defs) => list(d, defs, 1), not: (d, defs) => schema(d - 1, defs),
	if: (d, defs) => schema(d - 1, defs), then: (d, defs) => schema(d - 1, defs),
	else: (d, defs) => schema(d - 1, defs),
	dependentSchemas: (d, defs) => members(d, defs, names),
};

// defs: the names that may be referred to; only ones that come later, so
// that no circle is made.
function schema(depth, defs) {
	const s = {};
	if (random() < 0.08) return random() < 0.7;
	for (const k of some(3, () => one(Object.keys(keywords))))
		s[k] = keywords[k]();
	if (depth > 0)
		for (const k of some(2, () => one(Object.keys(inner))))
			s[k] = inner[k](depth, defs);
	// ajv 8.17 takes [] for {"prefixItems": [{"const": 1}], "contains": {}},
	// which the specification does not.
	if (s.contains !== undefined) delete s.prefixItems;
	if (s.contains !== undefined && random() < 0.4) s.minContains = below(3);
	if (s.contains !== undefined && random() < 0.4) s.maxContains = below(3);
	if (defs.length > 0 && random() < 0.3) s.$ref = `#/$defs/${one(defs)}`;
	return s;
}

function whole() {
	const s = schema(3, ['d', 'e']);
	if (typeof s === 'boolean') return { allOf: [s] };
	return { ...s, $defs: { d: schema(2, ['e']), e: schema(1, []) } };
}

// Strict mode refuses what the specification allows. Now and then ajv's code
// for a schema fails by itself: such a schema says nothing.
function judge(s) {
	const ajv = new Ajv({ strict: false, validateFormats: false,
		validateSchema: false, logger: false });
	const validate = ajv.compile(s);
	return Array.from({ length: 12 }, () => {
		const v = value(3);
		return { value: v, valid: validate(v) };
	});
}

const soup = ['<', '>', '"', "'", '=', '/', '!', '?', '-', '--', ' ', '\n', 'a',
	'b', 'text', '&lt;', '&amp;', '<b>', '</b>', '<i class="x>y">', '<br>',
	'<p>', '</p>', '<!--', '-->', '--!>', '<!-->', '<script>', '</script>',
	'<style>', '</style', '<a href=', "<a title='", '<div/>', '</', '<!', '<?',
	'<ul><li>', '</li></ul>', '<span', '<x-y z=1>', '<textarea>', '<title>',
	'<iframe>', '<svg>', '<math>', '<noscript>', '<select>', '<table>', 'é', '😀'];
const tame = ['a', 'b ', ' text', '<b>', '</b>', '<i class="x>y">', '</i>',
	'<br>', '<p>', '</p>', '<!-- a > b -->', '<!---->', '<script>x<b</script>',
	"<style>p>a{}</style >", "<a href='>'>", '</a>', '<div id = "1">', '</div>',
	'&lt;', '&amp;', '1 < 2', 'a > b', 'é', '<span a=b c>', '</span>', '<?php?>',
	'<!doctype html>', '<h1>', '</h1>'];

const silent = new Set(['script', 'style', 'iframe', 'noembed', 'noframes',
	'noscript', 'xmp', 'plaintext']);
function text_of(node) {
	if (silent.has(node.nodeName)) return '';
	if (node.nodeName === '#text') return node.value;
	return (node.childNodes ?? []).map(text_of).join('');
}
const is_bare = (node) =>
	(node.childNodes ?? []).every((n) => n.nodeName === '#text');

const pieces = ['/', '/', 'a', 'b', 'Z', '.', '..', '%41', '%7e', '%2F', '%2e',
	'%c3%a9', 'é', '😀', '-', '_', '~', '!', "'", '(', ':', '@', ';', '=', '&',
	'+', '$', ',', '*', '%', ' ', '\\', '<', '"', '|', '?', '#', '[', '\t'];
function url() {
	const host = one(['example.com', 'EXAMPLE.com', 'ex%41mple.org', 'a-b.c',
		'127.0.0.1', '[::1]', '[2001:DB8::1]', '', 'é.example', 'a b', 'u@h',
		'u:p@h']);
	const port = one(['', '', '', ':80', ':443', ':8080', ':', ':0443', ':99999']);
	const rest = some(8, () => one(pieces)).join('');
	return one(['http://', 'https://', 'HTTPS://', 'http:/', 'ftp://', '//']) +
		host + port + (random() < 0.8 ? '/' : '') + rest;
}
const href_of = (u) => URL.canParse(u) ? new URL(u).href : null;

const say = (doc) => process.stdout.write(JSON.stringify(doc) + '\n');

if (process.argv[5] === '--look') {
	for await (const line of createInterface({ input: process.stdin })) {
		const { html, url: u } = JSON.parse(line);
		if (u !== undefined) {
			say({ href: href_of(u) });
			continue;
		}
		const doc = parse5.parseFragment(html);
		say({ bare: is_bare(doc), text: text_of(doc) });
	}
} else {
	for (let i = 0; i < Number(count); i++) {
		const s = whole();
		try {
			say({ schema: s, values: judge(s) });
		} catch (e) {
			if (!(e instanceof TypeError)) throw e;
		}
		say({ html: some(12, () => one(soup)).join('') });
		const html = some(10, () => one(tame)).join('');
		say({ html, text: text_of(parse5.parseFragment(html)) });
		const u = url();
		say({ url: u, href: href_of(u) });
	}
}
