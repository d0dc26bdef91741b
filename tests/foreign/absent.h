/* Declarations of what POSIX programs call and WASI has not; absent.c defines it. */
#include <sys/types.h>

int chown(const char *path, uid_t user, gid_t group);
int fchown(int file, uid_t user, gid_t group);
uid_t getuid(void);
int mkstemp(char *name);
