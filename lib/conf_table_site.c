/*
 * The tables of a file in sites.d: a site, its routes and their steps. The
 * doors' are in lib/conf_table_door.c.
 */
#include "config.h"

#include "lib/conf_table.h"

#include "lib/conf_site.h"
#include "lib/num.h"

#define DAY_S (24 * 3600)

_Static_assert(sizeof(enum gate_urgency) == sizeof(unsigned int) &&
	sizeof(enum gate_mode) == sizeof(unsigned int) &&
	sizeof(enum gate_busy) == sizeof(unsigned int) &&
	sizeof(enum gate_away) == sizeof(unsigned int),
    "words are stored as unsigned int");
_Static_assert(sizeof(enum gate_event_policy) == sizeof(unsigned int),
    "words are stored as unsigned int");

static const char *const urgencies[] = {
    [GATE_URGENCY_HIGH] = "high",
    [GATE_URGENCY_NORMAL] = "normal",
    [GATE_URGENCY_LOW] = "low",
    [GATE_URGENCY_COUNT] = NULL,
};

static const char *const modes[] = {
    [GATE_MODE_LIVE] = "live",
    [GATE_MODE_DRY_RUN] = "dry-run",
    [GATE_MODE_MIRROR] = "mirror",
    [GATE_MODE_MIRROR + 1] = NULL,
};

static const char *const away_policies[] = {
    [GATE_AWAY_REFUSE] = "refuse",
    [GATE_AWAY_SPOOL] = "spool",
    [GATE_AWAY_SPOOL + 1] = NULL,
};

static const char *const busy_policies[] = {
    [GATE_BUSY_REFUSE] = "refuse",
    [GATE_BUSY_ACCEPT] = "accept",
    [GATE_BUSY_ACCEPT + 1] = NULL,
};

#define AT(member) .at = offsetof(struct gate_step, member)

static const struct gate_conf_key step_keys[] = {
    {.name = "service",
	.type = GATE_CONF_NAME,
	.at = GATE_CONF_NOWHERE,
	.example = "openai",
	.help = "A service of pressgate.conf; its kind decides which of the "
		"keys below apply."},
    {.name = "model",
	.type = GATE_CONF_STRING,
	AT(model),
	.flags = GATE_CONF_OPTIONAL | GATE_CONF_SHOWN,
	.min = 1,
	.max = 200,
	.example = "gpt-4o-mini",
	.help = "openai-chat: the model, as the service names it."},
    {.name = "prompt",
	.type = GATE_CONF_TEMPLATE,
	AT(prompt),
	.flags = GATE_CONF_OPTIONAL | GATE_CONF_SHOWN,
	.example = "Summarise in two sentences: {{/data/title}}",
	.help = "openai-chat: the user message, a template."},
    {.name = "prompt_file",
	.type = GATE_CONF_TEMPLATE_FILE,
	AT(prompt),
	.flags = GATE_CONF_OPTIONAL,
	.example = "prompts/summary.txt",
	.help = "The same from a file; one of the two."},
    {.name = "system",
	.type = GATE_CONF_TEMPLATE,
	AT(system),
	.flags = GATE_CONF_OPTIONAL,
	.example = "You are an editor.",
	.help = "openai-chat: the system message, a template."},
    {.name = "max_tokens",
	.type = GATE_CONF_COUNT,
	AT(max_tokens),
	.max = 1000000,
	.def = "0",
	.help = "openai-chat: limit for the answer; 0: not sent."},
    {.name = "method",
	.type = GATE_CONF_STRING,
	AT(method),
	.flags = GATE_CONF_OPTIONAL,
	.min = 1,
	.max = 16,
	.example = "PUT",
	.help = "http: GET, POST, PUT, PATCH or DELETE. POST if not given."},
    {.name = "url",
	.type = GATE_CONF_TEMPLATE,
	AT(url),
	.flags = GATE_CONF_OPTIONAL,
	.example = "https://crm.example.com/leads/{{/data/id|uri}}",
	.help = "http: where to, a template. Not given: the service's url."},
    {.name = "body",
	.type = GATE_CONF_TEMPLATE,
	AT(body),
	.flags = GATE_CONF_OPTIONAL,
	.example = "{\"title\": {{/data/title|json}}}",
	.help = "http: the body, a template."},
    {.name = "body_file",
	.type = GATE_CONF_TEMPLATE_FILE,
	AT(body),
	.flags = GATE_CONF_OPTIONAL,
	.example = "prompts/body.json",
	.help = "The same from a file."},
    {.name = "content_type",
	.type = GATE_CONF_STRING,
	AT(content_type),
	.flags = GATE_CONF_OPTIONAL,
	.min = 1,
	.max = 100,
	.example = "application/json",
	.help = "http: of the body. application/json if not given."},
};

#undef AT
#define AT(member) .at = offsetof(struct gate_route, member)

static const struct gate_conf_key route_keys[] = {
    {.name = "events",
	.type = GATE_CONF_EVENT,
	AT(events),
	.flags = GATE_CONF_LIST,
	.count_at = offsetof(struct gate_route, event_count),
	.example = "{\"post.published\"}",
	.help = "Event types that become a job of this route; \"*\": each "
		"type that the site may send, or, of sources, any."},
    {.name = "sources",
	.type = GATE_CONF_NAME,
	AT(sources),
	.flags = GATE_CONF_LIST | GATE_CONF_OPTIONAL,
	.count_at = offsetof(struct gate_route, source_count),
	.example = "{\"blog-crm\"}",
	.help = "The sources of this site whose events it takes. Not given: "
		"events of the site itself, and nobody else's."},
    {.name = "urgency",
	.type = GATE_CONF_WORD,
	AT(urgency),
	.words = urgencies,
	.def = "normal",
	.help = "Which jobs go first, and how they are tried again."},
    {.name = "mode",
	.type = GATE_CONF_WORD,
	AT(mode),
	.words = modes,
	.def = "live",
	.help = "live calls; dry-run makes each request and sends none; "
		"mirror only puts the event on a list."},
    {.name = "result",
	.type = GATE_CONF_TEMPLATE,
	AT(result),
	.flags = GATE_CONF_OPTIONAL | GATE_CONF_SHOWN,
	.example = "{\"summary\": {{/steps/summary/output/text|json}}}",
	.help = "The result, a template that gives JSON. Not given: the last "
		"step's output."},
    {.name = "deliver",
	.type = GATE_CONF_STRING,
	.at = GATE_CONF_NOWHERE,
	.flags = GATE_CONF_LIST | GATE_CONF_OPTIONAL,
	.example = "{\"poll\"}",
	.help = "How the site gets its results: {\"poll\"}, that is, "
		"GET /results."},
    {.name = "serial_by",
	.type = GATE_CONF_POINTER,
	AT(serial_key),
	.flags = GATE_CONF_OPTIONAL,
	.example = "/subject/id",
	.help = "JSON Pointer into the event: jobs with the same value run "
		"one after another, in the order of acceptance."},
    {.name = "coalesce_by",
	.type = GATE_CONF_POINTER,
	.at = GATE_CONF_NOWHERE,
	.flags = GATE_CONF_OPTIONAL,
	.example = "/subject/id",
	.help = "Reserved: refused by this version."},
};

#undef AT

static const char *const unknown_policies[] = {
    [GATE_EVENT_REFUSE] = "refuse",
    [GATE_EVENT_UNROUTED] = "unrouted",
    [GATE_EVENT_UNROUTED + 1] = NULL,
};

static const char *const schema_policies[] = {
    [GATE_EVENT_REFUSE] = "refuse",
    [GATE_EVENT_UNROUTED] = "unrouted",
    [GATE_EVENT_BURY] = "bury",
    [GATE_EVENT_POLICY_COUNT] = NULL,
};

#define AT(member) .at = offsetof(struct gate_site, member)

static const struct gate_conf_key site_keys[] = {
    {.name = "url",
	.type = GATE_CONF_URL,
	AT(url),
	.min = 1,
	.example = "https://blog.example.com",
	.help = "Address of the WordPress site."},
    {.name = "default",
	.type = GATE_CONF_BOOL,
	AT(is_default),
	.def = "false",
	.help = "Requests that name no site and no key id are this site's. "
		"One site at most."},
    {.name = "events",
	.type = GATE_CONF_EVENT,
	.at = GATE_CONF_NOWHERE,
	.flags = GATE_CONF_LIST | GATE_CONF_OPTIONAL,
	.example = "{\"user.login\"}",
	.help = "Event types that the site may send although no route takes "
		"them: they are stored, and nothing else is done."},
    {.name = "unknown_events",
	.type = GATE_CONF_WORD,
	AT(unknown_events),
	.words = unknown_policies,
	.def = "refuse",
	.help = "An event type that is not named anywhere: refuse answers "
		"422; unrouted stores the event, and nothing else is done."},
    {.name = "schema_policy",
	.type = GATE_CONF_WORD,
	AT(schema_policy),
	.words = schema_policies,
	.def = "refuse",
	.help = "An event that does not fit the schema of its type: refuse "
		"answers 422; unrouted stores it, and nothing else is done; "
		"bury stores it and makes a dead letter for each route that "
		"takes the type, or for the first one."},
    {.name = "body_max",
	.type = GATE_CONF_BYTES,
	AT(body_max_bytes),
	.min = 1024,
	.max = 1024 * 1024,
	.def = "256k",
	.help = "Largest body of a request."},
    {.name = "idempotency_ttl",
	.type = GATE_CONF_S,
	AT(idempotency_ttl_s),
	.min = DAY_S,
	.max = 90 * DAY_S,
	.def = "30d",
	.help = "How long an idempotency key is remembered."},
    {.name = "window",
	.type = GATE_CONF_S,
	AT(window_s),
	.min = 30,
	.max = 3600,
	.def = "5m",
	.help = "How far a relay request's timestamp may be off."},
    {.name = "allow",
	.type = GATE_CONF_RANGE,
	AT(allow.text),
	.flags = GATE_CONF_LIST | GATE_CONF_OPTIONAL,
	.count_at = offsetof(struct gate_site, allow.text_count),
	.example = "{\"203.0.113.0/24\", \"2001:db8::/32\"}",
	.help = "Only from these client addresses may the site's requests "
		"come; anything else is 403. Not given: from anywhere."},
    {.name = "rate",
	.type = GATE_CONF_COUNT,
	AT(limit.per_minute),
	.flags = GATE_CONF_OPTIONAL,
	.max = GATE_LIMIT_RATE_MAX,
	.example = "600",
	.help = "Events a minute, once they are verified. 0: no limit. Not "
		"given: limits.site_rate."},
    {.name = "burst",
	.type = GATE_CONF_COUNT,
	AT(limit.burst),
	.flags = GATE_CONF_OPTIONAL,
	.min = 1,
	.max = GATE_LIMIT_BURST_MAX,
	.example = "600",
	.help = "So many of them at once after a pause. Not given: "
		"limits.site_burst."},
    {.name = "away_policy",
	.type = GATE_CONF_WORD,
	AT(away_policy),
	.words = away_policies,
	.def = "refuse",
	.help = "While the database is away: refuse with 503, for senders "
		"that try again, or spool: keep the event on disk, accept it, "
		"and store it when the database is back."},
    {.name = "busy_policy",
	.type = GATE_CONF_WORD,
	AT(busy_policy),
	.words = busy_policies,
	.def = "refuse",
	.help = "While the queue is deeper than limits.depth: refuse, for "
		"senders that try again, or accept all the same."},
};

#undef AT

const struct gate_conf_spec gate_conf_step_spec = {.name = "step",
    .title = "NAME",
    .sample = "summary",
    .at = GATE_CONF_NOWHERE,
    .keys = step_keys,
    .key_count = GATE_COUNT(step_keys),
    .help = "One call. Its output is stored before the next step starts."};
static const struct gate_conf_spec *const route_blocks[] = {
    &gate_conf_step_spec, NULL};
const struct gate_conf_spec gate_conf_route_spec = {.name = "route",
    .title = "NAME",
    .sample = "summarise",
    .at = GATE_CONF_NOWHERE,
    .keys = route_keys,
    .key_count = GATE_COUNT(route_keys),
    .blocks = route_blocks,
    .help = "What is done with an event: one or more steps, in order."};

static const struct gate_conf_spec *const site_blocks[] = {
    &gate_conf_bridge_spec, &gate_conf_relay_spec, &gate_conf_edge_spec,
    &gate_conf_source_spec, &gate_conf_event_spec, &gate_conf_route_spec, NULL};
const struct gate_conf_spec gate_conf_site_spec = {.name = "site",
    .title = "NAME",
    .sample = "blog",
    .at = GATE_CONF_NOWHERE,
    .keys = site_keys,
    .key_count = GATE_COUNT(site_keys),
    .blocks = site_blocks,
    .help = "One WordPress site. NAME is the file's name without .conf: "
	    "lower-case letters, digits and '-', at most 63."};

static const struct gate_conf_spec *const file_blocks[] = {
    &gate_conf_site_spec, NULL};

const struct gate_conf_spec gate_conf_site_file_spec = {.name = "",
    .blocks = file_blocks,
    .help = "The whole of a file in sites.d."};
