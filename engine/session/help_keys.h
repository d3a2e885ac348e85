/* help_keys.h -- `weir help keys`: the keys of the prompt. */
#pragma once

extern const char help_keys[];
