/* base.h -- what every file may rely on: attributes, small macros, and the names
 * of the common types, so that headers need not include each other. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEIR_CHECKED __attribute__((warn_unused_result))
#define WEIR_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#define countof(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

struct arena;  /* base/arena.h */
struct buf;    /* base/str.h */
struct clock;  /* base/clock.h */
struct error;  /* base/error.h */
struct str;    /* base/str.h */
