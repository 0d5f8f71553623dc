/*
 * The log. Builds one line in memory and writes it by one write(2); keeps
 * no state and has no queue: a line that cannot be written now is lost, a
 * program is never held up by its log.
 *
 * A line has GATE_LOG_LINE bytes at most, which is PIPE_BUF: the kernel does
 * not mix such writes of several processes on one pipe. The last TAIL_BYTES
 * are kept free, so that a line that is full can still be ended well:
 *
 *	{"ts":...,"level":...,"mod":...,"ev":...,...  | ,"cut":true}\n
 *	|<------------- GATE_LOG_LINE - TAIL_BYTES -->|<- TAIL_BYTES ->|
 */
#include "config.h"

#include "lib/log.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/num.h"
#include "lib/quote.h"

#define TAIL_BYTES 16
#define VALUE_MAX 512 /* of one value, before escaping */

static const struct {
	const char *name;
	const char *prefix; /* sd-daemon(3) */
} levels[] = {
    [GATE_LOG_ERROR] = {"error", "<3>"},
    [GATE_LOG_WARN] = {"warn", "<4>"},
    [GATE_LOG_INFO] = {"info", "<6>"},
    [GATE_LOG_DEBUG] = {"debug", "<7>"},
};

/* $JOURNAL_STREAM is "device:inode" of the journal's socket (systemd.exec(5));
 * it may be inherited while stderr goes elsewhere. */
static bool
is_journal(int fd)
{
	struct gate_span text = gate_span_str(getenv("JOURNAL_STREAM"));
	struct gate_span device;
	uint64_t dev, ino;
	struct stat st;

	if (!gate_span_until(&text, ':', 20, &device) ||
	    !gate_span_u64(device, UINT64_MAX, &dev) ||
	    !gate_span_u64(text, UINT64_MAX, &ino))
		return false;
	return fstat(fd, &st) == 0 && (uint64_t)st.st_dev == dev &&
	    (uint64_t)st.st_ino == ino;
}

void
gate_log_init(
    struct gate_log *log, const char *program, int fd, enum gate_log_level max)
{
	*log = (struct gate_log){
	    .fd = fd,
	    .max = max,
	    .json = isatty(fd) == 0,
	    .journal = is_journal(fd),
	    .program = program,
	};
}

bool
gate_log_level_parse(struct gate_span in, enum gate_log_level *out)
{
	size_t i;

	for (i = 0; i < GATE_COUNT(levels); i++) {
		if (gate_span_is(in, levels[i].name)) {
			*out = (enum gate_log_level)i;
			return true;
		}
	}
	return false;
}

/* One of the first four words of a line; what follows are fields. */
static void
put_word(struct gate_log_line *l, const char *before, const char *word)
{
	(void)gate_buf_put_str(&l->buf, before);
	(void)gate_buf_put_str(&l->buf, word);
}

static void
put_head(struct gate_log_line *l, enum gate_log_level level, const char *mod,
    const char *ev)
{
	const struct gate_log *log = l->log;
	char ts[GATE_TIME_TEXT];

	gate_time_text(gate_wall_ms(), ts);
	if (log->journal)
		(void)gate_buf_put_str(&l->buf, levels[level].prefix);
	if (!log->json) {
		(void)gate_buf_printf(
		    &l->buf, "%s %-5s %s %s", ts, levels[level].name, mod, ev);
		return;
	}
	put_word(l, "{\"ts\":\"", ts);
	put_word(l, "\",\"level\":\"", levels[level].name);
	put_word(l, "\",\"mod\":\"", mod);
	put_word(l, "\",\"ev\":\"", ev);
	(void)gate_buf_put_byte(&l->buf, '"');
}

void
gate_log_start(struct gate_log_line *l, const struct gate_log *log,
    enum gate_log_level level, const char *mod, const char *ev)
{
	if (log != NULL && level > log->max)
		log = NULL;
	*l = (struct gate_log_line){.log = log};
	gate_buf_init(&l->buf, GATE_LOG_LINE - TAIL_BYTES);
	if (log == NULL)
		return;
	put_head(l, level, mod, ev);
	if (l->buf.failed != GATE_OK) {
		l->log = NULL; /* no memory: no line rather than half a one */
		return;
	}
	gate_log_str(l, "program", log->program);
	gate_log_i64(l, "pid", getpid());
}

static void
put_key(struct gate_log_line *l, const char *key)
{
	put_word(l, l->log->json ? ",\"" : " ", key);
	(void)gate_buf_put_str(&l->buf, l->log->json ? "\":" : "=");
}

/* A field is there whole or not at all. */
static void
keep_or_drop(struct gate_log_line *l, size_t before)
{
	if (l->buf.failed == GATE_OK)
		return;
	gate_buf_reset(&l->buf);
	l->buf.n = before;
	l->full = true;
}

/* Nothing in it that a reader of key=value lines would stumble over. */
static bool
is_bare(struct gate_span v)
{
	return v.n > 0 &&
	    gate_span_only(v,
		"abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/@+,");
}

void
gate_log_str(struct gate_log_line *l, const char *key, const char *v)
{
	gate_log_span(l, key, gate_span_str(v));
}

void
gate_log_span(struct gate_log_line *l, const char *key, struct gate_span v)
{
	size_t before = l->buf.n;

	if (l->log == NULL)
		return;
	if (v.n > VALUE_MAX) {
		v.n = VALUE_MAX;
		l->full = true;
	}
	put_key(l, key);
	if (!l->log->json && is_bare(v))
		(void)gate_buf_put(&l->buf, v);
	else
		(void)gate_quote_put(&l->buf, v);
	keep_or_drop(l, before);
}

void
gate_log_i64(struct gate_log_line *l, const char *key, int64_t v)
{
	size_t before = l->buf.n;

	if (l->log == NULL)
		return;
	put_key(l, key);
	(void)gate_buf_put_i64(&l->buf, v);
	keep_or_drop(l, before);
}

static void
write_line(int fd, struct gate_span line)
{
	ssize_t put;

	do {
		put = write(fd, line.p, line.n);
	} while (put < 0 && errno == EINTR);
	/* Whatever else went wrong: there is no place left to tell it. */
}

void
gate_log_end(struct gate_log_line *l)
{
	if (l->log != NULL) {
		l->buf.max = GATE_LOG_LINE;
		if (l->full)
			(void)gate_buf_put_str(&l->buf,
			    l->log->json ? ",\"cut\":true" : " cut=true");
		if (gate_buf_put_str(&l->buf, l->log->json ? "}\n" : "\n") ==
		    GATE_OK)
			write_line(l->log->fd, gate_buf_span(&l->buf));
	}
	gate_buf_clear(&l->buf);
}

void
gate_log_err(const struct gate_log *log, enum gate_log_level level,
    const char *mod, const char *ev, const struct gate_err *err)
{
	struct gate_log_line l;

	gate_log_start(&l, log, level, mod, ev);
	gate_log_str(&l, "code", gate_code_name(err->code));
	gate_log_str(&l, "error", err->text);
	gate_log_end(&l);
}
