/* mysql_fault.c -- see mysql_fault.h.
 *
 * Numbers are those of the manuals of MySQL and MariaDB; what is in no list is judged by its
 * SQLSTATE, and else may be different next time. */
#include "mysql/mysql_fault.h"

#include "base/number.h"

enum { CLIENT_ERROR = 2000, CLIENT_TLS = 2026, CLIENT_ERROR_END = 3000 };

struct fault {
    unsigned number;
    enum remote_outcome outcome;
};

static const struct fault faults[] = {
    { 20, REMOTE_AWAY },      /* disk full (files of the server) */
    { 1020, REMOTE_AWAY },    /* record has changed since last read */
    { 1021, REMOTE_AWAY },    /* disk full */
    { 1037, REMOTE_AWAY },    /* the server is out of memory */
    { 1038, REMOTE_AWAY },    /* ... for sorting */
    { 1040, REMOTE_AWAY },    /* too many connections */
    { 1041, REMOTE_AWAY },    /* out of memory */
    { 1047, REMOTE_AWAY },    /* a node of a cluster that is not ready */
    { 1053, REMOTE_AWAY },    /* shutdown */
    { 1077, REMOTE_AWAY },    /* shutdown */
    { 1079, REMOTE_AWAY },    /* shutdown complete */
    { 1080, REMOTE_AWAY },    /* forced closing */
    { 1114, REMOTE_AWAY },    /* table is full: the disk, or the memory */
    { 1129, REMOTE_AWAY },    /* host is blocked until somebody flushes */
    { 1135, REMOTE_AWAY },    /* cannot create a thread */
    { 1152, REMOTE_AWAY },    /* aborted connection */
    { 1158, REMOTE_AWAY },    /* reading packets */
    { 1159, REMOTE_AWAY },    /* timeout reading packets */
    { 1160, REMOTE_AWAY },    /* writing packets */
    { 1161, REMOTE_AWAY },    /* timeout writing packets */
    { 1184, REMOTE_AWAY },    /* aborted connection */
    { 1203, REMOTE_AWAY },    /* too many connections of the user */
    { 1205, REMOTE_AWAY },    /* lock wait timeout */
    { 1206, REMOTE_AWAY },    /* too many locks */
    { 1213, REMOTE_AWAY },    /* deadlock */
    { 1226, REMOTE_AWAY },    /* a resource of the user is used up */
    { 1290, REMOTE_AWAY },    /* --read-only */
    { 1317, REMOTE_AWAY },    /* query interrupted */
    { 1792, REMOTE_AWAY },    /* read-only transaction */
    { 1836, REMOTE_AWAY },    /* read-only mode */
    { 1927, REMOTE_AWAY },    /* connection was killed */
    { 3169, REMOTE_AWAY },    /* session was killed */
    { 1044, REMOTE_FATAL },   /* no access to the database */
    { 1045, REMOTE_FATAL },   /* no access */
    { 1046, REMOTE_FATAL },   /* no database */
    { 1049, REMOTE_FATAL },   /* unknown database */
    { 1051, REMOTE_FATAL },   /* unknown table */
    { 1054, REMOTE_FATAL },   /* unknown column */
    { 1064, REMOTE_FATAL },   /* syntax */
    { 1110, REMOTE_FATAL },   /* a column twice */
    { 1130, REMOTE_FATAL },   /* host is not allowed */
    { 1136, REMOTE_FATAL },   /* column count */
    { 1142, REMOTE_FATAL },   /* no right to do that */
    { 1143, REMOTE_FATAL },   /* no right to the column */
    { 1146, REMOTE_FATAL },   /* no such table */
    { 1227, REMOTE_FATAL },   /* no right */
    { 1231, REMOTE_FATAL },   /* wrong value for a variable */
    { 1232, REMOTE_FATAL },   /* wrong type for a variable */
    { 1193, REMOTE_FATAL },   /* unknown variable */
    { 1251, REMOTE_FATAL },   /* authentication that we do not have */
    { 1288, REMOTE_FATAL },   /* view cannot be updated */
    { 1347, REMOTE_FATAL },   /* not a table */
    { 1364, REMOTE_FATAL },   /* a column that the job does not write has no default */
    { 1370, REMOTE_FATAL },   /* no right to the routine */
    { 1471, REMOTE_FATAL },   /* view cannot be inserted into */
    { 1698, REMOTE_FATAL },   /* no access */
    { 1820, REMOTE_FATAL },   /* password must be changed */
    { 1862, REMOTE_FATAL },   /* password has expired */
    { 3118, REMOTE_FATAL },   /* account is locked */
    { 3159, REMOTE_FATAL },   /* only encrypted connections */
    { 4151, REMOTE_FATAL },   /* account is locked */
    { 2054, REMOTE_FATAL },   /* authentication that we do not have */
    { 2059, REMOTE_FATAL },   /* authentication that we do not have */
    { 2061, REMOTE_FATAL },   /* authentication needs an encrypted connection */
    { MYSQL_REFUSED_LOGIN, REMOTE_FATAL },
    { 1062, REMOTE_REFUSED }, /* duplicate */
    { 1118, REMOTE_REFUSED }, /* row too large */
    { 1153, REMOTE_REFUSED }, /* packet too large */
    { 1265, REMOTE_REFUSED }, /* data truncated */
    { 1267, REMOTE_REFUSED }, /* a text that the column's character set does not have */
    { 1270, REMOTE_REFUSED }, { 1271, REMOTE_REFUSED },
    { 1301, REMOTE_REFUSED }, /* larger than max_allowed_packet */
    { 1366, REMOTE_REFUSED }, /* incorrect value */
    { 1367, REMOTE_REFUSED }, /* illegal value */
    { 1369, REMOTE_REFUSED }, /* check option of a view */
    { 1411, REMOTE_REFUSED }, /* incorrect value for a function */
    { 1526, REMOTE_REFUSED }, /* no partition for the value */
    { 1644, REMOTE_REFUSED }, /* a trigger says no */
    { 1690, REMOTE_REFUSED }, /* out of range */
    { 1748, REMOTE_REFUSED }, /* not in the partition */
    { 3140, REMOTE_REFUSED }, /* invalid JSON */
    { 3819, REMOTE_REFUSED }, /* a check fails (MySQL) */
    { 4025, REMOTE_REFUSED }, /* a check fails (MariaDB) */
    { 2020, REMOTE_REFUSED }, /* packet too large for the client */
};

/* The server's files of tables and logs: errno 28 is a full disk. */
static bool is_disk_full(unsigned number, const char *text)
{
    bool is_file = number < 200 || number == 1005 || number == 1026 || number == 1028 ||
                   number == 1030 || number == 1180;
    return is_file && (strstr(text, "No space left") || strstr(text, "error 28") ||
                       strstr(text, "errno: 28") || strstr(text, "error: 28"));
}

static enum remote_outcome client_outcome(unsigned number, const char *text)
{
    bool is_lasting = strstr(text, "ertificate") || strstr(text, "verif") ||
                      strstr(text, "does not support it"); /* the server has no TLS */
    return number == CLIENT_TLS && is_lasting ? REMOTE_FATAL : REMOTE_AWAY;
}

enum remote_outcome mysql_outcome(unsigned number, const char *state, const char *text)
{
    for (size_t i = 0; i < countof(faults); i++)
        if (faults[i].number == number)
            return faults[i].outcome;
    if (number >= CLIENT_ERROR && number < CLIENT_ERROR_END)
        return client_outcome(number, text);
    if (is_disk_full(number, text))
        return REMOTE_AWAY;
    if (strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0)
        return REMOTE_REFUSED; /* data exception, constraint violation */
    if (strncmp(state, "08", 2) == 0 || strncmp(state, "40", 2) == 0)
        return REMOTE_AWAY; /* connection exception, rolled back */
    return REMOTE_FAILED;
}

bool mysql_is_read_only(unsigned number)
{
    return number == 1290 || number == 1792 || number == 1836;
}

bool mysql_ends_connection(unsigned number)
{
    return (number >= CLIENT_ERROR && number < CLIENT_ERROR_END) || number == 1053 ||
           number == 1077 || number == 1079 || number == 1080 || number == 1152 || number == 1153 ||
           (number >= 1158 && number <= 1161) || number == 1184 || number == 1927 ||
           number == 3169 || mysql_is_read_only(number);
}

uint32_t mysql_named_row(struct str text, size_t *ret_size)
{
    static const char words[] = " at row ";
    size_t digits = 0;
    int64_t row = 0;
    while (digits < text.size && text.data[text.size - 1 - digits] >= '0' &&
           text.data[text.size - 1 - digits] <= '9')
        digits++;
    size_t size = sizeof words - 1;
    *ret_size = text.size;
    if (digits == 0 || text.size < digits + size ||
        memcmp(text.data + text.size - digits - size, words, size) != 0 ||
        !number_parse_i64(text.data + text.size - digits, digits, &row) || row > INT32_MAX)
        return 0;
    *ret_size = text.size - digits - size;
    return (uint32_t)row;
}
