/* gen_nexmark.c -- writes the events of the Nexmark benchmark: new persons, auctions and bids of
 * an auction house, one JSON object a line.
 *
 *   gen_nexmark --count N [--seed S] [--rate EVENTS_PER_SECOND] [--disorder N] [--tables DIR]
 *
 *   --rate      event time between two events is 1 / rate seconds (10000)
 *   --disorder  groups of so many events come in a mixed order (1: all in order)
 *   --tables    instead of one stream on standard output, with event_type 0, 1 or 2 and the two
 *               other members null, writes DIR/person.ndjson, DIR/auction.ndjson and
 *               DIR/bid.ndjson, without the level around
 *
 * Our own code after the rules of the generator of the nexmark project for Flink
 * (github.com/nexmark/nexmark, nexmark-flink, package generator, with the default values of
 * NexmarkConfiguration), which goes back to Apache Beam's and to the paper of Tucker, Tufte,
 * Papadimos and Maier (2010).  Different on purpose: it is seeded, event time begins at a fixed
 * instant, and bidders are persons that exist (the published code adds the first id twice, so
 * that a bid names somebody who comes a thousand persons later). */
#include "support/gen.h"

#include <math.h>
#include <stdlib.h>

enum { /* defaults of NexmarkConfiguration, and constants of the generators */
    person_share = 1,
    auction_share = 3,
    all_shares = 50,
    person_bytes = 200,
    auction_bytes = 500,
    bid_bytes = 100,
    auctions_in_flight = 100,
    active_people = 1000,
    id_lead = 10, /* ids may run ahead of what has come */
    hot_auction_ratio = 2,
    hot_seller_ratio = 4,
    hot_bidder_ratio = 4,
    hot_batch = 100, /* one hot auction, seller and bidder in so many */
    hot_channel_ratio = 2,
    channel_count = 10000,
    category_count = 5,
    first_id = 1000,
    first_category = 10,
};

static const int64_t first_ms = 1596702949000; /* 2020-08-06 08:35:49 UTC */

static const char *const states[] = { "AZ", "CA", "ID", "OR", "WA", "WY" };
static const char *const cities[] = { "Phoenix", "Los Angeles", "San Francisco", "Boise",
                                      "Portland", "Bend", "Redmond", "Seattle", "Kent",
                                      "Cheyenne" };
static const char *const first_names[] = { "Peter", "Paul", "Luke", "John", "Saul", "Vicky",
                                           "Kate", "Julie", "Sarah", "Deiter", "Walter" };
static const char *const last_names[] = { "Shultz", "Abrams", "Spencer", "White", "Bartels",
                                          "Walton", "Smith", "Jones", "Noris" };
static const char *const hot_channels[] = { "Google", "Facebook", "Baidu", "Apple" };

#define COUNT_OF(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))
#define PICK(random, array) ((array)[gen_below((random), COUNT_OF(array))])

enum { PERSON, AUCTION, BID, EVENT_COUNT };
static const char *const event_names[] = { "person", "auction", "bid" };

struct options {
    uint64_t count;
    uint64_t seed;
    uint64_t rate;
    uint64_t disorder;
    const char *tables;
};

struct channel {
    char url[96];
    size_t url_bytes;
};

struct generator {
    struct options options;
    struct gen_random random;
    struct channel hot[4];
    struct channel others[channel_count];
};

static int64_t event_ms(const struct generator *gen, uint64_t number)
{
    return first_ms + (int64_t)(number * 1000 / gen->options.rate);
}

/* --- ids -------------------------------------------------------------------------------- */

/* The newest person at event `id`, counted from 0. */
static uint64_t last_person(uint64_t id)
{
    return id / all_shares;
}

/* The newest auction at event `id`, counted from 0; -1 before the first. */
static int64_t last_auction(uint64_t id)
{
    int64_t epoch = (int64_t)(id / all_shares);
    int64_t place = (int64_t)(id % all_shares) - person_share;
    if (place < 0) {
        epoch--;
        place = auction_share - 1;
    }
    return epoch * auction_share + (place < auction_share ? place : auction_share - 1);
}

static uint64_t some_person(struct generator *gen, uint64_t id)
{
    uint64_t people = last_person(id) + 1;
    uint64_t active = people < active_people ? people : active_people;
    return people - active + gen_below(&gen->random, (uint32_t)active + id_lead);
}

static uint64_t some_auction(struct generator *gen, uint64_t id)
{
    int64_t last = last_auction(id);
    int64_t first = last - auctions_in_flight;
    if (first < 0)
        first = 0;
    return (uint64_t)first + gen_below(&gen->random, (uint32_t)(last - first) + 1 + id_lead);
}

/* --- texts ------------------------------------------------------------------------------ */

/* From 3 to `size_max` - 1 small letters, `gap` now and then; none at the ends if it is a blank. */
static char *put_words(struct gen_random *random, char *at, uint32_t size_max, char gap)
{
    char *begin = at;
    for (uint32_t left = 3 + gen_below(random, size_max - 3); left > 0; left--) {
        bool is_gap = gen_below(random, 13) == 0;
        if (is_gap && (gap != ' ' || at > begin))
            *at++ = gap;
        else if (!is_gap)
            *at++ = (char)('a' + gen_below(random, 26));
    }
    while (gap == ' ' && at > begin && at[-1] == ' ')
        at--;
    return at;
}

/* Fills a record of `size` bytes up to `size_mean` on average. */
static char *put_extra(struct gen_random *random, char *at, size_t size, size_t size_mean)
{
    at = GEN_PUT(at, ",\"extra\":\"");
    if (size <= size_mean) {
        size_t missing = size_mean - size;
        uint32_t delta = (uint32_t)((double)missing * 0.2 + 0.5);
        size_t more = delta > 0 ? gen_below(random, 2 * delta) : 0;
        at = gen_put_letters(random, at, missing - delta + more);
    }
    *at++ = '"';
    return at;
}

static uint64_t some_price(struct gen_random *random)
{
    return (uint64_t)llround(pow(10.0, gen_unit(random) * 6.0) * 100.0);
}

static char *put_member(char *at, const char *name, uint64_t number)
{
    at = gen_put_text(at, name);
    return gen_put_number(at, number);
}

static char *put_time_member(char *at, const char *name, int64_t ms)
{
    at = gen_put_text(at, name);
    *at++ = '"';
    at = gen_put_time(at, ms, 0, true);
    *at++ = '"';
    return at;
}

static void make_url(struct gen_random *random, struct channel *channel, const uint32_t *number)
{
    char *at = GEN_PUT(channel->url, "https://www.nexmark.com/");
    for (int i = 0; i < 3; i++) {
        at = put_words(random, at, 5, '_');
        *at++ = '/';
    }
    at = GEN_PUT(at, "item.htm?query=1");
    if (number != NULL && gen_below(random, 10) > 0) {
        uint32_t reversed = 0;
        for (int i = 0; i < 32; i++)
            reversed |= (*number >> i & 1) << (31 - i);
        int64_t id = (int32_t)reversed;
        at = put_member(at, "&channel_id=", (uint64_t)(id < 0 ? -id : id));
    }
    channel->url_bytes = (size_t)(at - channel->url);
}

/* --- events ----------------------------------------------------------------------------- */

static char *put_person(struct generator *gen, char *at, uint64_t id, int64_t ms)
{
    struct gen_random *random = &gen->random;
    at = put_member(at, "{\"id\":", last_person(id) + first_id);
    char *begin = at;
    at = GEN_PUT(at, ",\"name\":\"");
    at = gen_put_text(at, PICK(random, first_names));
    *at++ = ' ';
    at = gen_put_text(at, PICK(random, last_names));
    at = GEN_PUT(at, "\",\"emailAddress\":\"");
    at = put_words(random, at, 7, ' ');
    *at++ = '@';
    at = put_words(random, at, 5, ' ');
    at = GEN_PUT(at, ".com\",\"creditCard\":\"");
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            *at++ = ' ';
        at = gen_put_digits(at, gen_below(random, 10000), 4);
    }
    at = GEN_PUT(at, "\",\"city\":\"");
    at = gen_put_text(at, PICK(random, cities));
    at = GEN_PUT(at, "\",\"state\":\"");
    at = gen_put_text(at, PICK(random, states));
    /* The idealized size is that of the values. */
    static const char names[] = ",\"name\":\"\",\"emailAddress\":\"\",\"creditCard\":\"\","
                                "\"city\":\"\",\"state\":\"";
    size_t size = 8 + (size_t)(at - begin) - (sizeof(names) - 1);
    at = put_time_member(at, "\",\"dateTime\":", ms);
    at = put_extra(random, at, size, person_bytes);
    *at++ = '}';
    return at;
}

static char *put_auction(struct generator *gen, char *at, uint64_t id, int64_t ms)
{
    struct gen_random *random = &gen->random;
    uint64_t seller = gen_below(random, hot_seller_ratio) > 0
                          ? last_person(id) / hot_batch * hot_batch
                          : some_person(gen, id);
    uint32_t category = gen_below(random, category_count);
    uint64_t first_bid = some_price(random);
    int64_t horizon_ms = event_ms(gen, id + auctions_in_flight * all_shares / auction_share) - ms;
    uint32_t spread_ms = horizon_ms > 0 ? (uint32_t)horizon_ms * 2 : 1;
    int64_t expires_ms = ms + 1 + gen_below(random, spread_ms);

    at = put_member(at, "{\"id\":", (uint64_t)last_auction(id) + first_id);
    at = GEN_PUT(at, ",\"itemName\":\"");
    char *begin = at;
    at = put_words(random, at, 20, ' ');
    size_t size = (size_t)(at - begin);
    at = GEN_PUT(at, "\",\"description\":\"");
    begin = at;
    at = put_words(random, at, 100, ' ');
    size += (size_t)(at - begin) + 6 * 8;
    at = put_member(at, "\",\"initialBid\":", first_bid);
    at = put_member(at, ",\"reserve\":", first_bid + some_price(random));
    at = put_time_member(at, ",\"dateTime\":", ms);
    at = put_time_member(at, ",\"expires\":", expires_ms);
    at = put_member(at, ",\"seller\":", seller + first_id);
    at = put_member(at, ",\"category\":", first_category + category);
    at = put_extra(random, at, size, auction_bytes);
    *at++ = '}';
    return at;
}

static char *put_bid(struct generator *gen, char *at, uint64_t id, int64_t ms)
{
    struct gen_random *random = &gen->random;
    uint64_t auction = gen_below(random, hot_auction_ratio) > 0
                           ? (uint64_t)last_auction(id) / hot_batch * hot_batch
                           : some_auction(gen, id);
    /* Second of its batch: hot bidders and hot sellers do not meet. */
    uint64_t bidder = gen_below(random, hot_bidder_ratio) > 0
                          ? last_person(id) / hot_batch * hot_batch + 1
                          : some_person(gen, id);
    at = put_member(at, "{\"auction\":", auction + first_id);
    at = put_member(at, ",\"bidder\":", bidder + first_id);
    at = put_member(at, ",\"price\":", some_price(random));
    at = GEN_PUT(at, ",\"channel\":\"");
    const struct channel *channel;
    if (gen_below(random, hot_channel_ratio) > 0) {
        uint32_t number = gen_below(random, COUNT_OF(hot_channels));
        at = gen_put_text(at, hot_channels[number]);
        channel = &gen->hot[number];
    } else {
        uint32_t number = gen_below(random, channel_count);
        at = put_member(at, "channel-", number);
        channel = &gen->others[number];
    }
    at = GEN_PUT(at, "\",\"url\":\"");
    at = gen_put_bytes(at, channel->url, channel->url_bytes);
    at = put_time_member(at, "\",\"dateTime\":", ms);
    at = put_extra(random, at, 4 * 8, bid_bytes);
    *at++ = '}';
    return at;
}

static void write_event(struct generator *gen, struct gen_file *outs, uint64_t number)
{
    uint64_t group = gen->options.disorder;
    uint64_t id = number / group * group + number * 953 % group;
    uint64_t place = id % all_shares;
    int event = place < person_share                   ? PERSON
                : place < person_share + auction_share ? AUCTION
                                                       : BID;
    struct gen_file *out = gen->options.tables != NULL ? &outs[event] : &outs[0];
    char *at = gen_begin(out);
    int64_t ms = event_ms(gen, id);
    if (gen->options.tables == NULL)
        at = put_member(at, "{\"event_type\":", (uint64_t)event);
    for (int i = 0; i < EVENT_COUNT; i++) {
        if (gen->options.tables == NULL) {
            at = GEN_PUT(at, ",\"");
            at = gen_put_text(at, event_names[i]);
            at = GEN_PUT(at, "\":");
        }
        if (i == event)
            at = event == PERSON    ? put_person(gen, at, id, ms)
                 : event == AUCTION ? put_auction(gen, at, id, ms)
                                    : put_bid(gen, at, id, ms);
        else if (gen->options.tables == NULL)
            at = GEN_PUT(at, "null");
    }
    if (gen->options.tables == NULL)
        *at++ = '}';
    gen_end_line(out, at);
}

static bool set_option(struct options *options, const char *name, const char *value)
{
    if (strcmp(name, "--count") == 0)
        return gen_parse_uint(value, UINT64_MAX / 100000, &options->count);
    if (strcmp(name, "--seed") == 0)
        return gen_parse_uint(value, UINT64_MAX, &options->seed);
    if (strcmp(name, "--rate") == 0)
        return gen_parse_uint(value, 1000000000, &options->rate) && options->rate > 0;
    if (strcmp(name, "--disorder") == 0)
        return gen_parse_uint(value, 1000000, &options->disorder) && options->disorder > 0;
    if (strcmp(name, "--tables") == 0) {
        options->tables = value;
        return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    static struct generator gen = { .options = { .rate = 10000, .disorder = 1 } };
    static struct gen_file outs[EVENT_COUNT];
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 < argc && set_option(&gen.options, argv[i], argv[i + 1]))
            continue;
        fprintf(stderr,
                "gen_nexmark: unknown option or bad value: %s\n"
                "usage: gen_nexmark --count N [--seed S] [--rate EVENTS_PER_SECOND] "
                "[--disorder N] [--tables DIR]\n",
                argv[i]);
        return 1;
    }
    gen_seed(&gen.random, gen.options.seed);
    for (uint32_t i = 0; i < COUNT_OF(gen.hot); i++)
        make_url(&gen.random, &gen.hot[i], NULL);
    for (uint32_t i = 0; i < channel_count; i++)
        make_url(&gen.random, &gen.others[i], &i);

    int files = gen.options.tables != NULL ? EVENT_COUNT : 1;
    static char paths[EVENT_COUNT][4096];
    for (int i = 0; i < files; i++) {
        snprintf(paths[i], sizeof(paths[i]), "%s/%s.ndjson",
                 gen.options.tables != NULL ? gen.options.tables : "", event_names[i]);
        gen_open(&outs[i], gen.options.tables != NULL ? paths[i] : NULL);
    }
    for (uint64_t number = 0; number < gen.options.count; number++)
        write_event(&gen, outs, number);
    for (int i = 0; i < files; i++)
        gen_close(&outs[i]);
    return 0;
}
