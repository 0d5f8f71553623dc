/*
 * What an afternoon's gate would be: checks the relay HMAC, inserts an
 * event and a job by one prepared statement with one commit, answers 202.
 * Nothing else of pressgate: no window, no idempotency, no configuration,
 * no deadlines, no log. bench/accept.sh measures pressgate against it.
 *
 *   bare SOCKET PROCESSES CONNINFO SECRET_FILE
 */
#include "config.h"

#include <fcgiapp.h>
#include <libpq-fe.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define BODY_MAX 65536
#define BACKLOG 1024

static const char take[] =
    "with e as (insert into bare.event (body) values ($1) returning id) "
    "insert into bare.job (event_id, route) select id, 1 from e "
    "returning event_id";

struct bare {
	int listener;
	PGconn *conn;
	char secret[256];
	int secret_n;
	char text[32 + BODY_MAX + 1]; /* timestamp, dot, body, NUL */
};

/* The body, if it is signed: HMAC-SHA256 of "timestamp.body". */
static const char *
signed_body(struct bare *b, FCGX_Request *r)
{
	const char *ts = FCGX_GetParam("HTTP_X_WP_TIMESTAMP", r->envp);
	const char *sig = FCGX_GetParam("HTTP_X_WP_SIGNATURE", r->envp);
	static const char digits[] = "0123456789abcdef";
	unsigned char mac[EVP_MAX_MD_SIZE];
	char hex[64];
	size_t n = ts == NULL ? 0 : strlen(ts), i;
	int got;

	if (n == 0 || n > 30 || sig == NULL || strlen(sig) != 64)
		return NULL;
	memcpy(b->text, ts, n);
	b->text[n++] = '.';
	got = FCGX_GetStr(b->text + n, BODY_MAX, r->in);
	b->text[n + (size_t)got] = '\0';
	if (HMAC(EVP_sha256(), b->secret, b->secret_n,
		(const unsigned char *)b->text, n + (size_t)got, mac,
		NULL) == NULL)
		return NULL;
	for (i = 0; i < sizeof(hex); i++)
		hex[i] = digits[i % 2 == 0 ? mac[i / 2] >> 4 : mac[i / 2] & 15];
	return CRYPTO_memcmp(hex, sig, sizeof(hex)) == 0 ? b->text + n : NULL;
}

static void
answer(struct bare *b, FCGX_Request *r)
{
	const char *body = signed_body(b, r);
	PGresult *res = NULL;
	char out[128];
	int n;

	if (body != NULL)
		res = PQexecPrepared(b->conn, "take", 1, &body, NULL, NULL, 0);
	if (body == NULL) {
		(void)FCGX_PutS("Status: 401 Unauthorized\r\n\r\n", r->out);
	} else if (PQresultStatus(res) != PGRES_TUPLES_OK) {
		(void)FCGX_PutS("Status: 503 Sorry\r\n\r\n", r->out);
	} else {
		n = snprintf(out, sizeof(out),
		    "{\"status\":\"accepted\",\"request_id\":%s}",
		    PQgetvalue(res, 0, 0));
		(void)FCGX_FPrintF(r->out,
		    "Status: 202 Accepted\r\nContent-Type: application/json"
		    "\r\nContent-Length: %d\r\n\r\n%s",
		    n, out);
	}
	PQclear(res);
}

static int
serve(struct bare *b, const char *conninfo)
{
	FCGX_Request r;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	b->conn = PQconnectdb(conninfo);
	PQclear(PQprepare(b->conn, "take", take, 1, NULL));
	if (PQstatus(b->conn) != CONNECTION_OK || FCGX_Init() != 0 ||
	    FCGX_InitRequest(&r, b->listener, 0) != 0)
		return EXIT_FAILURE;
	while (FCGX_Accept_r(&r) == 0)
		answer(b, &r);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	static struct bare b;
	FILE *f = argc == 5 ? fopen(argv[4], "r") : NULL;
	int i, processes;

	if (f == NULL || fgets(b.secret, sizeof(b.secret), f) == NULL) {
		(void)fprintf(stderr,
		    "usage: bare SOCKET PROCESSES CONNINFO SECRET_FILE\n");
		return EXIT_FAILURE;
	}
	(void)fclose(f);
	b.secret_n = (int)strcspn(b.secret, "\n");
	processes = atoi(argv[2]);
	b.listener = FCGX_OpenSocket(argv[1], BACKLOG);
	if (b.listener < 0)
		return EXIT_FAILURE;
	(void)chmod(argv[1], 0660);
	for (i = 0; i < processes; i++)
		if (fork() == 0)
			return serve(&b, argv[3]);
	while (wait(NULL) > 0)
		;
	return EXIT_SUCCESS;
}
