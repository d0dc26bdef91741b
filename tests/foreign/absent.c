/* What POSIX programs call and WASI has not. Each refuses, as it would where it is not allowed. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>

#include "absent.h"

static int refused(void) {
    errno = ENOSYS;
    return -1;
}

int chown(const char *path, uid_t user, gid_t group) {
    (void)path, (void)user, (void)group;
    return refused();
}

int fchown(int file, uid_t user, gid_t group) {
    (void)file, (void)user, (void)group;
    return refused();
}

int system(const char *command) {
    (void)command;
    return refused();
}

FILE *tmpfile(void) {
    (void)refused();
    return NULL;
}

char *tmpnam(char *name) {
    (void)name;
    return NULL;
}

int mkstemp(char *name) {
    (void)name;
    return refused();
}

/* There is one user, of whom nothing is known. */
uid_t getuid(void) { return 0; }

struct passwd *getpwuid(uid_t user) {
    (void)user;
    return NULL;
}
