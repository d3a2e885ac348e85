/* keys.c -- see keys.h. */
#include "session/keys.h"

#include <errno.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

static struct termios before;
static int terminal = -1;
static volatile sig_atomic_t is_begun;

bool keys_begin(int fd)
{
    if (is_begun || tcgetattr(fd, &before) != 0)
        return false;
    struct termios now = before;
    now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    now.c_cc[VMIN] = 0;
    now.c_cc[VTIME] = 0;
    terminal = fd;
    if (tcsetattr(fd, TCSANOW, &now) != 0)
        return false;
    is_begun = 1;
    return true;
}

void keys_end(void)
{
    if (!is_begun)
        return;
    is_begun = 0;
    tcsetattr(terminal, TCSANOW, &before);
}

/* What follows ESC [: the keys that terminals send so. */
static enum key read_sequence(int fd)
{
    char c = 0, digit = 0;
    while (read(fd, &c, 1) == 1) {
        if (c >= '0' && c <= '9' && digit == 0)
            digit = c;
        if (c >= '@' && c <= '~')
            break;
    }
    if (c == 'H' || (c == '~' && (digit == '1' || digit == '7')))
        return KEY_FIRST;
    if (c == 'F' || (c == '~' && (digit == '4' || digit == '8')))
        return KEY_LAST;
    if (c == 'B' || (c == '~' && digit == '6'))
        return KEY_NEXT;
    if (c == 'A' || (c == '~' && digit == '5'))
        return KEY_PREVIOUS;
    return KEY_OTHER;
}

enum key keys_next(int fd)
{
    char c;
    if (!is_begun || read(fd, &c, 1) != 1)
        return KEY_NONE;
    switch (c) {
    case ' ':
        return KEY_SPACE;
    case 'n':
        return KEY_NEXT;
    case 'p':
        return KEY_PREVIOUS;
    case 'g':
        return KEY_FIRST;
    case 'G':
        return KEY_LAST;
    case '\t':
        return KEY_SWITCH;
    case 'q':
        return KEY_QUIT;
    case '\033':
        return read(fd, &c, 1) == 1 && (c == '[' || c == 'O') ? read_sequence(fd) : KEY_OTHER;
    default:
        return KEY_OTHER;
    }
}
