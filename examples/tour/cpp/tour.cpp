/* What the SDK for C++ can do. Each line of the input says what is to be done; the README beside has the list. */
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sandmill.hpp"

/* One row about all of the input, which is taken whole or read in parts. */
static sandmill::Result read_at_once(sandmill::Input &input, bool whole, const std::optional<std::string> &note) {
    std::string size = input.len() ? std::to_string(*input.len()) : "unknown";
    std::uint32_t hash = 0;
    auto add = [&](std::string_view bytes) {
        for (unsigned char byte : bytes) hash = hash * 31 + byte;
    };
    if (whole) {
        add(input.bytes());
    } else {
        char part[10000];
        while (std::size_t len = input.read(part, sizeof part)) add({part, len});
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
    if (auto read = sandmill::param("read")) return read_at_once(input, *read == "whole", note);
    while (auto line = input.next_line()) {
        auto [text, number, offset] = *line;
        std::string reason = "line " + std::to_string(number) + " asks for it";
        if (!sandmill::is_utf8(text)) line->reject("not text");
        else if (text.empty()) line->reject("empty");
        else if (text == "skip") return sandmill::skip(reason);
        else if (text == "fail") return sandmill::fail(reason);
        else if (text.substr(0, 4) == "log ") sandmill::log(std::string(text));
        else
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
    return sandmill::done;
}

SANDMILL_PROCESSOR(tour, "line", "text", "length", "above", "half_more", "is_long", "note", "source")
