/*
 * Looking up sources by the name in a request's path, which comes from the
 * network. Building them is lib/conf_source.c's work.
 */
#include "config.h"

#include "lib/source.h"

const struct gate_source *
gate_source_find(const struct gate_sites *sites, struct gate_span name,
    const struct gate_site **site)
{
	size_t i, k;

	for (i = 0; i < sites->count; i++)
		for (k = 0; k < sites->list[i].source_count; k++)
			if (gate_span_is(
				name, sites->list[i].sources[k].name)) {
				*site = &sites->list[i];
				return &sites->list[i].sources[k];
			}
	return NULL;
}
