/*
 * sandmill's SDK for C: what is behind sandmill.h. It implements version 1 of the ABI, docs/guest-abi.md of sandmill.
 *
 * An instance may see one task or many. What a task needs is freed when it ends; what the host reads after a call has
 * returned lives until the next call.
 */
#define _GNU_SOURCE /* vasprintf */
#include "sandmill.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST(name) __attribute__((import_module("sandmill_1"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

HOST(input_len) int64_t sandmill_host_input_len(void);
HOST(input_read) size_t sandmill_host_input_read(void *ptr, size_t len);
HOST(input_path) size_t sandmill_host_input_path(void *ptr, size_t len);
HOST(chunk_offset) uint64_t sandmill_host_chunk_offset(void);
HOST(first_record) uint64_t sandmill_host_first_record(void);
HOST(param) int32_t sandmill_host_param(const char *name, size_t name_len, void *ptr, size_t len);
HOST(shared_len) int64_t sandmill_host_shared_len(const char *name, size_t name_len);
HOST(shared_read) size_t sandmill_host_shared_read(const char *name, size_t name_len, uint64_t offset, void *ptr, size_t len);
HOST(emit) void sandmill_host_emit(const char *ptr, size_t len);
HOST(reject) void sandmill_host_reject(uint64_t record, int64_t offset, const char *ptr, size_t len);
HOST(file_write) void sandmill_host_file_write(const char *name, size_t name_len, const void *ptr, size_t len);
HOST(log) void sandmill_host_log(const char *ptr, size_t len);

/* Rows go to the host in portions of about this size: a call for each row would cost more than writing it. */
enum { PORTION_BYTES = 64 << 10 };

/* How much is pulled at once when lines are read. */
enum { PULL_BYTES = 64 << 10 };

/* ---- memory ---- */

/* A refused growth of the memory comes before this, so the host calls the trap `out_of_memory`. */
static _Noreturn void out_of_memory(void) {
    __builtin_trap();
}

/* Bytes that grow at their end. */
typedef struct {
    char *ptr;
    size_t len, capacity;
} buffer;

/* Makes room for `more` bytes and a 0 behind the end. */
static void buffer_reserve(buffer *buffer, size_t more) {
    if (more > SIZE_MAX / 2 || buffer->len > SIZE_MAX / 2 - more) out_of_memory();
    size_t needed = buffer->len + more + 1;
    if (needed <= buffer->capacity) return;
    size_t capacity = buffer->capacity < SIZE_MAX / 4 ? 2 * buffer->capacity : needed;
    if (capacity < needed) capacity = needed;
    char *ptr = realloc(buffer->ptr, capacity);
    if (ptr == NULL) out_of_memory();
    buffer->ptr = ptr;
    buffer->capacity = capacity;
}

static void buffer_add(buffer *buffer, const char *bytes, size_t len) {
    if (len == 0) return;
    buffer_reserve(buffer, len);
    memcpy(buffer->ptr + buffer->len, bytes, len);
    buffer->len += len;
}

static void buffer_add_text(buffer *buffer, const char *text) { buffer_add(buffer, text, strlen(text)); }

static void buffer_free(buffer *buffer) {
    free(buffer->ptr);
    buffer->ptr = NULL;
    buffer->len = buffer->capacity = 0;
}

/* ---- UTF-8 ---- */

/* U+FFFD, for what is not UTF-8. */
#define REPLACEMENT "\xEF\xBF\xBD"

/* The length of the UTF-8 sequence at the start of `len` bytes, at least one; 0 if there is no valid one. */
static size_t utf8_sequence(const unsigned char *bytes, size_t len) {
    unsigned char first = bytes[0];
    if (first < 0x80) return 1;
    size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || len < length) return 0;
    for (size_t i = 1; i < length; i++)
        if ((bytes[i] & 0xC0) != 0x80) return 0;
    /* Too long for what it says, a surrogate, or beyond the last code point. */
    if (first == 0xE0 && bytes[1] < 0xA0) return 0;
    if (first == 0xED && bytes[1] > 0x9F) return 0;
    if (first == 0xF0 && bytes[1] < 0x90) return 0;
    if (first == 0xF4 && bytes[1] > 0x8F) return 0;
    return length;
}

bool sandmill_is_utf8(const char *text, size_t len) {
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = 0; i < len;) {
        size_t length = utf8_sequence(bytes + i, len - i);
        if (length == 0) return false;
        i += length;
    }
    return true;
}

/* Adds a text which may hold any bytes; what is not UTF-8 becomes U+FFFD. */
static void buffer_add_utf8(buffer *buffer, const char *text) {
    size_t len = strlen(text);
    for (size_t i = 0, length; i < len; i += length) {
        length = utf8_sequence((const unsigned char *)text + i, len - i);
        if (length > 0) {
            buffer_add(buffer, text + i, length);
        } else {
            buffer_add_text(buffer, REPLACEMENT);
            length = 1;
        }
    }
}

/* ---- JSON ---- */

static void json_add_text(buffer *out, const char *text, size_t len) {
    const unsigned char *bytes = (const unsigned char *)text;
    buffer_add(out, "\"", 1);
    /* What needs no change is added in one piece: from `start` to `i`. */
    size_t start = 0, i = 0;
    while (i < len) {
        unsigned char byte = bytes[i];
        size_t length = utf8_sequence(bytes + i, len - i);
        if (length > 0 && byte >= 0x20 && byte != '"' && byte != '\\') {
            i += length;
            continue;
        }
        buffer_add(out, text + start, i - start);
        if (length == 0) {
            buffer_add_text(out, REPLACEMENT);
        } else if (byte == '"' || byte == '\\') {
            buffer_add(out, (const char[]){'\\', (char)byte}, 2);
        } else {
            static const char HEX[] = "0123456789abcdef";
            buffer_add_text(out, "\\u00");
            buffer_add(out, (const char[]){HEX[byte >> 4], HEX[byte & 0xF]}, 2);
        }
        start = ++i;
    }
    buffer_add(out, text + start, len - start);
    buffer_add(out, "\"", 1);
}

static void json_add_uint(buffer *out, uint64_t value) {
    char digits[20];
    size_t start = sizeof digits;
    do {
        digits[--start] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buffer_add(out, digits + start, sizeof digits - start);
}

/* With as few digits as read back as the same number. */
static void json_add_double(buffer *out, double value) {
    char text[32];
    if (!isfinite(value)) {
        buffer_add_text(out, "null");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    buffer_add_text(out, text);
}

/* ---- rows ---- */

/* Rows which the host has not seen yet, one a line; the last may not be complete. */
static buffer rows;
static bool row_is_open;

static void put_name(const char *name) {
    buffer_add(&rows, row_is_open ? "," : "{", 1);
    row_is_open = true;
    json_add_text(&rows, name, strlen(name));
    buffer_add(&rows, ":", 1);
}

void sandmill_put_uint(const char *name, uint64_t value) {
    put_name(name);
    json_add_uint(&rows, value);
}

void sandmill_put_int(const char *name, int64_t value) {
    put_name(name);
    if (value < 0) buffer_add(&rows, "-", 1);
    json_add_uint(&rows, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void sandmill_put_double(const char *name, double value) {
    put_name(name);
    json_add_double(&rows, value);
}

void sandmill_put_bool(const char *name, bool value) {
    put_name(name);
    buffer_add_text(&rows, value ? "true" : "false");
}

void sandmill_put_text(const char *name, const char *text) {
    if (text == NULL) sandmill_put_null(name);
    else sandmill_put_text_n(name, text, strlen(text));
}

void sandmill_put_text_n(const char *name, const char *text, size_t len) {
    put_name(name);
    json_add_text(&rows, text, len);
}

void sandmill_put_null(const char *name) {
    put_name(name);
    buffer_add_text(&rows, "null");
}

void sandmill_put_json(const char *name, const char *json, size_t len) {
    put_name(name);
    buffer_add(&rows, json, len);
}

static void flush_rows(void) {
    if (rows.len > 0) sandmill_host_emit(rows.ptr, rows.len);
    rows.len = 0;
}

void sandmill_emit(void) {
    buffer_add_text(&rows, row_is_open ? "}\n" : "{}\n");
    row_is_open = false;
    if (rows.len >= PORTION_BYTES) flush_rows();
}

/* ---- files ---- */

void sandmill_write_file(const char *name, const void *bytes, size_t len) {
    sandmill_host_file_write(name, strlen(name), bytes, len);
}

/* ---- shared data ---- */

int64_t sandmill_shared_len(const char *name) { return sandmill_host_shared_len(name, strlen(name)); }

size_t sandmill_shared_read(const char *name, uint64_t offset, void *buffer, size_t len) {
    return sandmill_host_shared_read(name, strlen(name), offset, buffer, len);
}

char *sandmill_shared(const char *name, size_t *len) {
    int64_t size = sandmill_shared_len(name);
    if (size < 0) return NULL;
    buffer bytes = {0};
    buffer_reserve(&bytes, (uint64_t)size < SIZE_MAX ? (size_t)size : SIZE_MAX);
    *len = sandmill_shared_read(name, 0, bytes.ptr, (size_t)size);
    bytes.ptr[*len] = '\0';
    return bytes.ptr;
}

/* ---- beside the rows ---- */

void sandmill_reject(uint64_t record, int64_t offset, const char *reason) {
    buffer text = {0};
    buffer_add_utf8(&text, reason);
    sandmill_host_reject(record, offset, text.ptr, text.len);
    buffer_free(&text);
}

void sandmill_reject_line(const sandmill_line *line, const char *reason) {
    sandmill_reject(line->number, (int64_t)line->offset, reason);
}

void sandmill_log(const char *line) {
    buffer text = {0};
    buffer_add_utf8(&text, line);
    sandmill_host_log(text.ptr, text.len);
    buffer_free(&text);
}

/* Formats into memory that is to be freed. */
static char *format_text(const char *format, va_list arguments) {
    char *text = NULL;
    if (vasprintf(&text, format, arguments) < 0) out_of_memory();
    return text;
}

void sandmill_logf(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = format_text(format, arguments);
    va_end(arguments);
    sandmill_log(text);
    free(text);
}

char *sandmill_param(const char *name) {
    size_t capacity = 256;
    for (;;) {
        char *value = malloc(capacity + 1);
        if (value == NULL) out_of_memory();
        int32_t len = sandmill_host_param(name, strlen(name), value, capacity);
        if (len >= 0 && (size_t)len <= capacity) {
            value[len] = '\0';
            return value;
        }
        free(value);
        if (len < 0) return NULL;
        capacity = (size_t)len;
    }
}

/* ---- the input ---- */

struct sandmill_input {
    /* A part of the input, of which everything before `start` has been read. */
    buffer window;
    size_t start;
    /* Whether there may be more input behind the window. */
    bool has_more;
    /* -1 if the host does not know it. */
    int64_t len;
    /* How much has been read. */
    uint64_t offset;
    uint64_t line_number;
    char *path;
};

/* What the host has asked room for, until `sandmill_process` takes it. */
static buffer staged;

int64_t sandmill_input_len(const sandmill_input *input) {
    if (input->len >= 0 || input->has_more) return input->len;
    return (int64_t)(input->offset + (input->window.len - input->start));
}

uint64_t sandmill_chunk_offset(const sandmill_input *input) {
    (void)input; /* there is one at a time */
    return sandmill_host_chunk_offset();
}

uint64_t sandmill_first_record(const sandmill_input *input) {
    (void)input;
    return sandmill_host_first_record();
}

const char *sandmill_input_path(sandmill_input *input) {
    if (input->path != NULL) return input->path;
    size_t len = sandmill_host_input_path(NULL, 0);
    input->path = malloc(len + 1);
    if (input->path == NULL) out_of_memory();
    sandmill_host_input_path(input->path, len);
    input->path[len] = '\0';
    return input->path;
}

/* Pulls at most `len` more bytes behind the window; false at the end of the input. */
static bool widen(sandmill_input *input, size_t len) {
    if (!input->has_more) return false;
    if (input->start > 0) {
        input->window.len -= input->start;
        memmove(input->window.ptr, input->window.ptr + input->start, input->window.len);
        input->start = 0;
    }
    buffer_reserve(&input->window, len);
    size_t read = sandmill_host_input_read(input->window.ptr + input->window.len, len);
    input->window.len += read;
    input->has_more = read > 0;
    return input->has_more;
}

const char *sandmill_input_bytes(sandmill_input *input, size_t *len) {
    /* Without a size to make room for, the window grows as it is filled. */
    while (input->len < 0 && widen(input, PULL_BYTES)) {}
    while (input->has_more) {
        uint64_t left = (uint64_t)input->len - input->offset - (input->window.len - input->start);
        /* One byte more, to meet the end with the same call. */
        widen(input, left < SIZE_MAX / 2 ? (size_t)left + 1 : SIZE_MAX / 2);
    }
    buffer_reserve(&input->window, 0);
    input->window.ptr[input->window.len] = '\0';
    const char *bytes = input->window.ptr + input->start;
    *len = input->window.len - input->start;
    input->offset += *len;
    input->start = input->window.len;
    return bytes;
}

size_t sandmill_read(sandmill_input *input, void *buffer, size_t len) {
    size_t held = input->window.len - input->start;
    size_t read = held < len ? held : len;
    if (read > 0) {
        memcpy(buffer, input->window.ptr + input->start, read);
        input->start += read;
    } else if (input->has_more && len > 0) {
        read = sandmill_host_input_read(buffer, len);
        input->has_more = read > 0;
    }
    input->offset += read;
    return read;
}

bool sandmill_next_line(sandmill_input *input, sandmill_line *line) {
    const char *newline = NULL;
    size_t searched = 0;
    for (;;) {
        const char *text = input->window.ptr + input->start;
        size_t held = input->window.len - input->start;
        if (held > searched) newline = memchr(text + searched, '\n', held - searched);
        searched = held;
        if (newline != NULL || !widen(input, PULL_BYTES)) break;
    }
    if (searched == 0) return false;

    /* Room for the 0 behind the last line; behind all others it takes the place of the newline. */
    buffer_reserve(&input->window, 0);
    char *text = input->window.ptr + input->start;
    size_t len = newline != NULL ? (size_t)(newline - text) : searched;
    size_t taken = newline != NULL ? len + 1 : len;
    if (len > 0 && text[len - 1] == '\r') len--;
    text[len] = '\0';
    *line = (sandmill_line){.text = text, .len = len, .number = ++input->line_number, .offset = input->offset};
    input->start += taken;
    input->offset += taken;
    return true;
}

/* ---- how a task ends ---- */

/* What the last call has returned a pointer to. */
static buffer reply;

/* `ptr << 32 | len`, for the host to read after the call has returned. */
static uint64_t pack_reply(void) { return (uint64_t)(uintptr_t)reply.ptr << 32 | reply.len; }

/* A message behind the byte that says its kind. */
static sandmill_result end_with(sandmill_result result, const char *message) {
    reply.len = 0;
    buffer_add(&reply, (const char[]){(char)result}, 1);
    buffer_add_utf8(&reply, message);
    return result;
}

sandmill_result sandmill_fail(const char *message) { return end_with(SANDMILL_FAILED, message); }

sandmill_result sandmill_skip(const char *reason) { return end_with(SANDMILL_SKIPPED, reason); }

sandmill_result sandmill_failf(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = format_text(format, arguments);
    va_end(arguments);
    sandmill_fail(text);
    free(text);
    return SANDMILL_FAILED;
}

sandmill_result sandmill_skipf(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = format_text(format, arguments);
    va_end(arguments);
    sandmill_skip(text);
    free(text);
    return SANDMILL_SKIPPED;
}

/* The reply for a result, with the message that has been left for it. */
static uint64_t reply_with(sandmill_result result) {
    if (result == SANDMILL_DONE) return 0;
    if (reply.len == 0 || reply.ptr[0] != (char)result) sandmill_fail("the processor gave no reason");
    return pack_reply();
}

/* ---- what the host calls ---- */

EXPORT(sandmill_abi_1) void sandmill_abi_1(void) {}

EXPORT(sandmill_alloc) void *sandmill_alloc(size_t len) {
    buffer_free(&staged);
    if (len >= SIZE_MAX / 2) return NULL;
    /* One more for the 0 behind the input. */
    staged.ptr = malloc(len + 1);
    if (staged.ptr != NULL) staged.capacity = len + 1;
    return staged.ptr;
}

EXPORT(sandmill_process) uint64_t sandmill_process(char *ptr, size_t len) {
    sandmill_input input = {.has_more = ptr == NULL, .len = ptr == NULL ? sandmill_host_input_len() : (int64_t)len};
    if (ptr != NULL && len > 0) {
        if (ptr != staged.ptr || len >= staged.capacity) __builtin_trap(); /* the host has made up a pointer */
        input.window = staged;
        input.window.len = len;
        staged = (buffer){0};
    }
    rows.len = reply.len = 0;
    row_is_open = false;

    sandmill_result result = sandmill_main.process(&input);
    if (result == SANDMILL_DONE && row_is_open) result = sandmill_fail("a row was put, but not emitted");
    if (result == SANDMILL_DONE) flush_rows();

    buffer_free(&input.window);
    free(input.path);
    /* One large row does not make all further tasks large. */
    if (rows.capacity > 4 * PORTION_BYTES) buffer_free(&rows);
    return reply_with(result);
}

/*
 * Makes the allocator take memory for each of the sizes that it keeps apart. Tasks begin with what this has left, and the instance
 * of one that did not have to grow its memory serves the next one as well, which is several times cheaper than a new one.
 */
static void take_memory(void) {
    for (size_t size = 1; size <= 64 << 10; size *= 2) {
        void *volatile taken = malloc(size); /* volatile, or the compiler would leave both out */
        free(taken);
    }
}

EXPORT(sandmill_init) uint64_t sandmill_init(void) {
    take_memory();
    reply.len = 0;
    if (sandmill_main.init == NULL) return 0;
    sandmill_result result = sandmill_main.init();
    /* There is nothing to skip yet. */
    if (result == SANDMILL_SKIPPED && reply.len > 0) reply.ptr[0] = SANDMILL_FAILED;
    return reply_with(result == SANDMILL_SKIPPED ? SANDMILL_FAILED : result);
}

EXPORT(sandmill_columns) uint64_t sandmill_columns(void) {
    if (sandmill_main.columns == NULL) return 0;
    reply.len = 0;
    for (size_t i = 0; sandmill_main.columns[i] != NULL; i++) {
        buffer_add(&reply, i == 0 ? "[" : ",", 1);
        json_add_text(&reply, sandmill_main.columns[i], strlen(sandmill_main.columns[i]));
    }
    if (reply.len == 0) buffer_add(&reply, "[", 1);
    buffer_add(&reply, "]", 1);
    return pack_reply();
}
