/* bench_json_simdjson.cpp -- the extractor beside simdjson On-Demand and cJSON.
 *
 * simdjson does what the extractor does: the whole document is walked, every value is parsed (so
 * errors are found), the last of equal names wins, and a string in the place of `data`, `msg` or
 * `msg_data` is decoded and parsed as a document.  Names are compared as they are written, which
 * is the faster of simdjson's two ways and wrong for names with escapes.
 *
 * All readers run in turn in each round, and the best round counts: other programs share the
 * machine. */
#include "bench_json_input.h"

#include <simdjson.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace
{

using namespace simdjson;

struct found {
    std::string_view text;
    bool is_there = false;
};

struct reader {
    ondemand::parser parsers[4];
    std::string texts[4];
    found values[BENCH_PATHS];
    bool compares_decoded = false;
};

/* The place of a name: slots 0.. are values, the negative ones lead further. */
enum { NONE = -1, DATA = -2, MSG = -3, MSG_DATA = -4 };

struct name {
    std::string_view text;
    int place;
};

constexpr name root_names[] = { { "createTime", 0 }, { "data", DATA } };
constexpr name data_names[] = { { "userid", 1 }, { "roomid", 2 }, { "timestamp", 3 },
                                { "role", 4 },   { "msgid", 5 },  { "msg", MSG } };
constexpr name msg_names[] = { { "msgtype", 6 }, { "msg_data", MSG_DATA } };
constexpr name msg_data_names[] = { { "target_id", 7 },
                                    { "target_type", 8 },
                                    { "action", 9 },
                                    { "sub_action", 10 },
                                    { "page_index", 11 } };

error_code skip_value(ondemand::value value);

std::string_view trim(std::string_view token)
{
    while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' ||
                              token.back() == '\t'))
        token.remove_suffix(1);
    return token;
}

/* A scalar, checked. */
error_code read_scalar(ondemand::value value, ondemand::json_type type, found &out)
{
    switch (type) {
    case ondemand::json_type::string: {
        std::string_view text;
        if (auto error = value.get_string().get(text))
            return error;
        out = { text, true };
        return SUCCESS;
    }
    case ondemand::json_type::number: {
        std::string_view token = trim(value.raw_json_token());
        ondemand::number number;
        if (auto error = value.get_number().get(number))
            return error;
        out = { token, true };
        return SUCCESS;
    }
    case ondemand::json_type::boolean: {
        bool flag;
        if (auto error = value.get_bool().get(flag))
            return error;
        out = { flag ? "true" : "false", true };
        return SUCCESS;
    }
    default:
        if (!value.is_null())
            return INCORRECT_TYPE;
        out = {};
        return SUCCESS;
    }
}

error_code skip_value(ondemand::value value)
{
    ondemand::json_type type;
    if (auto error = value.type().get(type))
        return error;
    if (type == ondemand::json_type::object) {
        ondemand::object object;
        if (auto error = value.get_object().get(object))
            return error;
        for (auto field : object) {
            ondemand::value inner;
            if (auto error = field.value().get(inner))
                return error;
            if (auto error = skip_value(inner))
                return error;
        }
        return SUCCESS;
    }
    if (type == ondemand::json_type::array) {
        ondemand::array array;
        if (auto error = value.get_array().get(array))
            return error;
        for (auto item : array) {
            ondemand::value inner;
            if (auto error = item.get(inner))
                return error;
            if (auto error = skip_value(inner))
                return error;
        }
        return SUCCESS;
    }
    found ignored;
    return read_scalar(value, type, ignored);
}

void clear(reader &r, int place)
{
    int from = place == DATA ? 1 : place == MSG ? 6 : 7;
    for (int i = from; i < BENCH_PATHS; i++)
        r.values[i] = {};
}

error_code read_object(reader &r, ondemand::object object, int place, int level);

/* `data`, `msg` or `msg_data`: an object, or a string that holds one. */
error_code read_nested(reader &r, ondemand::value value, int place, int level)
{
    ondemand::json_type type;
    if (auto error = value.type().get(type))
        return error;
    clear(r, place);
    if (type == ondemand::json_type::object) {
        ondemand::object object;
        if (auto error = value.get_object().get(object))
            return error;
        return read_object(r, object, place, level);
    }
    if (type != ondemand::json_type::string)
        return skip_value(value);
    std::string_view text;
    if (auto error = value.get_string().get(text))
        return error;
    std::string &copy = r.texts[level + 1];
    copy.assign(text);
    copy.reserve(copy.size() + SIMDJSON_PADDING);
    ondemand::document document;
    ondemand::object object;
    error_code error = r.parsers[level + 1].iterate(copy).get(document);
    if (!error)
        error = document.get_object().get(object);
    if (!error)
        error = read_object(r, object, place, level + 1);
    if (error)
        clear(r, place); /* a bad document inside is a missing one */
    return SUCCESS;
}

template <size_t N, typename equal>
int place_among(const name (&names)[N], equal is_equal)
{
    for (const name &n : names) {
        if (is_equal(n.text))
            return n.place;
    }
    return NONE;
}

template <typename equal>
int place_of(int place, equal is_equal)
{
    return place == NONE   ? place_among(root_names, is_equal)
           : place == DATA ? place_among(data_names, is_equal)
           : place == MSG  ? place_among(msg_names, is_equal)
                           : place_among(msg_data_names, is_equal);
}

error_code read_object(reader &r, ondemand::object object, int place, int level)
{
    for (auto result : object) {
        ondemand::field field;
        if (auto error = std::move(result).get(field))
            return error;
        int target;
        if (r.compares_decoded) {
            std::string_view key;
            if (auto error = field.unescaped_key().get(key))
                return error;
            target = place_of(place, [&](std::string_view name) { return name == key; });
        } else {
            ondemand::raw_json_string key = field.key();
            target = place_of(place, [&](std::string_view name) { return key.unsafe_is_equal(name); });
        }
        ondemand::value value = field.value();
        error_code error;
        if (target >= 0) {
            ondemand::json_type type;
            error = value.type().get(type);
            if (!error) {
                r.values[target] = {};
                if (type == ondemand::json_type::object || type == ondemand::json_type::array)
                    error = skip_value(value);
                else
                    error = read_scalar(value, type, r.values[target]);
            }
        } else if (target == NONE) {
            error = skip_value(value);
        } else {
            error = read_nested(r, value, target, level);
        }
        if (error)
            return error;
    }
    return SUCCESS;
}

uint64_t simdjson_read(void *state, const struct bench_messages *messages, uint64_t *ret_bad)
{
    reader &r = *static_cast<reader *>(state);
    uint64_t sum = 0;
    uint64_t bad = 0;
    for (size_t i = 0; i < messages->count; i++) {
        size_t begin = messages->offsets[i];
        size_t size = messages->offsets[i + 1] - begin;
        for (found &value : r.values)
            value = {};
        ondemand::document document;
        ondemand::object object;
        padded_string_view view(messages->bytes + begin, size, size + SIMDJSON_PADDING);
        error_code error = r.parsers[0].iterate(view).get(document);
        if (!error)
            error = document.get_object().get(object);
        if (!error)
            error = read_object(r, object, NONE, 0);
        if (error) {
            bad++;
            continue;
        }
        for (const found &value : r.values)
            sum += value.text.size();
    }
    *ret_bad = bad;
    return sum;
}

struct contestant {
    const char *name;
    bench_reader *read;
    void *state;
    double best_ns;
};

} // namespace

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
    size_t count = argc > 2 ? static_cast<size_t>(std::atoll(argv[2])) : 16384;
    bool is_good = true;
    for (int input = 0; input < BENCH_INPUTS; input++) {
        struct bench_messages messages;
        bench_messages_make(&messages, static_cast<enum bench_input>(input), count, 42);
        static reader raw_names, decoded_names;
        decoded_names.compares_decoded = true;
        void *weir = bench_weir_create(true);
        void *walk = bench_weir_create(false);
        contestant all[] = { { "weir", bench_weir_read, weir, 1e30 },
                             { "weir, no shapes", bench_weir_read, walk, 1e30 },
                             { "simdjson", simdjson_read, &raw_names, 1e30 },
                             { "simdjson, names decoded", simdjson_read, &decoded_names, 1e30 },
                             { "cJSON", bench_cjson_read, nullptr, 1e30 } };
        uint64_t want = 0;
        for (int round = 0; round < rounds; round++) {
            for (contestant &c : all) {
                uint64_t bad = 0;
                double start = bench_cpu_ns();
                uint64_t sum = c.read(c.state, &messages, &bad);
                double ns = (bench_cpu_ns() - start) / static_cast<double>(count);
                c.best_ns = ns < c.best_ns ? ns : c.best_ns;
                if (want == 0)
                    want = sum;
                if (sum != want || bad != 0) {
                    std::printf("%s: different result (%llu bad)\n", c.name,
                                static_cast<unsigned long long>(bad));
                    is_good = false;
                    round = rounds;
                }
            }
        }
        std::printf("\n%s: %.0f bytes a message\n",
                    bench_input_name(static_cast<enum bench_input>(input)),
                    static_cast<double>(messages.total_bytes) / static_cast<double>(count));
        for (const contestant &c : all)
            std::printf("  %-24s %8.1f ns/message %8.2f M messages/CPU-s %7.2f GB/s\n", c.name,
                        c.best_ns, 1e3 / c.best_ns,
                        static_cast<double>(messages.total_bytes) / static_cast<double>(count) /
                            c.best_ns);
        double vs_simdjson = all[2].best_ns / all[0].best_ns;
        double vs_cjson = all[4].best_ns / all[0].best_ns;
        std::printf("  weir is %.2f x simdjson, %.1f x cJSON (%s)\n", vs_simdjson, vs_cjson,
                    bench_weir_about(weir));
        if (input == BENCH_OBJECT || input == BENCH_STRING) {
            double limit = input == BENCH_OBJECT ? 1.0 : 0.5;
            bool holds = vs_simdjson >= limit && vs_cjson >= 6.0;
            std::printf("  limits: %.1f x simdjson, 6 x cJSON: %s\n", limit,
                        holds ? "kept" : "MISSED");
            is_good = is_good && holds;
        }
        bench_weir_destroy(weir);
        bench_weir_destroy(walk);
        bench_messages_free(&messages);
    }
    return is_good ? 0 : 1;
}
