/* Rows of tests/jwt_rows.h. */
#include "config.h"

#include "tests/jwt_rows.h"

#include "tests/fence.h"
#include "tests/runner.h"

static struct jwt_world *world;

void
jwt_rows_open(void)
{
	world = jwt_world_new();
}

void
jwt_rows_close(void)
{
	jwt_world_free(world);
	world = NULL;
}

const struct jwt_world *
jwt_rows_world(void)
{
	return world;
}

void
jwt_row_check(const struct jwt_row *row, const struct gate_jwt_rules *rules)
{
	struct gate_buf token;
	enum gate_jwt_fault fault;
	struct fence f;

	jwt_world_token(world, row->by, row->header, row->claims, &token);
	f = fence_page(gate_buf_span(&token));
	fault = jwt_world_verdict(world, f.span, rules);
	ck_assert_msg(fault == row->fault, "%s: %s, not %s", row->what,
	    gate_jwt_fault_name(fault), gate_jwt_fault_name(row->fault));
	fence_free(&f);
	gate_buf_clear(&token);
}
