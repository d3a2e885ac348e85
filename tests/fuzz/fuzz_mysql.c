/* fuzz_mysql.c -- any bytes as an address, as an error of the server, as a type of a column, as a key,
 * and as a value that is written into a statement. */
#include "base/arena.h"
#include "mysql/mysql_fault.h"
#include "mysql/mysql_fold.h"
#include "mysql/mysql_literal.h"
#include "mysql/mysql_url.h"
#include "types/value.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* Every way to leave a literal goes through its last quote. */
static void write_value(struct str bytes, struct arena *arena)
{
    struct value value = { .type = &type_string, .str = bytes };
    struct column *column = value_to_column(arena, &value, 1);
    struct mysql_writer writer = { .zone = zone_utc };
    struct buf out;
    buf_init(&out, 1 << 22);
    must(column && mysql_put_cell(&writer, &out, STR("c"), column, 0, NULL) == OK);
    size_t at = str_find_byte(buf_view(&out), '\'') + 1;
    for (; out.data[at] != '\'' || (at + 1 < out.size && out.data[at + 1] == '\''); at++) {
        must(out.data[at] != '\\' && (unsigned char)out.data[at] >= ' ');
        at += out.data[at] == '\'';
    }
    must(at + 1 == out.size);
    for (int compare = MYSQL_EXACT; compare <= MYSQL_PECULIAR; compare++) {
        size_t size = out.size;
        struct buf fold;
        buf_init(&fold, 1 << 22);
        bool is_plain = mysql_put_fold(&fold, buf_view(&out), (enum mysql_compare)compare);
        must(!is_plain || fold.size <= size);
        buf_done(&fold);
    }
    buf_clear(&out);
    mysql_put_name(&out, bytes);
    must(out.size >= bytes.size + 2);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_make((const char *)data, size);
    struct arena *arena = arena_create();
    struct mysql_url url;
    size_t words;
    must(arena != NULL);
    if (mysql_url_parse(arena, text, &url, NULL) == OK)
        must(url.host_count > 0 && url.endpoint.size > 0);
    uint32_t row = mysql_named_row(text, &words);
    must(row == 0 ? words == size : words < size);
    mysql_compare_of(&type_string, text, text);
    struct str copy = arena_str(arena, text);
    must(copy.data != NULL);
    mysql_outcome(1030, "HY000", copy.data);
    write_value(text, arena);
    arena_destroy(arena);
    return 0;
}
