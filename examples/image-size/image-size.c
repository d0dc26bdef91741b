/*
 * The format, width and height of PNG, JPEG and GIF images, from their headers.
 *
 * Files come from anywhere: nothing here trusts a length that a file states.
 */
#include <string.h>

#include "sandmill.h"

typedef struct {
    const char *format;
    uint32_t width, height;
} image;

static uint32_t big_endian(const unsigned char *bytes, size_t len) {
    uint32_t number = 0;
    for (size_t i = 0; i < len; i++) number = number << 8 | bytes[i];
    return number;
}

/* Reads all of `len` bytes; false if the input ends before. */
static bool read_exactly(sandmill_input *input, unsigned char *bytes, size_t len) {
    while (len > 0) {
        size_t read = sandmill_read(input, bytes, len);
        if (read == 0) return false;
        bytes += read;
        len -= read;
    }
    return true;
}

static bool pass_over(sandmill_input *input, size_t len) {
    unsigned char ignored[1024];
    while (len > 0) {
        size_t read = sandmill_read(input, ignored, len < sizeof ignored ? len : sizeof ignored);
        if (read == 0) return false;
        len -= read;
    }
    return true;
}

/* Behind the signature comes the chunk IHDR: its length, its name, width and height. */
static sandmill_result read_png(sandmill_input *input, image *image) {
    unsigned char chunk[16];
    if (!read_exactly(input, chunk, sizeof chunk)) return sandmill_fail("the PNG ends within its header");
    if (memcmp(chunk + 4, "IHDR", 4) != 0) return sandmill_fail("the PNG does not begin with its header");
    image->width = big_endian(chunk + 8, 4);
    image->height = big_endian(chunk + 12, 4);
    return SANDMILL_DONE;
}

/* Behind the signature comes the size of the screen, the low bytes first. */
static sandmill_result read_gif(sandmill_input *input, image *image) {
    unsigned char screen[4];
    if (!read_exactly(input, screen, sizeof screen)) return sandmill_fail("the GIF ends within its header");
    image->width = screen[0] | (uint32_t)screen[1] << 8;
    image->height = screen[2] | (uint32_t)screen[3] << 8;
    return SANDMILL_DONE;
}

/* Whether a marker begins a frame, whose segment has the size: SOF0 to SOF15, without DHT, JPG and DAC among them. */
static bool begins_frame(unsigned char marker) {
    return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

/* A JPEG is a list of segments: 0xFF, a marker, and for most of them a length that counts itself, and content. */
static sandmill_result read_jpeg(sandmill_input *input, image *image) {
    static const char ENDS[] = "the JPEG ends before its size";
    for (;;) {
        unsigned char byte, length[2], frame[5];
        if (!read_exactly(input, &byte, 1)) return sandmill_fail(ENDS);
        if (byte != 0xFF) return sandmill_fail("the JPEG has no marker where one is expected");
        /* Any number of 0xFF may come before a marker. */
        while (byte == 0xFF)
            if (!read_exactly(input, &byte, 1)) return sandmill_fail(ENDS);
        if (byte == 0x01 || (byte >= 0xD0 && byte <= 0xD7)) continue; /* without content */
        if (byte == 0xD9 || byte == 0xDA) return sandmill_fail("the JPEG has no frame before its image data");
        if (!read_exactly(input, length, sizeof length)) return sandmill_fail(ENDS);
        uint32_t content = big_endian(length, 2);
        if (content < 2) return sandmill_fail("the JPEG has a segment of impossible length");
        if (begins_frame(byte)) {
            /* Bits of a sample, height, width. */
            if (!read_exactly(input, frame, sizeof frame)) return sandmill_fail(ENDS);
            image->height = big_endian(frame + 1, 2);
            image->width = big_endian(frame + 3, 2);
            return SANDMILL_DONE;
        }
        if (!pass_over(input, content - 2)) return sandmill_fail(ENDS);
    }
}

typedef sandmill_result reader(sandmill_input *input, image *image);

static const struct {
    const char *format;
    const char *signature;
    size_t length;
    reader *read;
} FORMATS[] = {
    {"png", "\x89PNG\r\n\x1A\n", 8, read_png},
    {"gif", "GIF87a", 6, read_gif},
    {"gif", "GIF89a", 6, read_gif},
    {"jpeg", "\xFF\xD8", 2, read_jpeg},
};
enum { FORMAT_COUNT = sizeof FORMATS / sizeof FORMATS[0], SIGNATURE_MAX = 8 };

static sandmill_result image_size(sandmill_input *input) {
    /* As many bytes are read as the signatures have that still fit: what is behind them is the reader's. */
    unsigned char start[SIGNATURE_MAX];
    for (size_t len = 0; len <= SIGNATURE_MAX; len++) {
        for (size_t i = 0; i < FORMAT_COUNT; i++) {
            if (FORMATS[i].length != len || memcmp(start, FORMATS[i].signature, len) != 0) continue;
            image image = {.format = FORMATS[i].format};
            sandmill_result result = FORMATS[i].read(input, &image);
            if (result != SANDMILL_DONE) return result;
            sandmill_put("format", image.format);
            sandmill_put("width", image.width);
            sandmill_put("height", image.height);
            sandmill_emit();
            return SANDMILL_DONE;
        }
        if (len < SIGNATURE_MAX && !read_exactly(input, start + len, 1)) break;
    }
    return sandmill_skip("neither PNG, JPEG nor GIF");
}

const sandmill_processor sandmill_main = {
    .process = image_size,
    .columns = SANDMILL_COLUMNS("format", "width", "height"),
};
