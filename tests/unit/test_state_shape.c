/* test_state_shape.c -- what state is made of: it comes back from its bytes, is compared, and records
 * of one shape become records of another; what does not fit is never read. */
#include "support/check.h"

#include "state/code.h"
#include "state/shape.h"
#include "state/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct arena *arena;
static struct error err;

static struct shape_part part(uint64_t meaning, const struct type *type, const char *name)
{
    struct shape_part p = { 0 };
    CHECK(shape_part_make(arena, meaning, type, str_of(name), &p));
    return p;
}

static const struct type *nested(void)
{
    const struct str names[] = { STR("a"), STR("b") };
    const struct type *map = type_make_map(arena, &type_string, &type_double);
    const struct type *fields[] = { type_make_array(arena, &type_int), map };
    return type_make_row(arena, fields, names, 2);
}

/* Two tables: rows with a head, and one numbered with whatever behind. */
static struct state_shape make(struct shape_part *keys, uint32_t key_count,
                               struct shape_part *values, uint32_t value_count,
                               struct shape_part *numbers, uint32_t number_count)
{
    struct shape_table *tables = arena_array(arena, struct shape_table, 2);
    tables[0] = (struct shape_table){ .first = 10,
                                      .last = 20,
                                      .meaning = 1,
                                      .name = STR("rows"),
                                      .timed = true,
                                      .head = 3,
                                      .keys = keys,
                                      .key_count = key_count,
                                      .values = values,
                                      .value_count = value_count };
    tables[1] = (struct shape_table){ .first = 2,
                                      .last = 2,
                                      .meaning = 2,
                                      .name = STR("beside"),
                                      .numbered = true,
                                      .rest = true,
                                      .keys = keys,
                                      .key_count = key_count,
                                      .numbers = numbers,
                                      .number_count = number_count };
    return (struct state_shape){ .variant = 5, .tables = tables, .table_count = 2 };
}

static void put_nested(struct buf *out)
{
    buf_put(out, "\1", 1);                          /* the ROW */
    buf_put(out, "\1\0\0\0\2\0\1\x80\0\0\7", 11);   /* ARRAY[NULL, 7] */
    buf_put(out, "\1\0\0\0\1\1k\0\xFFz\0\1\0", 13); /* MAP['k\0z', NULL] */
}

static void put_string(struct buf *out, const char *text)
{
    buf_char(out, 1);
    buf_text(out, text);
    buf_put(out, "\0\1", 2);
}

static struct str copy(const struct buf *b)
{
    return arena_str(arena, buf_view(b));
}

static void records_change_their_shape(void)
{
    struct shape_part old_keys[] = { part(1, &type_bigint, "k"), part(2, &type_string, "w") };
    struct shape_part old_values[] = { part(3, &type_string, "a"), part(4, nested(), "n"),
                                       part(5, &type_double, "d") };
    struct shape_part old_numbers[] = { part(8, &type_int, "MAX(x)"),
                                        part(9, &type_int, "MAX(y)") };
    struct shape_part keys[] = { old_keys[1], old_keys[0] };
    struct shape_part values[] = { old_values[1], part(0, &type_int, "unread"), old_values[0] };
    struct shape_part numbers[] = { part(0, &type_int, "SUM(x)"), part(0, &type_int, "SUM(y)"),
                                    old_numbers[1] };
    struct state_shape old = make(old_keys, 2, old_values, 3, old_numbers, 2);
    struct state_shape now = make(keys, 2, values, 3, numbers, 3);
    CHECK_INT(state_shape_fit(&old, &old, NULL), SHAPE_SAME);
    CHECK_INT(state_shape_fit(&old, &now, NULL), SHAPE_COVERED);
    struct state_recode *r = state_recode_create(arena, &old, &now);
    if (!CHECK(r != NULL))
        return;

    struct buf k, v, w;
    buf_init(&k, 1 << 20);
    buf_init(&v, 1 << 20);
    buf_init(&w, 1 << 20);
    state_encode_i64(&k, -7);
    put_string(&k, "key");
    buf_put(&v, "\1", 1); /* with a time */
    state_encode_i64(&v, 1234);
    buf_put(&v, "abc", 3);
    put_string(&v, "text");
    put_nested(&v);
    buf_put(&v, "\0", 1); /* d is NULL */
    CHECK(shape_table_holds(&old.tables[0], buf_view(&k), buf_view(&v)));
    CHECK(!shape_table_holds(&now.tables[0], buf_view(&k), buf_view(&v)));

    uint32_t table = 12;
    struct str key = copy(&k), value = copy(&v);
    bool kept;
    CHECK(state_recode_record(r, &table, &key, &value, &kept, &err) == OK && kept);
    CHECK_INT(table, 12);
    put_string(&w, "key");
    state_encode_i64(&w, -7);
    CHECK_INT(key.size, w.size);
    CHECK_MEM(key.data, w.data, w.size);
    buf_clear(&w);
    buf_put(&w, "\1", 1);
    state_encode_i64(&w, 1234);
    buf_put(&w, "abc", 3);
    put_nested(&w);
    buf_put(&w, "\0", 1);
    put_string(&w, "text");
    CHECK_INT(value.size, w.size);
    CHECK_MEM(value.data, w.data, w.size);
    CHECK(shape_table_holds(&now.tables[0], key, value));

    for (size_t cut = 0; cut < v.size; cut++) { /* every shorter one is refused */
        key = copy(&k);
        value = str_make(v.data, cut);
        CHECK_INT(state_recode_record(r, &table, &key, &value, &kept, &err), E_DATA);
    }

    table = 2; /* MAX(x) is gone; MAX(y) is the third call now */
    for (int n = 0; n < 2; n++) {
        buf_clear(&w);
        buf_str(&w, buf_view(&k));
        buf_char(&w, 0);
        buf_char(&w, (char)n);
        buf_text(&w, "what follows");
        key = copy(&w);
        value = STR("whatever");
        CHECK(state_recode_record(r, &table, &key, &value, &kept, &err) == OK);
        CHECK_INT(kept, n == 1);
    }
    CHECK(key.size > 14 && memcmp(key.data + key.size - 14, "\0\2what follows", 14) == 0);
    CHECK_SPAN(value.data, value.size, "whatever");

    table = 99; /* not said what it is made of: as it is */
    key = value = STR("x");
    CHECK(state_recode_record(r, &table, &key, &value, &kept, &err) == OK && kept);
    CHECK_SPAN(key.data, key.size, "x");
    buf_done(&k);
    buf_done(&v);
    buf_done(&w);
}

static void check_fit(const struct state_shape *old, const struct state_shape *now, const char *why)
{
    struct buf text;
    buf_init(&text, 4096);
    CHECK_INT(state_shape_fit(old, now, &text), SHAPE_OTHER);
    CHECK_STR(buf_cstr(&text), why);
    buf_done(&text);
}

static void what_does_not_fit_is_told(void)
{
    struct shape_part k = part(1, &type_bigint, "k"), a = part(3, &type_string, "a");
    struct shape_part keys[] = { k, part(2, &type_string, "w") };
    struct shape_part values[] = { a, part(4, &type_int, "b") };
    struct shape_part wide[] = { a, part(4, &type_bigint, "b") };
    struct shape_part text[] = { part(3, type_make(arena, TYPE_VARCHAR, 9, 0), "a") };
    struct state_shape one = make(&k, 1, values, 1, NULL, 0), two = make(&k, 1, values, 2, NULL, 0);
    struct state_shape more_keys = make(keys, 2, values, 2, NULL, 0);
    struct state_shape bigint = make(&k, 1, wide, 2, NULL, 0);
    struct state_shape varchar = make(&k, 1, text, 1, NULL, 0);
    check_fit(&one, &two, "lacks \"b\"");
    CHECK_INT(state_shape_fit(&two, &one, NULL), SHAPE_COVERED);
    check_fit(&two, &bigint, "has \"b\" as INT, not as BIGINT");
    CHECK_INT(state_shape_fit(&one, &varchar, NULL), SHAPE_SAME);
    check_fit(&two, &more_keys, "lacks \"w\"");
    check_fit(&more_keys, &two, "tells rows apart by \"w\""); /* keys do not go */
    struct state_shape other = one;
    other.variant = 6;
    check_fit(&one, &other, "was kept in another way");
    other = one;
    other.table_count = 1;
    check_fit(&other, &one, "lacks its beside");
    other = make(&k, 1, values, 2, NULL, 0);
    other.tables[0].opaque = two.tables[0].opaque = true;
    CHECK_INT(state_shape_fit(&two, &other, NULL), SHAPE_SAME);
    other.tables[0].value_count = 1;
    check_fit(&two, &other, "has its rows in another way");
}

static void parts_that_mean_the_same_are_told_apart(void)
{
    struct shape_part parts[] = { part(7, &type_int, "a"), part(7, &type_int, "a"),
                                  part(0, &type_int, "-"), part(0, &type_int, "-"),
                                  part(7, &type_int, "a") };
    shape_tell_apart(parts, 5);
    CHECK(parts[0].meaning == 7 && parts[1].meaning != 7 && parts[4].meaning != 7);
    CHECK(parts[1].meaning != parts[4].meaning);
    CHECK(parts[2].meaning == 0 && parts[3].meaning == 0);
}

static void it_comes_back_from_bytes(void)
{
    struct shape_part keys[] = { part(1, &type_bigint, "k") };
    struct shape_part values[] = { part(4, nested(), "n"), part(5, &type_double, "d") };
    struct shape_part numbers[] = { part(8, &type_int, "MAX(x)") };
    struct state_shape shape = make(keys, 1, values, 2, numbers, 1), again;
    struct buf bytes;
    buf_init(&bytes, 1 << 20);
    state_shape_put(&bytes, &shape);
    struct str in = buf_view(&bytes);
    if (CHECK(state_shape_get(arena, &in, &again, &err) == OK)) {
        CHECK_INT(in.size, 0);
        CHECK_INT(state_shape_fit(&shape, &again, NULL), SHAPE_SAME);
        CHECK_INT(state_shape_fit(&again, &shape, NULL), SHAPE_SAME);
        CHECK_INT(again.tables[0].head, 3);
        CHECK(again.tables[1].numbered && again.tables[1].rest && again.tables[0].timed);
        CHECK_SPAN(again.tables[0].values[0].code.data, again.tables[0].values[0].code.size,
                   "r(l(4)l(sd))");
    }
    for (size_t cut = 0; cut < bytes.size; cut++) {
        in = str_make(bytes.data, cut);
        CHECK_INT(state_shape_get(arena, &in, &again, &err), E_DATA);
    }
    for (size_t i = 0; i < bytes.size;
         i++) { /* damaged anywhere: refused, or a shape that is whole */
        bytes.data[i] ^= 0x15;
        in = buf_view(&bytes);
        if (state_shape_get(arena, &in, &again, &err) == OK)
            (void)state_shape_fit(&again, &shape, NULL);
        bytes.data[i] ^= 0x15;
    }
    buf_done(&bytes);
}

static struct state_shape of_records;

static const struct state_shape *shape_of(const void *cx, uint64_t operator_id)
{
    (void)cx;
    return operator_id == 7 ? &of_records : NULL;
}

static enum code put(struct state_writer *w, uint32_t table, struct str key, struct str value)
{
    err = (struct error){ 0 };
    return state_writer_put(w, table, key, value, &err);
}

/* A writer looks at what it is given, a reader gives what is wanted under another number. */
static void snapshots_hold_what_they_say(const char *path)
{
    struct shape_part key = part(1, &type_bigint, "k");
    struct shape_part values[] = { part(2, &type_boolean, "a"), part(3, &type_boolean, "b") };
    struct shape_part turned[] = { values[1], values[0] };
    of_records = make(&key, 1, values, 2, NULL, 0);
    struct state_shape wanted = make(&key, 1, turned, 2, NULL, 0);
    struct buf k;
    struct state_writer *w = NULL;
    struct state_reader *r = NULL;
    struct state_record record;
    uint64_t bytes;
    buf_init(&k, 100);
    state_encode_i64(&k, 5);
    const struct str good = { "\0abc\1\1\0", 7 }, bad = { "\0abc\1\1", 6 };
    if (!CHECK(state_writer_create(path, 1, STR("job"), &w, &err) == OK))
        return;
    state_writer_shapes(w, shape_of, NULL);
    CHECK(state_writer_begin(w, 6, &err) == OK && put(w, 99, STR("x"), STR("y")) == OK);
    CHECK(state_writer_begin(w, 7, &err) == OK);
    CHECK_INT(put(w, 10, buf_view(&k), bad), E_INTERNAL);
    CHECK(strstr(err.message, "a record of table 10 (rows)") != NULL);
    CHECK_INT(put(w, 99, buf_view(&k), good), E_INTERNAL); /* a table nobody has told of */
    CHECK(state_writer_begin(w, 7, &err) == OK);
    CHECK_INT(put(w, 10, buf_view(&k), good), OK);
    CHECK(state_writer_commit(w, &bytes, &err) == OK);
    state_writer_destroy(w);

    CHECK(state_reader_open(path, 0, 1, &r, &err) == OK);
    state_reader_translate(r, 8, 7, state_recode_create(arena, &of_records, &wanted));
    CHECK(!state_reader_seek(r, 9));
    if (CHECK(state_reader_seek(r, 8)) && CHECK(state_reader_next(r, &record)))
        CHECK(record.value.size == 7 && memcmp(record.value.data, "\0abc\0\1\1", 7) == 0);
    CHECK(!state_reader_next(r, &record) && state_reader_check(r, &err) == OK);
    state_reader_translate(r, 8, 6, NULL);
    if (CHECK(state_reader_seek(r, 8)) && CHECK(state_reader_next(r, &record)))
        CHECK_SPAN(record.value.data, record.value.size, "y");
    state_reader_close(r);
    unlink(path);
    buf_done(&k);
}

static void snapshots(void)
{
    const char *base = getenv("TMPDIR");
    char folder[300], path[400];
    snprintf(folder, sizeof folder, "%s/weir-shape-XXXXXX", base ? base : "/tmp");
    if (!CHECK(mkdtemp(folder) != NULL))
        return;
    snprintf(path, sizeof path, "%s/snapshot", folder);
    snapshots_hold_what_they_say(path);
    rmdir(folder);
}

int main(void)
{
    if (!(arena = arena_create()))
        return 1;
    RUN(records_change_their_shape);
    RUN(what_does_not_fit_is_told);
    RUN(parts_that_mean_the_same_are_told_apart);
    RUN(it_comes_back_from_bytes);
    RUN(snapshots);
    arena_destroy(arena);
    return check_failed != 0;
}
