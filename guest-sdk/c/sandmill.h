/*
 * sandmill's SDK for C: write a processor, one function from an input to its rows.
 *
 *     #include "sandmill.h"
 *
 *     static sandmill_result count(sandmill_input *input) {
 *         uint64_t lines = 0;
 *         for (sandmill_line line; sandmill_next_line(input, &line);) lines++;
 *         sandmill_put("bytes", sandmill_input_len(input));
 *         sandmill_put("lines", lines);
 *         sandmill_emit();
 *         return SANDMILL_DONE;
 *     }
 *
 *     const sandmill_processor sandmill_main = {
 *         .process = count,
 *         .columns = SANDMILL_COLUMNS("bytes", "lines"),
 *     };
 *
 * Compile it together with sandmill.c into a WASI reactor. C++ programs may prefer sandmill.hpp.
 *
 * Memory: what is given to you is yours to read until your function returns, unless it says otherwise. No function here
 * reports that memory has run out: that ends the task, as `out_of_memory`.
 */
#ifndef SANDMILL_H
#define SANDMILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the processor ---- */

/* The input of a task. */
typedef struct sandmill_input sandmill_input;

/* How a task ends. Rows and files count only if it is done. */
typedef enum {
    SANDMILL_DONE = 0,
    SANDMILL_FAILED = 1,  /* return sandmill_fail("...") */
    SANDMILL_SKIPPED = 2, /* return sandmill_skip("...") */
} sandmill_result;

typedef struct {
    /* Processes one task. */
    sandmill_result (*process)(sandmill_input *input);
    /* The columns of all rows, in order, with NULL at the end; NULL if they depend on the input. */
    const char *const *columns;
    /* Called once in every sandbox, before the first task; NULL if there is nothing to do. If it fails, no task runs. */
    sandmill_result (*init)(void);
} sandmill_processor;

/* Yours to define, once in a program. */
extern const sandmill_processor sandmill_main;

/* The columns of a processor. */
#define SANDMILL_COLUMNS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Ends the task as failed: `return sandmill_fail("no header");`. The message is copied. */
sandmill_result sandmill_fail(const char *message);

/* The same, in the manner of printf. */
sandmill_result sandmill_failf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the task as skipped: the input is none of this processor's business, for this reason, which is copied. */
sandmill_result sandmill_skip(const char *reason);

/* The same, in the manner of printf. */
sandmill_result sandmill_skipf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- the input ---- */

/*
 * The size of the whole input in bytes; -1 as long as it is not known: that of a large input which is decompressed on
 * the way is when all of it has been read.
 */
int64_t sandmill_input_len(const sandmill_input *input);

/* The path of the input, as the `path` column of the results shows it. */
const char *sandmill_input_path(sandmill_input *input);

/*
 * The whole input, or what has not been read of it, and its length. It may hold any bytes. Behind the last one is a 0,
 * which does not count.
 */
const char *sandmill_input_bytes(sandmill_input *input, size_t *len);

/* Reads on, at most `len` bytes into `buffer`; the number of bytes read, 0 at the end. Needs no memory. */
size_t sandmill_read(sandmill_input *input, void *buffer, size_t len);

/* A line of the input, without its `\n` or `\r\n`. Valid until the next is read. */
typedef struct {
    const char *text; /* any bytes; behind the last one is a 0 */
    size_t len;
    uint64_t number; /* counted from 1 */
    uint64_t offset; /* of its first byte in the input */
} sandmill_line;

/* Reads the next line; false at the end. However large the input is, only a small part of it is in memory. */
bool sandmill_next_line(sandmill_input *input, sandmill_line *line);

/* Where in its file the input begins, in bytes: 0 unless it is a chunk of one (`--split`). */
uint64_t sandmill_chunk_offset(const sandmill_input *input);

/* The number of the input's first record in its file, counted from 1; 0 if it is not known. 1 for a whole file. */
uint64_t sandmill_first_record(const sandmill_input *input);

/* Whether all of it is valid UTF-8. */
bool sandmill_is_utf8(const char *text, size_t len);

/* ---- rows ---- */

/*
 * Put the values of a row, by the names of their columns, then emit it. A name may come once in a row only.
 *
 * Text is UTF-8; what is not is replaced by U+FFFD. A double that is infinite or not a number becomes an empty cell, as
 * does a text that is NULL.
 */
void sandmill_put_uint(const char *name, uint64_t value);
void sandmill_put_int(const char *name, int64_t value);
void sandmill_put_double(const char *name, double value);
void sandmill_put_bool(const char *name, bool value);
void sandmill_put_text(const char *name, const char *text);
void sandmill_put_text_n(const char *name, const char *text, size_t len);
void sandmill_put_null(const char *name);
/* A value which is JSON already: an array or an object, in one cell. */
void sandmill_put_json(const char *name, const char *json, size_t len);

#ifndef __cplusplus
/* The one of these that fits the value's type. */
#define sandmill_put(name, value)                                                                                      \
    _Generic((value),                                                                                                  \
        bool: sandmill_put_bool,                                                                                       \
        signed char: sandmill_put_int, short: sandmill_put_int, int: sandmill_put_int, long: sandmill_put_int,         \
        long long: sandmill_put_int, unsigned char: sandmill_put_uint, unsigned short: sandmill_put_uint,              \
        unsigned: sandmill_put_uint, unsigned long: sandmill_put_uint, unsigned long long: sandmill_put_uint,          \
        float: sandmill_put_double, double: sandmill_put_double,                                                       \
        char *: sandmill_put_text, const char *: sandmill_put_text)((name), (value))
#endif

/* Ends the row. If the task fails or is skipped in the end, its rows are discarded. */
void sandmill_emit(void);

/* ---- files ---- */

/*
 * Gives a file with these bytes: `files/<path of the input>/<name>` in the output folder, once the task is done. A name
 * has folders if it has slashes. If there is a file of this name, the bytes are appended to it; each call goes to the
 * host, so gather what is written piece by piece.
 *
 * A name that leads elsewhere (`..`, a leading slash), has control characters or backslashes, or differs from another in
 * nothing but case ends the task as `bad_output`.
 */
void sandmill_write_file(const char *name, const void *bytes, size_t len);

/* ---- shared data ---- */

/*
 * What every task may read (`--share`), the init function too. The name is that of the file that is shared, or its path
 * in the folder that is.
 */

/* The size of a file of the shared data in bytes; -1 if there is none of this name. */
int64_t sandmill_shared_len(const char *name);

/*
 * All of a file of the shared data, and its length. It may hold any bytes; behind the last one is a 0, which does not
 * count. To be freed with free(); NULL if there is none of this name.
 */
char *sandmill_shared(const char *name, size_t *len);

/*
 * Reads a file of the shared data from `offset` on, at most `len` bytes into `buffer`; the number of bytes read, 0 at the
 * end and beyond. Needs no memory. Only for names that sandmill_shared_len knows: any other ends the task as a `trap`.
 */
size_t sandmill_shared_read(const char *name, uint64_t offset, void *buffer, size_t len);

/* ---- beside the rows ---- */

/*
 * Reports a record of the input that could not be used: its number, its byte offset in the input (negative if it is not
 * known) and the reason. The task goes on.
 */
void sandmill_reject(uint64_t record, int64_t offset, const char *reason);

/* Reports a line that could not be used. */
void sandmill_reject_line(const sandmill_line *line, const char *reason);

/* Adds a line to the task's log, of which the end is kept. */
void sandmill_log(const char *line);

/* The same, in the manner of printf. */
void sandmill_logf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The value of `--param <name>=<value>`, to be freed with free(); NULL if there is no such parameter. */
char *sandmill_param(const char *name);

#ifdef __cplusplus
}
#endif

#endif
