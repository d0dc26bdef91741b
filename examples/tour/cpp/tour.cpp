/* What the SDK for C++ can do. Each line of the input says what is to be done; the README beside has the list. */
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sandmill.hpp"

using Text = std::optional<std::string>;

static std::uint32_t hash_on(std::uint32_t hash, std::string_view bytes) {
    for (unsigned char byte : bytes) hash = hash * 31 + byte;
    return hash;
}

/* `file NAME TEXT`: the text and a newline are appended to the file. */
static void write_line(std::string_view line) {
    std::string_view rest = line.substr(std::string_view("file ").size());
    std::size_t space = rest.find(' ');
    std::string_view text = space == rest.npos ? "" : rest.substr(space + 1);
    sandmill::write_file(std::string(rest.substr(0, space)), std::string(text) + "\n");
}

/* What is in a file of the shared data, taken whole and read in parts; none if there is no such file. */
static Text describe_shared(std::string_view name) {
    auto file = sandmill::shared(std::string(name));
    if (!file) return std::nullopt;
    std::uint32_t parts = 0;
    std::uint64_t offset = 0;
    char part[1000];
    while (std::size_t read = file->read_at(offset, part, sizeof part)) {
        parts = hash_on(parts, {part, read});
        offset += read;
    }
    return "size " + std::to_string(file->len()) + ", hash " + std::to_string(hash_on(0, file->bytes())) + ", in parts " +
           std::to_string(offset) + ", hash " + std::to_string(parts) + ", beyond " +
           std::to_string(file->read_at(offset + 1, part, sizeof part));
}

static void tell(sandmill::Input &input, std::uint64_t number, std::string_view text, const Text &note) {
    sandmill::emit({
        {"line", number},
        {"text", text},
        {"length", text.size()},
        {"above", static_cast<std::int64_t>(text.size()) - 10},
        {"half_more", static_cast<double>(text.size()) + 0.5},
        {"is_long", text.size() > 20},
        {"note", note},
        {"source", input.path()},
    });
}

/* One row about all of the input, which is taken whole or read in parts, and written to the file `copy` if there is one. */
static sandmill::Result read_at_once(sandmill::Input &input, bool whole, const Text &copy, const Text &note) {
    std::string size = input.len() ? std::to_string(*input.len()) : "unknown";
    std::uint32_t hash = 0;
    if (whole) {
        std::string_view bytes = input.bytes();
        hash = hash_on(hash, bytes);
        if (copy) sandmill::write_file(*copy, bytes);
    } else {
        std::optional<sandmill::OutputFile> file;
        if (copy) file.emplace(*copy);
        char part[10000];
        while (std::size_t len = input.read(part, sizeof part)) {
            hash = hash_on(hash, {part, len});
            if (file) file->write({part, len});
        }
    }
    std::uint64_t len = input.len().value();
    sandmill::emit({
        {"line", input.first_record().value_or(0)},
        {"text", "at " + std::to_string(input.chunk_offset()) + ", size " + size + ", hash " + std::to_string(hash)},
        {"length", len},
        {"above", static_cast<std::int64_t>(len) - 10},
        {"half_more", static_cast<double>(len) + 0.5},
        {"is_long", len > 20},
        {"note", note},
        {"source", input.path()},
    });
    return sandmill::done;
}

static sandmill::Result tour(sandmill::Input &input) {
    auto note = sandmill::param("note");
    if (auto read = sandmill::param("read")) return read_at_once(input, *read == "whole", sandmill::param("copy"), note);
    while (auto line = input.next_line()) {
        auto [text, number, offset] = *line;
        std::string reason = "line " + std::to_string(number) + " asks for it";
        if (!sandmill::is_utf8(text)) line->reject("not text");
        else if (text.empty()) line->reject("empty");
        else if (text == "skip") return sandmill::skip(reason);
        else if (text == "fail") return sandmill::fail(reason);
        else if (text.substr(0, 4) == "log ") sandmill::log(std::string(text));
        else if (text.substr(0, 5) == "file ") write_line(text);
        else if (text.substr(0, 7) == "shared ") {
            if (auto described = describe_shared(text.substr(7))) tell(input, number, *described, note);
            else line->reject("not shared");
        } else tell(input, number, text, note);
    }
    return sandmill::done;
}

SANDMILL_PROCESSOR(tour, "line", "text", "length", "above", "half_more", "is_long", "note", "source")
