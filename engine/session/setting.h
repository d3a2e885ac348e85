/* setting.h -- SET, RESET, --set and the profile's defaults: one table of what can be
 * set, and who has set it.
 *
 * A value from the command line wins over one of SET, that over the profile's, that over
 * the default.  A setting may have several names (Flink's, Blink's, our own); they are
 * one setting, and the name in `setting_specs` is the one asked for. */
#pragma once

#include "base/arena.h"
#include "connector/options.h"

enum setting_level { SETTING_PROFILE, SETTING_SET, SETTING_COMMAND };

struct setting_value {
    struct str key; /* the main name where the setting is known */
    struct str value;
    enum setting_level level;
};

struct settings {
    struct arena *arena;
    struct setting_value *items; /* one a key and level */
    uint32_t count, cap;
};

/* Settings that do something; ends with a NULL name. */
extern const struct option_spec setting_specs[];
/* Settings and prefixes that are accepted and change nothing; ends with a NULL name. */
extern const struct option_spec setting_ignored[];

enum setting_kind {
    SETTING_KNOWN,
    SETTING_IGNORED, /* known to Flink or Blink, without effect here */
    SETTING_UNKNOWN,
};
enum setting_kind setting_kind(struct str key);
/* The main name of an alias; the key itself otherwise. */
struct str setting_main_name(struct str key);
/* The i-th pair of other name and main name; false past the end. */
bool setting_alias_at(uint32_t i, const char **ret_alias, const char **ret_name);
/* The known name that is clearly nearest; .data NULL if there is none. */
struct str setting_nearest(struct str key);

/* Checks and keeps a value.  E_OPTION: no such weir.* setting, or a value that is none.
 * *ret_kind says whether it has an effect; unknown ones are kept too, for SET alone. */
enum code settings_put(struct settings *settings, enum setting_level level,
                       const struct option *pair, enum setting_kind *ret_kind,
                       struct error *err) WEIR_CHECKED;
/* Takes back what SET gave; .data NULL: all of it. */
void settings_reset(struct settings *settings, struct str key);

/* The value that counts, NULL if nobody gave one. */
const struct setting_value *settings_find(const struct settings *settings, const char *name);
/* That value, else the default, else {NULL, 0}. */
struct str settings_get(const struct settings *settings, const char *name);
/* weir.state.dir, which may be a URI as Flink's; empty: none. */
struct str settings_state_dir(const struct settings *settings);
bool settings_bool(const struct settings *settings, const char *name);
int64_t settings_int(const struct settings *settings, const char *name);
int64_t settings_duration_ms(const struct settings *settings, const char *name);
