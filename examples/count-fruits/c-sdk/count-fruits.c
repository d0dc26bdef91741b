/*
 * Sums up what is in each basket: count-fruits with the SDK for C.
 *
 * The parser reads the very JSON that this job knows, an object of categories which are objects of names and counts, and
 * refuses everything else. It allocates nothing.
 */
#include <string.h>

#include "sandmill.h"

static const char *const CATEGORIES[] = {"fruits", "vegetables", "meat"};
enum { CATEGORY_COUNT = sizeof CATEGORIES / sizeof CATEGORIES[0] };

/* The largest count, and the largest sum: up to here every JSON implementation can tell whole numbers apart. */
static const uint64_t COUNT_MAX = (UINT64_C(1) << 53) - 1;

/* What has not been read of the input, behind which there is a 0, and what is wrong with it. */
typedef struct parser {
    const char *at, *end;
    const char *error;
} parser;

/* Notes what is wrong first; false, for the caller to return. */
static bool wrong(parser *parser, const char *error) {
    if (parser->error == NULL) parser->error = error;
    return false;
}

/* The next byte that is no white space. It stays there; 0 at the end. */
static char peek(parser *parser) {
    while (*parser->at == ' ' || *parser->at == '\t' || *parser->at == '\n' || *parser->at == '\r') parser->at++;
    return *parser->at;
}

/* Reads a token of one byte, if it is the next. */
static bool accept(parser *parser, char token) {
    if (peek(parser) != token) return false;
    parser->at++;
    return true;
}

static bool hex4(parser *parser, unsigned *code) {
    *code = 0;
    for (int i = 0; i < 4; i++) {
        char byte = *parser->at;
        if (byte >= '0' && byte <= '9') *code = *code << 4 | (unsigned)(byte - '0');
        else if (byte >= 'a' && byte <= 'f') *code = *code << 4 | (unsigned)(byte - 'a' + 10);
        else if (byte >= 'A' && byte <= 'F') *code = *code << 4 | (unsigned)(byte - 'A' + 10);
        else return wrong(parser, "expected four hexadecimal digits");
        parser->at++;
    }
    return true;
}

/* Reads an escape, of which the backslash has been read. Gives its code point. */
static bool escape(parser *parser, unsigned *code) {
    static const char LETTERS[] = "\"\\/bfnrt", MEANINGS[] = "\"\\/\b\f\n\r\t";
    char letter = *parser->at;
    const char *place = letter == '\0' ? NULL : strchr(LETTERS, letter);
    if (place == NULL && letter != 'u') return wrong(parser, "unknown escape");
    parser->at++;
    if (place != NULL) {
        *code = (unsigned char)MEANINGS[place - LETTERS];
        return true;
    }
    if (!hex4(parser, code)) return false;
    if (*code < 0xD800 || *code > 0xDFFF) return true;

    unsigned low;
    if (*code > 0xDBFF || parser->at[0] != '\\' || parser->at[1] != 'u') return wrong(parser, "half of a surrogate pair");
    parser->at += 2;
    if (!hex4(parser, &low)) return false;
    if (low < 0xDC00 || low > 0xDFFF) return wrong(parser, "half of a surrogate pair");
    *code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

/* Reads a string. `name` gets at most `size - 1` bytes of it, other ones than ASCII as 0xFF: enough to compare it. */
static bool string(parser *parser, char *name, size_t size) {
    if (!accept(parser, '"')) return wrong(parser, "expected a string");
    size_t length = 0;
    while (*parser->at != '"') {
        unsigned code = (unsigned char)*parser->at;
        if (code < 0x20)
            return wrong(parser, parser->at == parser->end ? "a string does not end" : "a control character in a string");
        parser->at++;
        if (code == '\\' && !escape(parser, &code)) return false;
        if (length + 1 < size) name[length++] = (char)(code > 0 && code < 0x80 ? code : 0xFF);
    }
    parser->at++;
    name[length] = '\0';
    return true;
}

static bool count(parser *parser, uint64_t *number) {
    char first = peek(parser);
    const char *digits = parser->at;
    for (*number = 0; *parser->at >= '0' && *parser->at <= '9'; parser->at++) {
        *number = *number * 10 + (uint64_t)(*parser->at - '0');
        if (*number > COUNT_MAX) return wrong(parser, "a count is more than 2^53 - 1");
    }
    if (parser->at == digits) return wrong(parser, "expected a count");
    if (first == '0' && parser->at - digits > 1) return wrong(parser, "a count begins with 0");
    if (*parser->at == '.' || *parser->at == 'e' || *parser->at == 'E')
        return wrong(parser, "a count is not a whole number");
    return true;
}

/* Reads an object, and each of its members with `member`, which is given `context`. */
static bool object(parser *parser, bool (*member)(struct parser *parser, void *context), void *context) {
    if (!accept(parser, '{')) return wrong(parser, "expected an object");
    if (accept(parser, '}')) return true;
    do {
        if (!member(parser, context)) return false;
    } while (accept(parser, ','));
    return accept(parser, '}') || wrong(parser, "expected `,` or `}`");
}

/* A name and a count, which is added to a sum. */
static bool count_member(parser *parser, void *sum) {
    char name[1]; /* not needed */
    uint64_t number;
    if (!string(parser, name, sizeof name)) return false;
    if (!accept(parser, ':')) return wrong(parser, "expected `:`");
    if (!count(parser, &number)) return false;
    *(uint64_t *)sum += number;
    return *(uint64_t *)sum <= COUNT_MAX || wrong(parser, "the counts add up to more than 2^53 - 1");
}

typedef struct {
    uint64_t sums[CATEGORY_COUNT];
    bool seen[CATEGORY_COUNT];
} basket;

/* A category and its object of names and counts. */
static bool category_member(parser *parser, void *context) {
    basket *basket = context;
    char name[16];
    if (!string(parser, name, sizeof name)) return false;
    size_t i = 0;
    while (i < CATEGORY_COUNT && strcmp(name, CATEGORIES[i]) != 0) i++;
    if (i == CATEGORY_COUNT) return wrong(parser, "unknown category");
    if (basket->seen[i]) return wrong(parser, "a category is there twice");
    basket->seen[i] = true;
    if (!accept(parser, ':')) return wrong(parser, "expected `:`");
    return object(parser, count_member, &basket->sums[i]);
}

static sandmill_result count_fruits(sandmill_input *input) {
    size_t len;
    const char *bytes = sandmill_input_bytes(input, &len);
    if (!sandmill_is_utf8(bytes, len)) return sandmill_fail("the input is not UTF-8");

    parser parser = {.at = bytes, .end = bytes + len};
    basket basket = {0};
    if (object(&parser, category_member, &basket) && (peek(&parser) != '\0' || parser.at != parser.end))
        wrong(&parser, "there is more behind the object");
    if (parser.error != NULL) return sandmill_failf("byte %zu: %s", (size_t)(parser.at - bytes), parser.error);

    /* A basket without meat is a basket: what is missing counts 0. */
    for (size_t i = 0; i < CATEGORY_COUNT; i++) sandmill_put(CATEGORIES[i], basket.sums[i]);
    sandmill_emit();
    return SANDMILL_DONE;
}

const sandmill_processor sandmill_main = {
    .process = count_fruits,
    .columns = SANDMILL_COLUMNS("fruits", "vegetables", "meat"),
};
