/* where.h -- where running jobs are found: one socket each, in a folder that is the user's alone.
 *
 *     ${XDG_RUNTIME_DIR:-/tmp/weir-UID}/weir/NAME.sock        folder 0700, socket 0600
 *
 * Names are taken and given back under a lock in the folder, so that two jobs that start together
 * do not get the same one.  A socket that nobody listens at (its job was killed) counts as none. */
#pragma once

#include "base/error.h"
#include "base/str.h"

#include <sys/un.h>

enum { WHERE_NAME_MAX = 64, WHERE_FOLDER_MAX = 4096 };

struct where {
    char folder[WHERE_FOLDER_MAX]; /* of the sockets */
    int fd;                        /* of the folder; -1: there is none, so no job runs */
};

/* One that is listened at. */
struct where_socket {
    int fd; /* -1: none */
    uint64_t inode;
    struct sockaddr_un address;
};

/* Looks at the folder, and makes it if `make`.  One that others could have put sockets into is
 * refused.  E_IO says why. */
enum code where_open(bool make, struct where *ret, struct error *err) WEIR_CHECKED;
void where_close(struct where *where);

/* Letters, digits, '.', '-', '_' and all of UTF-8 that is not ASCII; no '.' or '-' at the start. */
bool where_name_is_good(struct str name);
/* Appends the name of a job by its file: without folders and the last ending, with '-' for what
 * stands in no name. */
void where_name_of_file(struct buf *out, struct str file);

/* E_LIMIT: the path is longer than a socket's may be. */
enum code where_address(const struct where *where, struct str name, struct sockaddr_un *ret,
                        struct error *err) WEIR_CHECKED;

/* A socket that listens under the name; if that is taken by a running job, under NAME-2, NAME-3 ...,
 * or, with `exactly`, E_USAGE.  Appends the name that it was to `ret_name`. */
enum code where_claim(const struct where *where, struct str name, bool exactly,
                      struct buf *ret_name, struct where_socket *ret,
                      struct error *err) WEIR_CHECKED;
/* Takes the socket's path away, if it still is this socket's; the descriptor is the caller's. */
void where_release(const struct where_socket *socket);

/* A descriptor that is connected (it does not block); E_NAME: nobody listens there, and what
 * was left of the socket is gone.  E_IO otherwise. */
enum code where_connect(const struct where *where, struct str name, int *ret_fd,
                        struct error *err) WEIR_CHECKED;

/* Calls `each` with the names of all sockets, stale ones too, in order. */
enum code where_list(const struct where *where, enum code (*each)(void *self, struct str name),
                     void *self, struct error *err) WEIR_CHECKED;
