/* test_base_str.c -- strings, the growing buffer, the hash and the clock. */
#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/str.h"
#include "support/check.h"

static int sign(int v)
{
    return (v > 0) - (v < 0);
}

static void comparing(void)
{
    CHECK_INT(sign(str_compare(STR("a"), STR("b"))), -1);
    CHECK_INT(sign(str_compare(STR("ab"), STR("a"))), 1);
    CHECK_INT(str_compare(STR("ab"), STR("ab")), 0);
    CHECK_INT(sign(str_compare(STR(""), STR("a"))), -1);
    CHECK_INT(str_compare(STR(""), (struct str){ NULL, 0 }), 0);
    CHECK_INT(sign(str_compare(STR("\x80"), STR("a"))), 1); /* bytes are unsigned */
    CHECK(str_eq(STR("x"), STR("x")) && !str_eq(STR("x"), STR("X")));
    CHECK(str_ieq(STR("Kafka011"), STR("kAFKA011")) && !str_ieq(STR("["), STR("{")));
    CHECK(str_is(STR("abc"), "abc") && !str_is(STR("abc"), "abcd") && str_iis(STR("ABC"), "abc"));
    CHECK(str_starts(STR("abc"), STR("ab")) && !str_starts(STR("a"), STR("ab")));
    CHECK(str_ends(STR("abc"), STR("bc")) && !str_ends(STR("c"), STR("bc")));
    CHECK(str_starts(STR(""), STR("")) && str_ends(STR(""), STR("")));
    struct str trimmed = str_trim(STR(" \t\r\n a b \v\f"));
    CHECK_SPAN(trimmed.data, trimmed.size, "a b");
    CHECK_INT(str_trim(STR("   ")).size, 0);
    CHECK_INT(str_find_byte(STR("abcb"), 'b'), 1);
    CHECK(str_find_byte(STR("abc"), 'x') == (size_t)-1);
    CHECK(str_find_byte((struct str){ NULL, 0 }, 'x') == (size_t)-1);
    CHECK_INT(str_of(NULL).size, 0);
}

static void buffer(void)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    CHECK_STR(buf_cstr(&b), "");
    buf_text(&b, "n = ");
    buf_i64(&b, INT64_MIN);
    buf_char(&b, ';');
    buf_printf(&b, " %s/%03d", "x", 7);
    buf_str(&b, STR("!"));
    CHECK_STR(buf_cstr(&b), "n = -9223372036854775808; x/007!");
    CHECK_INT(buf_check(&b, NULL), OK);
    buf_clear(&b);
    for (int i = 0; i < 5000; i++)
        buf_printf(&b, "%d,", i);
    CHECK_INT(b.size, 23890);
    buf_done(&b);
    CHECK_INT(b.size, 0);
    buf_text(&b, "again");
    CHECK_STR(buf_cstr(&b), "again");
    buf_done(&b);
}

static void buffer_has_a_limit(void)
{
    struct buf b;
    struct error err = { 0 };
    buf_init(&b, 96);
    for (int i = 0; i < 12; i++)
        buf_text(&b, "12345678");
    CHECK(!b.failed);
    buf_text(&b, "abcde");
    CHECK(b.failed);
    CHECK(!buf_reserve(&b, 1));
    CHECK_INT(b.size, 96);
    CHECK_INT(buf_check(&b, &err), E_LIMIT);
    buf_done(&b);
    buf_init(&b, 1000);
    mem_fail_at(1);
    buf_text(&b, "abc");
    mem_fail_at(0);
    CHECK_INT(buf_check(&b, &err), E_NOMEM);
    buf_done(&b);
}

static void hash_never_changes(void)
{
    /* State on disk depends on these. */
    CHECK(hash_bytes("", 0, 0) == hash_bytes("x", 0, 0));
    CHECK(hash_bytes("abc", 3, 1) != hash_bytes("abc", 3, 2));
    CHECK(hash_bytes("abc", 3, 0) == hash_bytes("abcd", 3, 0));
    CHECK(hash_u64(1, 0) != hash_u64(2, 0));
    static const struct {
        const char *text;
        uint64_t seed;
        uint64_t hash;
    } known[] = {
        { "a", 0, 0x37C0AB888779F5BA },
        { "abc", 1, 0xD1C90EC10BC68F88 },
        { "user-42", 0, 0x1B0460DFECA5248A },
        { "0123456789abcdef", 1, 0x6FA3B1FB350AE116 },
        { "0123456789abcdefg", 0, 0x96439445669F9E80 },
        { "the quick brown fox jumps over the lazy dog", 1, 0x5EFA04A0C6270ED7 },
    };
    for (size_t i = 0; i < countof(known); i++)
        CHECK_INT(hash_bytes(known[i].text, strlen(known[i].text), known[i].seed), known[i].hash);
    CHECK_INT(hash_u64(305, 7), 0xEF3515D86C2A0EEE);
}

static void hash_spreads(void)
{
    /* All lengths, one bit changed: the results differ, and not only in a few bits. */
    unsigned char text[80] = { 0 };
    for (size_t size = 1; size <= sizeof text; size++) {
        uint64_t plain = hash_bytes(text, size, 0);
        int least = 64;
        for (size_t bit = 0; bit < size * 8; bit++) {
            text[bit / 8] ^= (unsigned char)(1 << (bit % 8));
            int changed = __builtin_popcountll(plain ^ hash_bytes(text, size, 0));
            least = changed < least ? changed : least;
            text[bit / 8] ^= (unsigned char)(1 << (bit % 8));
        }
        CHECK(least >= 8);
    }
}

static void clocks(void)
{
    struct clock standing = { true, 1596702949000000 };
    CHECK_INT(clock_now_us(&standing), 1596702949000000);
    struct clock real = { false, 0 };
    CHECK(clock_now_us(&real) > INT64_C(1500000000000000));
    CHECK(clock_now_us(NULL) > INT64_C(1500000000000000));
    int64_t a = clock_monotonic_us();
    CHECK(clock_monotonic_us() >= a);
    CHECK(clock_cpu_us() >= 0);
}

int main(void)
{
    RUN(comparing);
    RUN(buffer);
    RUN(buffer_has_a_limit);
    RUN(hash_never_changes);
    RUN(hash_spreads);
    RUN(clocks);
    return check_failed != 0;
}
