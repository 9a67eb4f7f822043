/* A sick disk for one process and its children, by LD_PRELOAD: what concerns paths below one of the folders $SICK_BELOW
   (separated by colons) never returns as long as the file $SICK_SWITCH begins with an h, and finds no space while it
   begins with an f. A disk that is well again lets go of what hung. */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL)
        abort();
    return found;
}

static char state(void) {
    const char *path = getenv("SICK_SWITCH");
    char first = 0;
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0) : -1;
    if (fd < 0)
        return 0;
    if (syscall(SYS_read, fd, &first, 1) != 1)
        first = 0;
    syscall(SYS_close, fd);
    return first;
}

static int below(const char *path) {
    const char *folder = getenv("SICK_BELOW");
    while (folder != NULL && *folder != 0) {
        size_t length = strcspn(folder, ":");
        if (strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0))
            return 1;
        folder += length + (folder[length] == ':');
    }
    return 0;
}

static void wait_until_well(void) {
    int before = errno;
    struct timespec moment = {0, 20000000};
    while (state() == 'h')
        nanosleep(&moment, NULL);
    errno = before;
}

static int is_ours(int dirfd, const char *path) {
    char whole[2 * PATH_MAX + 2], link[64];
    ssize_t length;
    if (path != NULL && path[0] == '/')
        return below(path);
    if (dirfd == AT_FDCWD)
        strcpy(link, "/proc/self/cwd");
    else
        snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
    length = syscall(SYS_readlinkat, AT_FDCWD, link, whole, PATH_MAX);
    if (length <= 0)
        return 0;
    whole[length] = 0;
    if (path != NULL && path[0] != 0)
        snprintf(whole + length, sizeof whole - length, "/%.*s", PATH_MAX, path);
    return below(whole);
}

static void meet(int dirfd, const char *path) {
    if (is_ours(dirfd, path))
        wait_until_well();
}

/* Whether there is no space for it. */
static int meet_writing(int dirfd, const char *path) {
    if (!is_ours(dirfd, path))
        return 0;
    wait_until_well();
    if (state() != 'f')
        return 0;
    errno = ENOSPC;
    return 1;
}

#define WITH_PATH(type, name, declared, called, at, path) \
    type name declared {                                  \
        meet(at, path);                                   \
        return REAL(name) called;                         \
    }

WITH_PATH(int, stat, (const char *path, struct stat *to), (path, to), AT_FDCWD, path)
WITH_PATH(int, stat64, (const char *path, struct stat64 *to), (path, to), AT_FDCWD, path)
WITH_PATH(int, lstat, (const char *path, struct stat *to), (path, to), AT_FDCWD, path)
WITH_PATH(int, lstat64, (const char *path, struct stat64 *to), (path, to), AT_FDCWD, path)
WITH_PATH(int, fstatat, (int at, const char *path, struct stat *to, int flags), (at, path, to, flags), at, path)
WITH_PATH(int, fstatat64, (int at, const char *path, struct stat64 *to, int flags), (at, path, to, flags), at, path)
WITH_PATH(int, statx, (int at, const char *path, int flags, unsigned mask, struct statx *to),
          (at, path, flags, mask, to), at, path)
WITH_PATH(int, access, (const char *path, int mode), (path, mode), AT_FDCWD, path)
WITH_PATH(ssize_t, readlink, (const char *path, char *to, size_t size), (path, to, size), AT_FDCWD, path)
WITH_PATH(DIR *, opendir, (const char *path), (path), AT_FDCWD, path)
WITH_PATH(FILE *, fopen, (const char *path, const char *mode), (path, mode), AT_FDCWD, path)
WITH_PATH(FILE *, fopen64, (const char *path, const char *mode), (path, mode), AT_FDCWD, path)
WITH_PATH(int, rename, (const char *path, const char *to), (path, to), AT_FDCWD, path)
WITH_PATH(int, unlink, (const char *path), (path), AT_FDCWD, path)
WITH_PATH(int, fsync, (int fd), (fd), fd, NULL)
WITH_PATH(ssize_t, read, (int fd, void *to, size_t size), (fd, to, size), fd, NULL)
WITH_PATH(ssize_t, pread64, (int fd, void *to, size_t size, off64_t from), (fd, to, size, from), fd, NULL)

#define WITH_SPACE(type, name, declared, called, at, path) \
    type name declared {                                   \
        if (meet_writing(at, path))                        \
            return -1;                                     \
        return REAL(name) called;                          \
    }

WITH_SPACE(int, mkdir, (const char *path, mode_t mode), (path, mode), AT_FDCWD, path)
WITH_SPACE(ssize_t, write, (int fd, const void *from, size_t size), (fd, from, size), fd, NULL)
WITH_SPACE(ssize_t, pwrite64, (int fd, const void *from, size_t size, off64_t to), (fd, from, size, to), fd, NULL)

#define OPEN(name, first, forwarded, at, path)         \
    int name(first const char *path, int flags, ...) { \
        va_list rest;                                  \
        va_start(rest, flags);                         \
        mode_t mode = va_arg(rest, mode_t);            \
        va_end(rest);                                  \
        meet(at, path);                                \
        return REAL(name)(forwarded path, flags, mode);\
    }
#define NOTHING
#define COMMA ,

OPEN(open, NOTHING, NOTHING, AT_FDCWD, path)
OPEN(open64, NOTHING, NOTHING, AT_FDCWD, path)
OPEN(openat, int at COMMA, at COMMA, at, path)
OPEN(openat64, int at COMMA, at COMMA, at, path)
