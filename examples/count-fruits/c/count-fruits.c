/*
 * Sums up what is in each basket: count-fruits as a plain WASI command. No SDK: the input comes on standard input, the
 * row goes to standard output, and exit code 1 with a message on standard error is a failure.
 *
 * The parser reads the very JSON that this job knows, an object of categories which are objects of names and counts, and
 * refuses everything else. It reads byte by byte from one small buffer and allocates nothing.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const CATEGORIES[] = {"fruits", "vegetables", "meat"};
enum { CATEGORY_COUNT = sizeof CATEGORIES / sizeof CATEGORIES[0] };

/* The largest count, and the largest sum: up to here every JSON implementation can tell whole numbers apart. */
static const uint64_t COUNT_MAX = (UINT64_C(1) << 53) - 1;

/* The end of the input, where a byte is expected. */
enum { END = -1 };

/* ---- input ---- */

static unsigned char buffer[8 << 10];
static size_t buffer_start, buffer_end;
static unsigned long long offset;

static _Noreturn void fail(const char *message) {
    fprintf(stderr, "byte %llu: %s\n", offset, message);
    exit(1);
}

/* The next byte of the input, which stays there, or END. */
static int peek(void) {
    if (buffer_start == buffer_end) {
        ssize_t count = read(STDIN_FILENO, buffer, sizeof buffer);
        if (count < 0) fail("the input cannot be read");
        buffer_start = 0;
        buffer_end = (size_t)count;
        if (count == 0) return END;
    }
    return buffer[buffer_start];
}

static void skip(void) {
    buffer_start++;
    offset++;
}

static int next(void) {
    int byte = peek();
    if (byte != END) skip();
    return byte;
}

/* ---- tokens ---- */

static int peek_token(void) {
    for (;;) {
        int byte = peek();
        if (byte != ' ' && byte != '\t' && byte != '\n' && byte != '\r') return byte;
        skip();
    }
}

static void expect(int token, const char *message) {
    if (peek_token() != token) fail(message);
    skip();
}

static unsigned hex4(void) {
    unsigned code = 0;
    for (int i = 0; i < 4; i++) {
        int byte = next();
        unsigned digit;
        if (byte >= '0' && byte <= '9') digit = (unsigned)(byte - '0');
        else if (byte >= 'a' && byte <= 'f') digit = (unsigned)(byte - 'a' + 10);
        else if (byte >= 'A' && byte <= 'F') digit = (unsigned)(byte - 'A' + 10);
        else fail("expected four hexadecimal digits");
        code = code << 4 | digit;
    }
    return code;
}

/* The code point of an escape, of which the backslash has been read. */
static uint32_t escape(void) {
    switch (next()) {
    case '"': return '"';
    case '\\': return '\\';
    case '/': return '/';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'u': break;
    default: fail("unknown escape");
    }
    uint32_t code = hex4();
    if (code < 0xD800 || code > 0xDFFF) return code;
    if (code > 0xDBFF || next() != '\\' || next() != 'u') fail("half of a surrogate pair");
    uint32_t low = hex4();
    if (low < 0xDC00 || low > 0xDFFF) fail("half of a surrogate pair");
    return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
}

/* The code point of a UTF-8 sequence whose first byte has been read. */
static uint32_t utf8(int first) {
    if (first < 0x80) return (uint32_t)first;
    int length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t code = (uint32_t)first & (0x7Fu >> length);
    bool ok = first >= 0xC0 && first < 0xF8;
    for (int i = 1; i < length && ok; i++) {
        int byte = next();
        ok = byte >= 0x80 && byte < 0xC0;
        code = code << 6 | ((uint32_t)byte & 0x3F);
    }
    if (!ok || code < LEAST[length] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) fail("not UTF-8");
    return code;
}

/*
 * Reads a string. Of its text, `name` gets what is needed to compare it with ASCII words: at most `size - 1` characters,
 * other ones than ASCII as 0xFF.
 */
static void string(char *name, size_t size) {
    expect('"', "expected a string");
    size_t length = 0;
    for (;;) {
        int byte = next();
        if (byte == '"') break;
        if (byte == END) fail("a string does not end");
        if (byte < 0x20) fail("a control character in a string");
        uint32_t code = byte == '\\' ? escape() : utf8(byte);
        if (length + 1 < size) name[length++] = (char)(code < 0x80 && code > 0 ? code : 0xFF);
    }
    name[length] = '\0';
}

static uint64_t count(void) {
    int byte = peek_token();
    if (byte < '0' || byte > '9') fail("expected a count");
    bool starts_with_zero = byte == '0';
    uint64_t number = 0;
    int digits = 0;
    for (; byte >= '0' && byte <= '9'; byte = peek()) {
        number = number * 10 + (uint64_t)(byte - '0');
        if (number > COUNT_MAX) fail("a count is more than 2^53 - 1");
        digits++;
        skip();
    }
    if (starts_with_zero && digits > 1) fail("a count begins with 0");
    if (byte == '.' || byte == 'e' || byte == 'E') fail("a count is not a whole number");
    return number;
}

/* ---- the two objects ---- */

/* Whether there is a first member in an object whose brace has been read. If not, its end has been read. */
static bool has_first_member(void) {
    if (peek_token() != '}') return true;
    skip();
    return false;
}

/* Whether there is one more member in an object. If not, its end has been read. */
static bool has_next_member(void) {
    if (peek_token() == ',') {
        skip();
        return true;
    }
    expect('}', "expected `,` or `}`");
    return false;
}

/* The sum of the counts in an object of names and counts. */
static uint64_t sum_of_category(void) {
    uint64_t sum = 0;
    char name[2];
    expect('{', "expected an object of names and counts");
    for (bool more = has_first_member(); more; more = has_next_member()) {
        string(name, sizeof name);
        expect(':', "expected `:`");
        sum += count();
        if (sum > COUNT_MAX) fail("the counts add up to more than 2^53 - 1");
    }
    return sum;
}

static size_t category(void) {
    char name[16];
    string(name, sizeof name);
    for (size_t i = 0; i < CATEGORY_COUNT; i++)
        if (strcmp(name, CATEGORIES[i]) == 0) return i;
    fail("unknown category");
}

int main(void) {
    uint64_t sums[CATEGORY_COUNT] = {0};
    bool seen[CATEGORY_COUNT] = {false};

    expect('{', "expected an object of categories");
    for (bool more = has_first_member(); more; more = has_next_member()) {
        size_t i = category();
        if (seen[i]) fail("a category is there twice");
        seen[i] = true;
        expect(':', "expected `:`");
        sums[i] = sum_of_category();
    }
    if (peek_token() != END) fail("there is more behind the object");

    /* A basket without meat is a basket: what is missing counts 0. */
    char separator = '{';
    for (size_t i = 0; i < CATEGORY_COUNT; i++) {
        printf("%c\"%s\":%llu", separator, CATEGORIES[i], (unsigned long long)sums[i]);
        separator = ',';
    }
    puts("}");
    return fflush(stdout) == 0 ? 0 : 1;
}
