/* keys.c -- see keys.h. */
#include "session/keys.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

static const int signals[] = { SIGTSTP, SIGQUIT, SIGHUP, SIGCONT };

static struct termios before;
static int terminal = -1;
static volatile sig_atomic_t is_begun;
static volatile sig_atomic_t is_lost; /* others had the terminal since it was set */
static struct sigaction actions[countof(signals)];

/* A terminal that is not the one that controls this process has no background. */
bool keys_is_in_front(int fd)
{
    pid_t front = tcgetpgrp(fd);
    return front < 0 || front == getpgrp();
}

static bool set_terminal(int fd)
{
    struct termios now = before;
    now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    now.c_cc[VMIN] = 0;
    now.c_cc[VTIME] = 0;
    is_lost = 0;
    return tcsetattr(fd, TCSANOW, &now) == 0;
}

static void reset_terminal(void)
{
    if (keys_is_in_front(terminal))
        tcsetattr(terminal, TCSANOW, &before);
}

/* Does what the signal does by itself, with the terminal as it was. */
static void on_signal(int number)
{
    int saved = errno;
    struct sigaction mine, by_itself = { .sa_handler = SIG_DFL };
    sigset_t only, mask;
    if (is_begun)
        reset_terminal();
    sigemptyset(&by_itself.sa_mask);
    sigaction(number, &by_itself, &mine);
    sigemptyset(&only);
    sigaddset(&only, number);
    raise(number);
    pthread_sigmask(SIG_UNBLOCK, &only, &mask);
    pthread_sigmask(SIG_SETMASK, &mask, NULL); /* here it goes on after SIGCONT */
    sigaction(number, &mine, NULL);
    is_lost = 1;
    errno = saved;
}

static void on_continue(int number)
{
    (void)number;
    is_lost = 1;
}

static void take_signals(void)
{
    for (size_t i = 0; i < countof(signals); i++) {
        struct sigaction mine = { .sa_handler = signals[i] == SIGCONT ? on_continue : on_signal,
                                  .sa_flags = SA_RESTART };
        sigemptyset(&mine.sa_mask);
        sigaction(signals[i], NULL, &actions[i]);
        if (actions[i].sa_handler == SIG_DFL)
            sigaction(signals[i], &mine, NULL);
    }
}

static void give_signals_back(void)
{
    for (size_t i = 0; i < countof(signals); i++)
        if (actions[i].sa_handler == SIG_DFL)
            sigaction(signals[i], &actions[i], NULL);
}

bool keys_begin(int fd)
{
    struct pollfd typed = { .fd = fd, .events = POLLIN };
    if (is_begun || !keys_is_in_front(fd) || poll(&typed, 1, 0) != 0 || tcgetattr(fd, &before) != 0)
        return false;
    terminal = fd;
    is_begun = 1;
    take_signals();
    if (set_terminal(fd))
        return true;
    keys_end();
    return false;
}

void keys_end(void)
{
    if (!is_begun)
        return;
    reset_terminal();
    is_begun = 0;
    give_signals_back();
}

/* Never waits, though the terminal may give whole lines again. */
static bool read_byte(int fd, char *ret)
{
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    return poll(&ready, 1, 0) == 1 && read(fd, ret, 1) == 1;
}

/* What follows ESC [: the keys that terminals send so. */
static enum key read_sequence(int fd)
{
    char c = 0, digit = 0;
    while (read_byte(fd, &c)) {
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
    if (c == 'C' || c == 'D')
        return c == 'C' ? KEY_RIGHT : KEY_LEFT;
    return KEY_OTHER;
}

enum key keys_next(int fd)
{
    char c;
    if (!is_begun || !keys_is_in_front(fd))
        return KEY_NONE;
    if (is_lost)
        return set_terminal(fd) ? KEY_BACK : KEY_NONE;
    if (!read_byte(fd, &c))
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
    case '<':
        return KEY_LEFT;
    case '>':
        return KEY_RIGHT;
    case '\t':
        return KEY_SWITCH;
    case 'q':
        return KEY_QUIT;
    case '\033':
        return read_byte(fd, &c) && (c == '[' || c == 'O') ? read_sequence(fd) : KEY_OTHER;
    default:
        return KEY_OTHER;
    }
}
