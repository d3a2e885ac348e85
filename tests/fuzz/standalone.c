/* standalone.c -- runs a fuzz target without a fuzzing engine: the seed files given,
 * then mutations of them for WEIR_FUZZ_SECONDS (10 if unset), from a seed that is
 * printed and can be given as WEIR_SEED.  Build with -Dfuzz=libfuzzer and clang for
 * coverage guidance; the targets are the same.
 *
 *     fuzz_sql [FILE | DIRECTORY]... */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define MIN_SIZE(a, b) ((a) < (b) ? (a) : (b))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEEDS_MAX = 4096, SEED_BYTES_MAX = 1 << 16, WORK_BYTES_MAX = 1 << 17 };

static struct seed {
    uint8_t *data;
    size_t size;
} seeds[SEEDS_MAX];
static size_t seed_count;
static uint64_t state;

static uint64_t next_random(void)
{
    state ^= state << 13; /* xorshift64 (Marsaglia) */
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static size_t below(size_t n)
{
    return n ? next_random() % n : 0;
}

static void add_seed(const char *path)
{
    FILE *in = fopen(path, "rb");
    if (!in || seed_count == SEEDS_MAX) {
        if (in)
            fclose(in);
        return;
    }
    uint8_t *data = malloc(SEED_BYTES_MAX);
    size_t size = data ? fread(data, 1, SEED_BYTES_MAX, in) : 0;
    fclose(in);
    if (data)
        seeds[seed_count++] = (struct seed){ data, size };
}

static void add_path(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return;
    if (!S_ISDIR(info.st_mode)) {
        add_seed(path);
        return;
    }
    DIR *dir = opendir(path);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)) != NULL) {
        char name[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        add_path(name);
    }
    if (dir)
        closedir(dir);
}

/* Parts of texts that the targets care about. */
static const char *const words[] = {
    "\"", "'", "`", "\\", "\\u0000", "\\ud800", "{", "}", "[", "]", ",", ":", "null", "true",
    "1e999", "-0", "\n", "\r\n", "(", ")", "SELECT ", " FROM ", "CREATE TABLE ", ";", "--", "/*",
    "...", "\xff", "\xf0\x9f\x98\x80", "\xe4\xb8\xad", "9223372036854775808", "yyyy-MM-dd",
    "2020-02-30 24:00:00", "+08:00", "$.a[0]", "[*]", "CAST(", " AS ", "INTERVAL '1' DAY",
};

static size_t mutate(uint8_t *work, size_t size)
{
    for (size_t steps = 1 + below(6); steps > 0; steps--) {
        size_t at = below(size + 1);
        switch (below(7)) {
        case 0: /* flip */
            if (size > 0)
                work[below(size)] ^= (uint8_t)(1u << below(8));
            break;
        case 1: /* set */
            if (size > 0)
                work[below(size)] = (uint8_t)next_random();
            break;
        case 2: { /* remove */
            size_t n = below(MIN_SIZE(size - at, 64) + 1);
            memmove(work + at, work + at + n, size - at - n);
            size -= n;
            break;
        }
        case 3: { /* repeat */
            size_t n = below(MIN_SIZE(size - at, 64) + 1);
            if (size + n <= WORK_BYTES_MAX) {
                memmove(work + at + n, work + at, size - at);
                size += n;
            }
            break;
        }
        case 4: { /* a word */
            const char *word = words[below(sizeof words / sizeof *words)];
            size_t n = strlen(word);
            if (size + n <= WORK_BYTES_MAX) {
                memmove(work + at + n, work + at, size - at);
                memcpy(work + at, word, n);
                size += n;
            }
            break;
        }
        case 5: { /* a piece of another seed */
            const struct seed *other = &seeds[below(seed_count)];
            size_t from = below(other->size + 1);
            size_t n = below(MIN_SIZE(other->size - from, 512) + 1);
            if (size + n <= WORK_BYTES_MAX) {
                memmove(work + at + n, work + at, size - at);
                memcpy(work + at, other->data + from, n);
                size += n;
            }
            break;
        }
        default: /* cut */
            if (below(8) == 0)
                size = at;
        }
    }
    return size;
}

int main(int argc, char **argv)
{
    const char *seconds = getenv("WEIR_FUZZ_SECONDS");
    const char *given = getenv("WEIR_SEED");
    long limit = seconds ? strtol(seconds, NULL, 10) : 10;
    state = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 2654435761u;
    state |= 1;
    printf("WEIR_SEED=%llu\n", (unsigned long long)state);
    fflush(stdout);
    for (int i = 1; i < argc; i++)
        add_path(argv[i]);
    if (seed_count == 0)
        seeds[seed_count++] = (struct seed){ calloc(1, 1), 0 };
    for (size_t i = 0; i < seed_count; i++)
        LLVMFuzzerTestOneInput(seeds[i].data, seeds[i].size);

    uint8_t *work = malloc(WORK_BYTES_MAX + 1);
    uint64_t runs = seed_count;
    struct timespec begin, now;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do {
        for (int k = 0; k < 64; k++, runs++) {
            const struct seed *seed = &seeds[below(seed_count)];
            memcpy(work, seed->data, seed->size);
            size_t size = mutate(work, seed->size);
            /* A copy of exactly this size, so that a sanitizer sees a read behind it. */
            uint8_t *exact = malloc(size ? size : 1);
            if (!exact)
                return 1;
            memcpy(exact, work, size);
            LLVMFuzzerTestOneInput(exact, size);
            free(exact);
        }
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec - begin.tv_sec < limit);
    printf("%llu inputs, %zu seeds\n", (unsigned long long)runs, seed_count);
    free(work);
    for (size_t i = 0; i < seed_count; i++)
        free(seeds[i].data);
    return 0;
}
