/*
 * The tables of pressgate.conf. A key is here once; lib/conf_fill.c reads
 * it, lib/conf_print.c shows it. Site files are in conf_table_site.c.
 */
#include "config.h"

#include "lib/conf_table.h"

#include "lib/conf.h"
#include "lib/num.h"

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY_S (24 * 3600)

/* A socket's path ends at 107 bytes (struct sockaddr_un). */
#define SOCKET_PATH_MAX 107

_Static_assert(sizeof(enum gate_log_level) == sizeof(unsigned int) &&
	sizeof(enum gate_service_kind) == sizeof(unsigned int),
    "words are stored as unsigned int");

static const char *const log_levels[] = {
    [GATE_LOG_ERROR] = "error",
    [GATE_LOG_WARN] = "warn",
    [GATE_LOG_INFO] = "info",
    [GATE_LOG_DEBUG] = "debug",
    [GATE_LOG_DEBUG + 1] = NULL,
};

static const char *const service_kinds[] = {
    [GATE_SERVICE_OPENAI_CHAT] = "openai-chat",
    [GATE_SERVICE_HTTP] = "http",
    [GATE_SERVICE_HTTP + 1] = NULL,
};

#define AT(member) .at = offsetof(struct gate_conf_database, member)

static const struct gate_conf_key database_keys[] = {
    {.name = "url",
	.type = GATE_CONF_DSN,
	AT(url),
	.flags = GATE_CONF_SECRET | GATE_CONF_RESTART,
	.def = "dbname=pressgate",
	.help = "libpq connection string or URI of the database. One that "
		"holds a password belongs into a file: \"file:database.url\"."},
    {.name = "ingest",
	.type = GATE_CONF_DSN,
	AT(ingest),
	.flags = GATE_CONF_SECRET | GATE_CONF_RESTART,
	.def = "",
	.help = "The same for pressgate-fcgi alone, when it has a role of "
		"its own. Empty: url."},
    {.name = "worker",
	.type = GATE_CONF_DSN,
	AT(worker),
	.flags = GATE_CONF_SECRET | GATE_CONF_RESTART,
	.def = "",
	.help = "The same for pressgate-worker. Empty: url."},
    {.name = "operator",
	.type = GATE_CONF_DSN,
	AT(operator),
	.flags = GATE_CONF_SECRET,
	.def = "",
	.help = "The same for pressgate(1). Empty: url."},
    {.name = "connect_timeout",
	.type = GATE_CONF_MS,
	AT(connect_timeout_ms),
	.flags = GATE_CONF_RESTART,
	.min = 100,
	.max = MINUTE,
	.def = "2s",
	.help = "How long one attempt to connect may take."},
    {.name = "call_timeout",
	.type = GATE_CONF_MS,
	AT(call_timeout_ms),
	.flags = GATE_CONF_RESTART,
	.min = 100,
	.max = 10 * MINUTE,
	.def = "2500ms",
	.help = "How long one statement may take; then the sender gets 503 "
		"and comes back."},
    {.name = "prepared",
	.type = GATE_CONF_BOOL,
	AT(prepared),
	.flags = GATE_CONF_RESTART,
	.def = "true",
	.help = "Use prepared statements. Set false behind pgbouncer in "
		"transaction mode before its version 1.21."},
};

#undef AT
#define AT(member) .at = offsetof(struct gate_conf_fcgi, member)

static const struct gate_conf_key fcgi_keys[] = {
    {.name = "listen",
	.type = GATE_CONF_STRING,
	AT(listen),
	.flags = GATE_CONF_RESTART,
	.min = 1,
	.max = SOCKET_PATH_MAX,
	.def = "/run/pressgate/fcgi.sock",
	.help = "Path of the Unix socket that the web server connects to."},
    {.name = "group",
	.type = GATE_CONF_STRING,
	AT(group),
	.flags = GATE_CONF_RESTART,
	.max = 64,
	.def = "",
	.help = "Group of the socket, for instance www-data. Empty: the "
		"group of the process."},
    {.name = "user",
	.type = GATE_CONF_STRING,
	AT(user),
	.flags = GATE_CONF_RESTART,
	.max = 64,
	.def = "",
	.help = "User to become; must be given when started as root."},
    {.name = "mode",
	.type = GATE_CONF_MODE,
	AT(mode),
	.flags = GATE_CONF_RESTART,
	.min = 0600,
	.max = 0777,
	.def = "0660",
	.help = "Permissions of the socket."},
    {.name = "processes",
	.type = GATE_CONF_COUNT,
	AT(processes),
	.flags = GATE_CONF_RESTART,
	.min = 1,
	.max = 512,
	.def = "8",
	.help = "Children, each with one database connection. On a slow disk "
		"more of them accept more events a second."},
    {.name = "backlog",
	.type = GATE_CONF_COUNT,
	AT(backlog),
	.flags = GATE_CONF_RESTART,
	.min = 1,
	.max = 65535,
	.def = "1024",
	.help = "Connections that may wait for a child."},
    {.name = "mount",
	.type = GATE_CONF_MOUNT,
	AT(mount),
	.max = 256,
	.def = "",
	.help = "Path prefix that the web server gives to pressgate, taken "
		"off before a request is routed: \"/gate\"."},
    {.name = "request_timeout",
	.type = GATE_CONF_MS,
	AT(request_timeout_ms),
	.min = 100,
	.max = 10 * MINUTE,
	.def = "10s",
	.help = "One request, from the connection to the answer."},
    {.name = "requests_per_child",
	.type = GATE_CONF_COUNT,
	AT(requests_per_child),
	.max = 1000000000,
	.def = "0",
	.help = "A child is replaced after so many requests; 0: never."},
    {.name = "plain_http",
	.type = GATE_CONF_BOOL,
	AT(plain_http),
	.def = "false",
	.help = "Take events that came without TLS from anywhere, not only "
		"from loopback."},
    {.name = "trusted_proxies",
	.type = GATE_CONF_RANGES,
	AT(trusted_proxies),
	.max = 4096,
	.def = "",
	.help = "Addresses, separated by commas, whose X-Forwarded-For and "
		"X-Forwarded-Proto are believed."},
};

#undef AT
#define AT(member) .at = offsetof(struct gate_conf_worker, member)

static const struct gate_conf_key worker_keys[] = {
    {.name = "poke",
	.type = GATE_CONF_STRING,
	AT(poke),
	.flags = GATE_CONF_RESTART,
	.max = SOCKET_PATH_MAX,
	.def = "/run/pressgate/worker.sock",
	.help = "Path of the socket by which pressgate-fcgi wakes the worker. "
		"Empty: the worker only polls."},
    {.name = "user",
	.type = GATE_CONF_STRING,
	AT(user),
	.flags = GATE_CONF_RESTART,
	.max = 64,
	.def = "",
	.help = "User to become; must be given when started as root."},
    {.name = "in_flight",
	.type = GATE_CONF_COUNT,
	AT(in_flight),
	.min = 1,
	.max = 10000,
	.def = "256",
	.help = "Calls at once in this process, over all services."},
    {.name = "claim_max",
	.type = GATE_CONF_COUNT,
	AT(claim_max),
	.min = 1,
	.max = 1000,
	.def = "64",
	.help = "Jobs that one claim may take."},
    {.name = "poll_min",
	.type = GATE_CONF_MS,
	AT(poll_min_ms),
	.min = 1,
	.max = MINUTE,
	.def = "20ms",
	.help = "Pause between two looks for jobs while there are some."},
    {.name = "poll_max",
	.type = GATE_CONF_MS,
	AT(poll_max_ms),
	.min = 10,
	.max = 5 * MINUTE,
	.def = "1s",
	.help = "The same when there have been none for a while."},
    {.name = "flush",
	.type = GATE_CONF_MS,
	AT(flush_ms),
	.max = 5 * SECOND,
	.def = "30ms",
	.help = "A finished job waits so long for others, so that they are "
		"stored in one transaction."},
    {.name = "flush_max",
	.type = GATE_CONF_COUNT,
	AT(flush_max),
	.min = 1,
	.max = 1000,
	.def = "200",
	.help = "So many finished jobs are stored without waiting."},
    {.name = "stop",
	.type = GATE_CONF_S,
	AT(stop_s),
	.max = 3600,
	.def = "30s",
	.help = "After SIGTERM, the time for calls that are under way."},
};

#undef AT
#define AT(member) .at = offsetof(struct gate_policy, member)

/* Full jitter: before try n + 1, a random time up to base * factor^(n-1),
 * but no more than cap. */
#define POLICY_KEYS(name_, attempts_, base_, factor_, cap_, window_)           \
	static const struct gate_conf_key name_[] = {                          \
	    {.name = "attempts",                                               \
		.type = GATE_CONF_COUNT,                                       \
		AT(attempts),                                                  \
		.min = 1,                                                      \
		.max = 100,                                                    \
		.def = attempts_,                                              \
		.help = "Tries of one step, the first one included."},         \
	    {.name = "base",                                                   \
		.type = GATE_CONF_MS,                                          \
		AT(base_ms),                                                   \
		.min = 10,                                                     \
		.max = DAY_S * INT64_C(1000),                                  \
		.def = base_,                                                  \
		.help = "Longest pause before the second try; the pause is "   \
			"random between nothing and that."},                   \
	    {.name = "factor",                                                 \
		.type = GATE_CONF_COUNT,                                       \
		AT(factor),                                                    \
		.min = 1,                                                      \
		.max = 10,                                                     \
		.def = factor_,                                                \
		.help = "The longest pause grows by this with each try."},     \
	    {.name = "cap",                                                    \
		.type = GATE_CONF_MS,                                          \
		AT(cap_ms),                                                    \
		.min = 10,                                                     \
		.max = 7 * DAY_S * INT64_C(1000),                              \
		.def = cap_,                                                   \
		.help = "It grows no further than this."},                     \
	    {.name = "window",                                                 \
		.type = GATE_CONF_S,                                           \
		AT(window_s),                                                  \
		.min = 1,                                                      \
		.max = 30 * DAY_S,                                             \
		.def = window_,                                                \
		.help = "A step that has not succeeded so long after its "     \
			"first try becomes a dead letter."},                   \
	}

POLICY_KEYS(high_keys, "5", "1s", "3", "27s", "10m");
POLICY_KEYS(normal_keys, "8", "15s", "4", "1h", "1d");
POLICY_KEYS(low_keys, "12", "1m", "4", "6h", "3d");

#undef AT
#define AT(member) .at = offsetof(struct gate_service, member)

static const struct gate_conf_key service_keys[] = {
    {.name = "kind",
	.type = GATE_CONF_WORD,
	AT(kind),
	.words = service_kinds,
	.example = "openai-chat",
	.help = "What the service speaks: the chat completions of OpenAI "
		"and of all who copy them, or any HTTP."},
    {.name = "url",
	.type = GATE_CONF_URL,
	AT(url),
	.min = 1,
	.example = "https://api.openai.com/v1",
	.help = "openai-chat: the part before /chat/completions. http: where "
		"a step goes that names no url of its own."},
    {.name = "secret",
	.type = GATE_CONF_REF,
	.at = GATE_CONF_NOWHERE,
	.flags = GATE_CONF_SECRET,
	.def = "",
	.help = "Where the key is that is sent as Authorization: Bearer. "
		"Empty: none is sent."},
    {.name = "ca",
	.type = GATE_CONF_BUNDLE,
	.at = GATE_CONF_NOWHERE,
	.def = "",
	.help = "Certificates (PEM) of those who alone may sign for the "
		"service: \"file:ca.pem\", for one with a CA of its own. The "
		"worker's user must be able to read it; a changed file "
		"counts within a minute. Empty: whom the system trusts."},
    {.name = "connect_timeout",
	.type = GATE_CONF_MS,
	AT(connect_timeout_ms),
	.min = 10,
	.max = MINUTE,
	.def = "5s",
	.help = "Until the connection stands."},
    {.name = "timeout",
	.type = GATE_CONF_MS,
	AT(timeout_ms),
	.min = 10,
	.max = HOUR,
	.def = "15s",
	.help = "The whole call. A worker that dies loses a job for this "
		"time and half of it again."},
    {.name = "in_flight",
	.type = GATE_CONF_COUNT,
	AT(in_flight),
	.min = 1,
	.max = 10000,
	.def = "64",
	.help = "Calls at once to this service, in each worker."},
    {.name = "allow_private",
	.type = GATE_CONF_BOOL,
	AT(allow_private),
	.def = "false",
	.help = "The service may be at a private or loopback address, and "
		"may be called without TLS."},
};

#undef AT

#define DATABASE offsetof(struct gate_conf, database)
#define FCGI offsetof(struct gate_conf, fcgi)
#define WORKER offsetof(struct gate_conf, worker)
#define POLICY(u) offsetof(struct gate_conf, policies[u])

static const struct gate_conf_spec database_spec = {.name = "database",
    .at = DATABASE,
    .keys = database_keys,
    .key_count = GATE_COUNT(database_keys),
    .help = "PostgreSQL."};
static const struct gate_conf_spec fcgi_spec = {.name = "fcgi",
    .at = FCGI,
    .keys = fcgi_keys,
    .key_count = GATE_COUNT(fcgi_keys),
    .help = "pressgate-fcgi, which takes the events."};
static const struct gate_conf_spec worker_spec = {.name = "worker",
    .at = WORKER,
    .keys = worker_keys,
    .key_count = GATE_COUNT(worker_keys),
    .help = "pressgate-worker, which makes the calls."};
static const struct gate_conf_spec high_spec = {.name = "retry_high",
    .at = POLICY(GATE_URGENCY_HIGH),
    .keys = high_keys,
    .key_count = GATE_COUNT(high_keys),
    .help = "When a failed call of a high route is tried again: within "
	    "seconds, or not at all."};
static const struct gate_conf_spec normal_spec = {.name = "retry_normal",
    .at = POLICY(GATE_URGENCY_NORMAL),
    .keys = normal_keys,
    .key_count = GATE_COUNT(normal_keys),
    .help = "The same for normal routes: minutes to hours."};
static const struct gate_conf_spec low_spec = {.name = "retry_low",
    .at = POLICY(GATE_URGENCY_LOW),
    .keys = low_keys,
    .key_count = GATE_COUNT(low_keys),
    .help = "The same for low routes: minutes to days."};
const struct gate_conf_spec gate_conf_service_spec = {.name = "service",
    .title = "NAME",
    .sample = "openai",
    .at = GATE_CONF_NOWHERE,
    .keys = service_keys,
    .key_count = GATE_COUNT(service_keys),
    .help = "Something that steps call. One block for each."};

static const struct gate_conf_spec *const main_blocks[] = {&database_spec,
    &fcgi_spec, &worker_spec, &gate_conf_limits_spec, &gate_conf_spool_spec,
    &high_spec, &normal_spec, &low_spec, &gate_conf_service_spec, NULL};

static const struct gate_conf_key main_keys[] = {
    {.name = "log_level",
	.type = GATE_CONF_WORD,
	.at = offsetof(struct gate_conf, log_level),
	.words = log_levels,
	.def = "info",
	.help = "What goes to the log."},
    {.name = "endpoint",
	.type = GATE_CONF_URL,
	.at = offsetof(struct gate_conf, endpoint),
	.def = "",
	.help = "Public address of this gate, mount prefix included, as "
		"sites reach it: pressgate(1) prints it and sends to it."},
    {.name = "metrics",
	.type = GATE_CONF_STRING,
	.flags = GATE_CONF_RESTART,
	.at = offsetof(struct gate_conf, metrics),
	.max = 64,
	.def = "pressgate",
	.help = "Name of the programs' counters below /dev/shm, as "
		"\"pressgate metrics\" finds them; two gates on one host need "
		"two. Empty: each process keeps its own, where nobody sees "
		"them."},
    {.name = "sites",
	.type = GATE_CONF_STRING,
	.min = 1,
	.max = 1024,
	.at = offsetof(struct gate_conf, sites_dir),
	.def = "sites.d",
	.help = "Directory with one NAME.conf for each site."},
};

const struct gate_conf_spec gate_conf_main_spec = {.name = "",
    .keys = main_keys,
    .key_count = GATE_COUNT(main_keys),
    .blocks = main_blocks,
    .help = "The whole of pressgate.conf."};
