/* What the SDK for C++ can do. Each line of the input says what is to be done; the README beside has the list. */
#include <cstdint>
#include <string>

#include "sandmill.hpp"

static sandmill::Result tour(sandmill::Input &input) {
    auto note = sandmill::param("note");
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
