/* help_test.h -- weir help test: the language of tests. */
#pragma once

extern const char help_test[];
