/*
 * Sums up what is in each basket: count-fruits with the SDK for C++.
 *
 * The parser reads the very JSON that this job knows, an object of categories which are objects of names and counts, and
 * refuses everything else.
 */
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sandmill.hpp"

namespace {

constexpr std::array<const char *, 3> categories = {"fruits", "vegetables", "meat"};

// The largest count, and the largest sum: up to here every JSON implementation can tell whole numbers apart.
constexpr std::uint64_t count_max = (std::uint64_t{1} << 53) - 1;

struct Basket {
    // Nothing for a category that is missing.
    std::array<std::optional<std::uint64_t>, categories.size()> sums;
};

// Reads a basket from text that is UTF-8. Each function that reads something gives false, or nothing, if it is not there;
// then `error` says what is wrong.
class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    const char *error() const { return error_; }
    std::size_t offset() const { return at_; }

    std::optional<Basket> basket() {
        Basket basket;
        if (!object([&] { return category(basket); })) return std::nullopt;
        if (peek_token() || at_ < text_.size()) return wrong("there is more behind the object"), std::nullopt;
        return basket;
    }

  private:
    std::string_view text_;
    std::size_t at_ = 0;
    const char *error_ = nullptr;

    bool wrong(const char *error) {
        error_ = error;
        return false;
    }

    // The next byte; 0 at the end, which no token is.
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    char peek_token() {
        while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') at_++;
        return peek();
    }

    bool accept(char token) {
        if (peek_token() != token) return false;
        at_++;
        return true;
    }

    // Reads an object, and each of its members with `member`.
    template <typename Member> bool object(Member member) {
        if (!accept('{')) return wrong("expected an object");
        if (accept('}')) return true;
        do {
            if (!member()) return false;
        } while (accept(','));
        return accept('}') || wrong("expected `,` or `}`");
    }

    bool category(Basket &basket) {
        std::string name;
        if (!string(name)) return false;
        std::size_t i = 0;
        while (i < categories.size() && name != categories[i]) i++;
        if (i == categories.size()) return wrong("unknown category");
        if (basket.sums[i]) return wrong("a category is there twice");
        if (!accept(':')) return wrong("expected `:`");
        basket.sums[i] = 0;
        return object([&, this] { return count(*basket.sums[i]); });
    }

    // A name and a count, which is added to the sum.
    bool count(std::uint64_t &sum) {
        std::string name;
        if (!string(name)) return false;
        if (!accept(':')) return wrong("expected `:`");
        char first = peek_token();
        std::size_t start = at_;
        std::uint64_t number = 0;
        for (; peek() >= '0' && peek() <= '9'; at_++) {
            number = number * 10 + static_cast<std::uint64_t>(peek() - '0');
            if (number > count_max) return wrong("a count is more than 2^53 - 1");
        }
        if (at_ == start) return wrong("expected a count");
        if (first == '0' && at_ - start > 1) return wrong("a count begins with 0");
        if (peek() == '.' || peek() == 'e' || peek() == 'E') return wrong("a count is not a whole number");
        sum += number;
        return sum <= count_max || wrong("the counts add up to more than 2^53 - 1");
    }

    // Appends a string to `text`; of characters beyond ASCII that are escaped, `?` will do.
    bool string(std::string &text) {
        if (!accept('"')) return wrong("expected a string");
        while (peek() != '"') {
            if (at_ == text_.size()) return wrong("a string does not end");
            char byte = text_[at_++];
            if (static_cast<unsigned char>(byte) < 0x20) return wrong("a control character in a string");
            if (byte != '\\') text += byte;
            else if (auto code = escape()) text += *code > 0 && *code < 0x80 ? static_cast<char>(*code) : '?';
            else return false;
        }
        at_++;
        return true;
    }

    // The code point of an escape, of which the backslash has been read.
    std::optional<std::uint32_t> escape() {
        constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
        char letter = peek();
        at_++;
        if (auto place = letters.find(letter); place != letters.npos) return meanings[place];
        if (letter != 'u') return wrong("unknown escape"), std::nullopt;
        auto code = hex4();
        if (!code || *code < 0xD800 || *code > 0xDFFF) return code;
        if (*code > 0xDBFF || text_.substr(at_, 2) != "\\u") return wrong("half of a surrogate pair"), std::nullopt;
        at_ += 2;
        auto low = hex4();
        if (!low) return low;
        if (*low < 0xDC00 || *low > 0xDFFF) return wrong("half of a surrogate pair"), std::nullopt;
        return 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
    }

    std::optional<std::uint32_t> hex4() {
        std::uint32_t code = 0;
        for (int i = 0; i < 4; i++, at_++) {
            char byte = peek();
            if (byte >= '0' && byte <= '9') code = code << 4 | static_cast<std::uint32_t>(byte - '0');
            else if (byte >= 'a' && byte <= 'f') code = code << 4 | static_cast<std::uint32_t>(byte - 'a' + 10);
            else if (byte >= 'A' && byte <= 'F') code = code << 4 | static_cast<std::uint32_t>(byte - 'A' + 10);
            else return wrong("expected four hexadecimal digits"), std::nullopt;
        }
        return code;
    }
};

sandmill::Result count_fruits(sandmill::Input &input) {
    std::string_view text = input.bytes();
    if (!sandmill::is_utf8(text)) return sandmill::fail("the input is not UTF-8");
    Parser parser(text);
    auto basket = parser.basket();
    if (!basket) return sandmill::fail("byte " + std::to_string(parser.offset()) + ": " + parser.error());

    // A basket without meat is a basket: what is missing counts 0.
    auto &[fruits, vegetables, meat] = basket->sums;
    sandmill::emit({
        {"fruits", fruits.value_or(0)},
        {"vegetables", vegetables.value_or(0)},
        {"meat", meat.value_or(0)},
    });
    return sandmill::done;
}

} // namespace

SANDMILL_PROCESSOR(count_fruits, "fruits", "vegetables", "meat")
