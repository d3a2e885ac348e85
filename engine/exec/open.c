/* open.c -- opens the tables of a job: by their connectors, or by whoever stands in for
 * them (struct exec_tables). */
#include "exec/exec.h"
#include "exec/op.h"

enum code op_open_source(const struct worker *worker, const struct connector *connector,
                         const struct source_open *open, struct source **ret, struct error *err)
{
    const struct exec_tables *tables = worker->tables;
    return tables ? tables->open_source(tables->self, open, ret, err)
                  : connector->source->open(open, ret, err);
}

enum code op_open_sink(const struct worker *worker, const struct connector *connector,
                       const struct sink_open *open, struct sink **ret, struct error *err)
{
    const struct exec_tables *tables = worker->tables;
    return tables ? tables->open_sink(tables->self, open, ret, err)
                  : connector->sink->open(open, ret, err);
}

enum code op_open_lookup(const struct worker *worker, const struct connector *connector,
                         const struct lookup_open *open, struct lookup **ret, struct error *err)
{
    const struct exec_tables *tables = worker->tables;
    return tables ? tables->open_lookup(tables->self, open, ret, err)
                  : connector->lookup->open(open, ret, err);
}
