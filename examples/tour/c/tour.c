/* What the SDK for C can do. Each line of the input says what is to be done; the README beside has the list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandmill.h"

static bool begins_with(const sandmill_line *line, const char *word) {
    size_t len = strlen(word);
    return line->len >= len && memcmp(line->text, word, len) == 0;
}

static uint32_t hash_on(uint32_t hash, const char *bytes, size_t len) {
    for (size_t i = 0; i < len; i++) hash = hash * 31 + (unsigned char)bytes[i];
    return hash;
}

/* `file NAME TEXT`: the text and a newline are appended to the file. */
static void write_line(const char *line) {
    line += strlen("file ");
    size_t name_len = strcspn(line, " ");
    const char *text = line[name_len] == '\0' ? "" : line + name_len + 1;
    char name[2000]; /* more than a name may have */
    snprintf(name, sizeof name, "%.*s", (int)name_len, line);
    sandmill_write_file(name, text, strlen(text));
    sandmill_write_file(name, "\n", 1);
}

/* What is in a file of the shared data, taken whole and read in parts; false if there is none. */
static bool describe_shared(const char *name, char *text, size_t text_len) {
    size_t len;
    char *bytes = sandmill_shared(name, &len);
    if (bytes == NULL) return false;
    uint32_t whole = hash_on(0, bytes, len), parts = 0;
    free(bytes);
    char part[1000];
    uint64_t offset = 0;
    for (size_t read; (read = sandmill_shared_read(name, offset, part, sizeof part)) > 0; offset += read)
        parts = hash_on(parts, part, read);
    size_t beyond = sandmill_shared_read(name, offset + 1, part, sizeof part);
    snprintf(text, text_len, "size %lld, hash %u, in parts %llu, hash %u, beyond %zu", (long long)sandmill_shared_len(name),
             (unsigned)whole, (unsigned long long)offset, (unsigned)parts, beyond);
    return true;
}

static void tell(sandmill_input *input, const sandmill_line *line, const char *text, size_t len, const char *note) {
    sandmill_put("line", line->number);
    sandmill_put_text_n("text", text, len); /* it may hold a 0 */
    sandmill_put("length", len);
    sandmill_put("above", (int64_t)len - 10);
    sandmill_put("half_more", (double)len + 0.5);
    sandmill_put("is_long", (bool)(len > 20));
    sandmill_put("note", note);
    sandmill_put("source", sandmill_input_path(input));
    sandmill_emit();
}

/* The function, with the parameter that it needs: what is allocated is freed on every way out. */
static sandmill_result tour_with(sandmill_input *input, const char *note) {
    for (sandmill_line line; sandmill_next_line(input, &line);) {
        unsigned long long number = line.number;
        if (!sandmill_is_utf8(line.text, line.len)) sandmill_reject_line(&line, "not text");
        else if (line.len == 0) sandmill_reject_line(&line, "empty");
        else if (line.len == 4 && memcmp(line.text, "fail", 4) == 0) return sandmill_failf("line %llu asks for it", number);
        else if (line.len == 4 && memcmp(line.text, "skip", 4) == 0) return sandmill_skipf("line %llu asks for it", number);
        else if (begins_with(&line, "log ")) sandmill_log(line.text);
        else if (begins_with(&line, "file ")) write_line(line.text);
        else if (begins_with(&line, "shared ")) {
            char text[200];
            if (describe_shared(line.text + strlen("shared "), text, sizeof text))
                tell(input, &line, text, strlen(text), note);
            else sandmill_reject_line(&line, "not shared");
        } else tell(input, &line, line.text, line.len, note);
    }
    return SANDMILL_DONE;
}

/* One row about all of the input, which is taken whole or read in parts, and written to the file `copy` if there is one. */
static sandmill_result read_at_once(sandmill_input *input, bool whole, const char *copy, const char *note) {
    char size[32] = "unknown";
    if (sandmill_input_len(input) >= 0) snprintf(size, sizeof size, "%lld", (long long)sandmill_input_len(input));
    uint32_t hash = 0;
    if (whole) {
        size_t len;
        const char *bytes = sandmill_input_bytes(input, &len);
        hash = hash_on(hash, bytes, len);
        if (copy != NULL) sandmill_write_file(copy, bytes, len);
    } else {
        char part[10000];
        if (copy != NULL) sandmill_write_file(copy, NULL, 0); /* it is there though the input is empty */
        for (size_t len; (len = sandmill_read(input, part, sizeof part)) > 0;) {
            hash = hash_on(hash, part, len);
            if (copy != NULL) sandmill_write_file(copy, part, len);
        }
    }
    char text[100];
    snprintf(text, sizeof text, "at %llu, size %s, hash %u", (unsigned long long)sandmill_chunk_offset(input), size,
             (unsigned)hash);
    int64_t len = sandmill_input_len(input);
    sandmill_put("line", sandmill_first_record(input));
    sandmill_put("text", text);
    sandmill_put("length", len);
    sandmill_put("above", len - 10);
    sandmill_put("half_more", (double)len + 0.5);
    sandmill_put("is_long", (bool)(len > 20));
    sandmill_put("note", note);
    sandmill_put("source", sandmill_input_path(input));
    sandmill_emit();
    return SANDMILL_DONE;
}

static sandmill_result tour(sandmill_input *input) {
    char *note = sandmill_param("note"), *read = sandmill_param("read"), *copy = sandmill_param("copy");
    sandmill_result result =
        read == NULL ? tour_with(input, note) : read_at_once(input, strcmp(read, "whole") == 0, copy, note);
    free(note);
    free(read);
    free(copy);
    return result;
}

const sandmill_processor sandmill_main = {
    .process = tour,
    .columns = SANDMILL_COLUMNS("line", "text", "length", "above", "half_more", "is_long", "note", "source"),
};
