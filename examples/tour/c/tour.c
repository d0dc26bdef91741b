/* What the SDK for C can do. Each line of the input says what is to be done; the README beside has the list. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandmill.h"

/* The function, with the parameter that it needs: what is allocated is freed on every way out. */
static sandmill_result tour_with(sandmill_input *input, const char *note) {
    for (sandmill_line line; sandmill_next_line(input, &line);) {
        unsigned long long number = line.number;
        if (!sandmill_is_utf8(line.text, line.len)) sandmill_reject_line(&line, "not text");
        else if (line.len == 0) sandmill_reject_line(&line, "empty");
        else if (line.len == 4 && memcmp(line.text, "fail", 4) == 0) return sandmill_failf("line %llu asks for it", number);
        else if (line.len == 4 && memcmp(line.text, "skip", 4) == 0) return sandmill_skipf("line %llu asks for it", number);
        else if (line.len > 3 && memcmp(line.text, "log ", 4) == 0) sandmill_log(line.text);
        else {
            sandmill_put("line", line.number);
            sandmill_put_text_n("text", line.text, line.len); /* it may hold a 0 */
            sandmill_put("length", line.len);
            sandmill_put("above", (int64_t)line.len - 10);
            sandmill_put("half_more", (double)line.len + 0.5);
            sandmill_put("is_long", (bool)(line.len > 20));
            sandmill_put("note", note);
            sandmill_put("source", sandmill_input_path(input));
            sandmill_emit();
        }
    }
    return SANDMILL_DONE;
}

/* One row about all of the input, which is taken whole or read in parts. */
static sandmill_result read_at_once(sandmill_input *input, bool whole, const char *note) {
    char size[32] = "unknown";
    if (sandmill_input_len(input) >= 0) snprintf(size, sizeof size, "%lld", (long long)sandmill_input_len(input));
    uint32_t hash = 0;
    if (whole) {
        size_t len;
        const char *bytes = sandmill_input_bytes(input, &len);
        for (size_t i = 0; i < len; i++) hash = hash * 31 + (unsigned char)bytes[i];
    } else {
        char part[10000];
        for (size_t len; (len = sandmill_read(input, part, sizeof part)) > 0;)
            for (size_t i = 0; i < len; i++) hash = hash * 31 + (unsigned char)part[i];
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
    char *note = sandmill_param("note"), *read = sandmill_param("read");
    sandmill_result result =
        read == NULL ? tour_with(input, note) : read_at_once(input, strcmp(read, "whole") == 0, note);
    free(note);
    free(read);
    return result;
}

const sandmill_processor sandmill_main = {
    .process = tour,
    .columns = SANDMILL_COLUMNS("line", "text", "length", "above", "half_more", "is_long", "note", "source"),
};
