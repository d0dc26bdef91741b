//! Text of guests and file names, made fit for a terminal.
//!
//! A terminal obeys what is written to it: escape sequences move the cursor or retitle the window, and characters for
//! writing from right to left make a text look like another one. They are shown as what they are. Letters of every
//! script stay.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` as one line without anything that a terminal would act upon.
pub fn printable(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// As [`printable`], but lines stay lines, and tabs tabs.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escape(text, |character| matches!(character, '\n' | '\t'))
}

/// The beginning of `text` as one printable line of about `most_chars`.
pub fn excerpt(text: &str, most_chars: usize) -> String {
    match text.char_indices().nth(most_chars) {
        Some((end, _)) => format!("{}…", printable(&text[..end])),
        None => printable(text).into_owned(),
    }
}

fn escape(text: &str, keep: fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|character| is_unsafe(character) && !keep(character)) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if !is_unsafe(character) || keep(character) {
            escaped.push(character);
            continue;
        }
        // Writing to a string cannot fail.
        let _ = match character {
            '\n' => escaped.write_str("\\n"),
            '\r' => escaped.write_str("\\r"),
            '\t' => escaped.write_str("\\t"),
            '\0'..='\x7f' => write!(escaped, "\\x{:02x}", u32::from(character)),
            _ => write!(escaped, "\\u{{{:x}}}", u32::from(character)),
        };
    }
    Cow::Owned(escaped)
}

fn is_unsafe(character: char) -> bool {
    match character {
        // C0, DEL, C1: escape sequences begin with one of these.
        _ if character.is_control() => true,
        // The direction of writing: marks, embeddings, overrides, isolates.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        // Ends of lines and paragraphs, to some terminals.
        '\u{2028}' | '\u{2029}' => true,
        // Nothing to be seen: zero width, deprecated formatting, byte order mark, tags.
        '\u{200b}' | '\u{2060}' | '\u{206a}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}' => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_of_any_script_stays() {
        for text in ["", "a/b c.json", "Äpfel, 苹果, تفاح", "👩\u{200d}🔬", "a\\xFFb"] {
            assert!(matches!(printable(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn escape_sequences_are_shown() {
        assert_eq!(printable("\x1b[2J\x1b]0;pwned\x07"), "\\x1b[2J\\x1b]0;pwned\\x07");
        assert_eq!(printable("\u{9b}31m\x7f\0"), "\\u{9b}31m\\x7f\\x00");
    }

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(printable("a\nb\r\tc\u{2028}d\u{85}"), "a\\nb\\r\\tc\\u{2028}d\\u{85}");
        assert_eq!(printable_lines("a\n\tb\r\n\x1b"), "a\n\tb\\r\n\\x1b");
    }

    #[test]
    fn the_direction_of_writing_cannot_be_turned() {
        assert_eq!(printable("exe.\u{202e}gpj\u{2066}\u{200f}"), "exe.\\u{202e}gpj\\u{2066}\\u{200f}");
    }

    #[test]
    fn invisible_characters_are_seen() {
        assert_eq!(printable("a\u{200b}b\u{feff}\u{e0041}"), "a\\u{200b}b\\u{feff}\\u{e0041}");
    }

    #[test]
    fn an_excerpt_is_cut_between_characters() {
        assert_eq!(excerpt("äöü", 3), "äöü");
        assert_eq!(excerpt("äöü\n", 3), "äöü…");
        assert_eq!(excerpt("\n\n\n", 1), "\\n…");
    }
}
