/*
 * sandmill's SDK for C++ (from C++17): sandmill.h in the manner of C++.
 *
 *     #include "sandmill.hpp"
 *
 *     static sandmill::Result count(sandmill::Input &input) {
 *         std::uint64_t lines = 0;
 *         while (input.next_line()) lines++;
 *         sandmill::emit({{"bytes", input.len()}, {"lines", lines}});
 *         return sandmill::done;
 *     }
 *
 *     SANDMILL_PROCESSOR(count, "bytes", "lines")
 *
 * Compile it together with sandmill.c into a WASI reactor, without exceptions. What is given to you is yours to read
 * until your function returns. Memory that runs out ends the task, as `out_of_memory`.
 */
#ifndef SANDMILL_HPP
#define SANDMILL_HPP

#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "sandmill.h"

namespace sandmill {

/*
 * How a task ends: `return sandmill::done`, `fail("...")` or `skip("...")`. Rows and files count only if it is
 * done.
 */
using Result = sandmill_result;
inline constexpr Result done = SANDMILL_DONE;

inline Result fail(const std::string &message) { return sandmill_fail(message.c_str()); }
inline Result skip(const std::string &reason) { return sandmill_skip(reason.c_str()); }

/* A line of the input, without its `\n` or `\r\n`. Valid until the next is read. */
struct Line {
    std::string_view text;  /* any bytes */
    std::uint64_t number{}; /* counted from 1 */
    std::uint64_t offset{}; /* of its first byte in the input */

    /* Reports that this line could not be used. The task goes on. */
    void reject(const std::string &reason) const {
        sandmill_reject(number, static_cast<std::int64_t>(offset), reason.c_str());
    }
};

/* The input of a task. */
class Input {
  public:
    explicit Input(sandmill_input *input) : input_(input) {}

    /*
     * The size of the whole input in bytes. That of a large input which is decompressed on the way is not known before
     * all of it has been read.
     */
    std::optional<std::uint64_t> len() const {
        std::int64_t len = sandmill_input_len(input_);
        if (len < 0) return std::nullopt;
        return static_cast<std::uint64_t>(len);
    }

    /* The path of the input, as the `path` column of the results shows it. */
    std::string_view path() { return sandmill_input_path(input_); }

    /* The whole input, or what has not been read of it. It may hold any bytes. */
    std::string_view bytes() {
        std::size_t len = 0;
        const char *bytes = sandmill_input_bytes(input_, &len);
        return {bytes, len};
    }

    /* Reads on, at most `len` bytes into `buffer`; the number of bytes read, 0 at the end. */
    std::size_t read(char *buffer, std::size_t len) { return sandmill_read(input_, buffer, len); }

    /* Reads the next line; none at the end. Only a small part of the input is in memory. */
    std::optional<Line> next_line() {
        sandmill_line line;
        if (!sandmill_next_line(input_, &line)) return std::nullopt;
        return Line{{line.text, line.len}, line.number, line.offset};
    }

    /* Where in its file the input begins, in bytes: 0 unless it is a chunk of one (`--split`). */
    std::uint64_t chunk_offset() const { return sandmill_chunk_offset(input_); }

    /* The number of the input's first record in its file, counted from 1, if it is known. 1 for a whole file. */
    std::optional<std::uint64_t> first_record() const {
        std::uint64_t number = sandmill_first_record(input_);
        if (number == 0) return std::nullopt;
        return number;
    }

  private:
    sandmill_input *input_;
};

/* JSON that is to be a value as it is: an array or an object, in one cell. */
struct Json {
    std::string_view text;
};

/* A value of a row: a whole number, a floating one, a bool, a text, or nullptr for an empty cell. */
class Value {
  public:
    Value(std::nullptr_t) {}
    Value(bool value) : value_(value) {}
    template <typename T, std::enable_if_t<std::is_arithmetic_v<T>, int> = 0> Value(T value) {
        if constexpr (std::is_floating_point_v<T>) value_ = static_cast<double>(value);
        else if constexpr (std::is_signed_v<T>) value_ = static_cast<std::int64_t>(value);
        else value_ = static_cast<std::uint64_t>(value);
    }
    Value(const char *value) : value_(std::string_view(value)) {}
    Value(std::string_view value) : value_(value) {}
    Value(const std::string &value) : value_(std::string_view(value)) {}
    Value(Json value) : value_(value) {}
    template <typename T> Value(const std::optional<T> &value) {
        if (value) *this = Value(*value);
    }

    /* Puts this value into the row that is being made. */
    void put(const char *name) const {
        if (auto *unsigned_value = std::get_if<std::uint64_t>(&value_)) sandmill_put_uint(name, *unsigned_value);
        else if (auto *signed_value = std::get_if<std::int64_t>(&value_)) sandmill_put_int(name, *signed_value);
        else if (auto *number = std::get_if<double>(&value_)) sandmill_put_double(name, *number);
        else if (auto *truth = std::get_if<bool>(&value_)) sandmill_put_bool(name, *truth);
        else if (auto *text = std::get_if<std::string_view>(&value_))
            sandmill_put_text_n(name, text->data(), text->size());
        else if (auto *json = std::get_if<Json>(&value_)) sandmill_put_json(name, json->text.data(), json->text.size());
        else sandmill_put_null(name);
    }

  private:
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string_view, Json> value_;
};

/* The name of a column, and its value in a row. */
struct Field {
    const char *name;
    Value value;
};

/* Emits a row. A name may come once in a row only. */
inline void emit(std::initializer_list<Field> row) {
    for (const Field &field : row) field.value.put(field.name);
    sandmill_emit();
}

/*
 * Gives a file with these bytes: `files/<path of the input>/<name>` in the output folder, once the task is done. A name
 * has folders if it has slashes. If there is a file of this name, the bytes are appended to it. A name that leads
 * elsewhere ends the task as `bad_output`.
 */
inline void write_file(const std::string &name, std::string_view bytes) {
    sandmill_write_file(name.c_str(), bytes.data(), bytes.size());
}

/*
 * A file that is written piece by piece, where its bytes at once would need too much memory. What has been written is
 * handed over in portions, and the rest when this object goes. See `write_file` for names.
 */
class OutputFile {
  public:
    /* Begins a file, or goes on at the end of the one that has this name. */
    explicit OutputFile(std::string name) : name_(std::move(name)) {
        write_file(name_, {}); /* it is there though nothing is ever written to it */
    }
    OutputFile(const OutputFile &) = delete;
    OutputFile &operator=(const OutputFile &) = delete;
    ~OutputFile() { flush(); }

    void write(std::string_view bytes) {
        if (held_.size() + bytes.size() > portion) flush();
        if (bytes.size() > portion) write_file(name_, bytes);
        else held_ += bytes;
    }

    /* Hands over what has been written. */
    void flush() {
        if (!held_.empty()) write_file(name_, held_);
        held_.clear();
    }

  private:
    static constexpr std::size_t portion = 64 << 10;
    std::string name_;
    std::string held_;
};

/* A file of the shared data. */
class Shared {
  public:
    /* `name` is one that `sandmill_shared_len` knows: see `shared`. */
    Shared(std::string name, std::uint64_t len) : name_(std::move(name)), len_(len) {}

    /* Its size in bytes. */
    std::uint64_t len() const { return len_; }

    /* Reads from `offset` on, at most `len` bytes into `buffer`; the number of bytes read, 0 at the end and beyond. */
    std::size_t read_at(std::uint64_t offset, char *buffer, std::size_t len) const {
        return sandmill_shared_read(name_.c_str(), offset, buffer, len);
    }

    /* All of it. It may hold any bytes. */
    std::string bytes() const {
        std::size_t len = 0;
        char *bytes = sandmill_shared(name_.c_str(), &len);
        std::string copy(bytes, len);
        std::free(bytes);
        return copy;
    }

  private:
    std::string name_;
    std::uint64_t len_;
};

/*
 * The file `name` of the data that every task may read (`--share`), if there is one: the name of the file that is
 * shared, or its path in the folder that is.
 */
inline std::optional<Shared> shared(const std::string &name) {
    std::int64_t len = sandmill_shared_len(name.c_str());
    if (len < 0) return std::nullopt;
    return Shared(name, static_cast<std::uint64_t>(len));
}

/* Whether all of a text is valid UTF-8. */
inline bool is_utf8(std::string_view text) { return sandmill_is_utf8(text.data(), text.size()); }

/* Adds a line to the task's log. */
inline void log(const std::string &line) { sandmill_log(line.c_str()); }

/* The value of `--param <name>=<value>`, if there is such a parameter. */
inline std::optional<std::string> param(const char *name) {
    char *value = sandmill_param(name);
    if (value == nullptr) return std::nullopt;
    std::string text = value;
    std::free(value);
    return text;
}

} // namespace sandmill

/*
 * Makes a function `sandmill::Result function(sandmill::Input &)` the processor of this program. The columns of all rows
 * follow, in order; none if they depend on the input.
 */
#define SANDMILL_PROCESSOR(function, ...) SANDMILL_PROCESSOR_WITH_INIT(function, nullptr __VA_OPT__(, ) __VA_ARGS__)

/* The same with a function `sandmill::Result init()`, called once in every sandbox, before the first task. */
#define SANDMILL_PROCESSOR_WITH_INIT(function, init_function, ...)                                                     \
    static const char *const sandmill_column_names[] = {__VA_ARGS__ __VA_OPT__(, ) nullptr};                           \
    static sandmill_result sandmill_process_input(sandmill_input *input) {                                             \
        sandmill::Input wrapped(input);                                                                                \
        return function(wrapped);                                                                                      \
    }                                                                                                                  \
    const sandmill_processor sandmill_main = {                                                                         \
        sandmill_process_input,                                                                                        \
        sandmill_column_names[0] == nullptr ? nullptr : sandmill_column_names,                                         \
        init_function,                                                                                                 \
    };

#endif
