//! What a spreadsheet takes for a formula, and how a CSV file keeps it from that.

use std::borrow::Cow;

/// What becomes of cells that a spreadsheet would compute.
#[derive(serde::Serialize, serde::Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum CsvFormulas {
    /// They are written as they are.
    #[default]
    Keep,
    /// An apostrophe goes before them.
    Escape,
}

impl CsvFormulas {
    /// `text` as it stands in a CSV file.
    pub fn cell(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Escape if is_formula(text) => Cow::Owned(format!("'{text}")),
            _ => Cow::Borrowed(text),
        }
    }
}

/// Whether a spreadsheet might compute `text`. A number is what it seems.
fn is_formula(text: &str) -> bool {
    match text.as_bytes().first() {
        Some(b'=' | b'@' | b'\t' | b'\r') => true,
        Some(b'+' | b'-') => !is_number(&text[1..]),
        _ => false,
    }
}

/// Whether `text` is digits, perhaps with a fraction and an exponent.
fn is_number(text: &str) -> bool {
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) =
        text.split_once(['e', 'E']).map_or((text, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let (whole, fraction) =
        mantissa.split_once('.').map_or((mantissa, None), |(whole, fraction)| (whole, Some(fraction)));
    let is_exponent = |exponent: &str| are_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    are_digits(whole) && fraction.is_none_or(are_digits) && exponent.is_none_or(is_exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_compute_gets_an_apostrophe_and_numbers_do_not() {
        let escaped = |text: &str| CsvFormulas::Escape.cell(text).into_owned();
        for text in [
            "=1+1", "=", "@SUM(A1)", "\t=1", "\r=1", "+A1", "-A1", "-", "+", "-1+1", "-1e", "--1", "-.5", "-1.",
            "-1e5+A1", "-é",
        ] {
            assert_eq!(escaped(text), format!("'{text}"));
            assert_eq!(CsvFormulas::Keep.cell(text), text);
        }
        for text in ["", "1", "-5", "+5", "-1.50", "-1e-9", "+2.5E+10", "a=1", " =1", "'=1", "é"] {
            assert_eq!(escaped(text), text);
        }
    }
}
