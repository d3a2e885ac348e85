/* arena_faults.c -- the arena, in which every piece may fail; linked in front of the
 * engine's own. */
#define ARENA_FAULTS 1
#include "../../engine/base/arena.c"
