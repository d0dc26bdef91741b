/*
 * How often each k-mer, a word of k bases, is in the sequences of a FASTA file.
 *
 * A k-mer is a number of 2 k bits, two for each base, so that the next one is made by shifting, and the counts are a table.
 */
#include <charconv>
#include <cstdint>
#include <string>
#include <vector>

#include "sandmill.hpp"

namespace {

constexpr std::string_view bases = "ACGT";

// The table has 4^k counts of 8 bytes: 128 MiB for this.
constexpr unsigned k_max = 12;
constexpr unsigned k_default = 4;

unsigned k = k_default;

sandmill::Result read_parameters() {
    auto text = sandmill::param("k");
    if (!text) return sandmill::done;
    const char *end = text->data() + text->size();
    auto [stop, error] = std::from_chars(text->data(), end, k);
    if (error != std::errc{} || stop != end || k < 1 || k > k_max)
        return sandmill::fail("--param k=" + *text + ": a whole number from 1 to " + std::to_string(k_max) + " is expected");
    return sandmill::done;
}

class Counter {
  public:
    explicit Counter(unsigned k) : k_(k), mask_((std::uint32_t{1} << 2 * k) - 1), counts_(std::size_t{1} << 2 * k) {}

    // The next letter of a sequence.
    void add(char letter) {
        auto base = bases.find(letter >= 'a' ? static_cast<char>(letter - 'a' + 'A') : letter);
        if (base == bases.npos) return begin_sequence();
        word_ = (word_ << 2 | static_cast<std::uint32_t>(base)) & mask_;
        if (length_ < k_) length_++;
        if (length_ == k_) counts_[word_]++;
    }

    // No k-mer goes on from what was before.
    void begin_sequence() { length_ = 0; }

    void emit_rows() const {
        std::string kmer(k_, ' ');
        for (std::size_t word = 0; word < counts_.size(); word++) {
            if (counts_[word] == 0) continue;
            for (unsigned i = 0; i < k_; i++) kmer[i] = bases[word >> 2 * (k_ - 1 - i) & 3];
            sandmill::emit({{"kmer", kmer}, {"count", counts_[word]}});
        }
    }

  private:
    unsigned k_;
    std::uint32_t mask_;
    std::vector<std::uint64_t> counts_;
    std::uint32_t word_ = 0;
    // How many bases of the sequence are in the word.
    unsigned length_ = 0;
};

sandmill::Result count_kmers(sandmill::Input &input) {
    Counter counter(k);
    bool has_header = false;
    while (auto line = input.next_line()) {
        if (line->text.empty() || line->text.front() == ';') continue; // a comment, in old files
        if (line->text.front() == '>') {
            has_header = true;
            counter.begin_sequence();
        } else if (!has_header) {
            line->reject("a sequence without a header");
        } else {
            for (char letter : line->text) counter.add(letter);
        }
    }
    counter.emit_rows();
    return sandmill::done;
}

} // namespace

SANDMILL_PROCESSOR_WITH_INIT(count_kmers, read_parameters, "kmer", "count")
