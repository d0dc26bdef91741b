//! Lists as tables: a header, then a line for each input, with tabs between the cells. Nothing quotes or escapes; a value
//! with a tab or a newline in it needs the other format.

use std::io::BufRead;
use std::str;

use anyhow::{Result, bail};

use super::{Entry, checked_path, for_each_line};
use crate::param::{self, Params};

/// The column of paths. Every other one is a parameter.
const PATH: &str = "path";

/// An empty cell gives no parameter.
pub fn read(reader: impl BufRead, mut take: impl FnMut(Entry)) -> Result<()> {
    let mut header = None;
    for_each_line(reader, |line, number| {
        let Some(header) = &header else {
            header = Some(Header::read(line)?);
            return Ok(());
        };
        take(header.entry(line, number)?);
        Ok(())
    })?;
    if header.is_none() {
        bail!("it is empty: its first line is to name the columns, {PATH} among them");
    }
    Ok(())
}

struct Header {
    names: Vec<Box<str>>,
    path: usize,
}

impl Header {
    fn read(line: &[u8]) -> Result<Self, String> {
        let line = str::from_utf8(line).map_err(|_| "the header is not UTF-8".to_owned())?;
        let names: Vec<Box<str>> = line.split('\t').map(Box::from).collect();
        let path = names.iter().position(|name| **name == *PATH).ok_or_else(|| {
            let names = names.join(", ");
            let names: String = names.chars().take(100).collect();
            format!("the header has no column {PATH}; it has {names:?}, and columns are separated by tabs")
        })?;
        for (place, name) in names.iter().enumerate() {
            if names[..place].contains(name) {
                return Err(format!("the header has the column {name} twice"));
            }
            param::check_name(name)?;
        }
        Ok(Self { names, path })
    }

    fn entry(&self, line: &[u8], number: u64) -> Result<Entry, String> {
        let cells: Vec<&[u8]> = line.split(|&byte| byte == b'\t').collect();
        if cells.len() != self.names.len() {
            return Err(format!("it has {} columns, and the header {}", cells.len(), self.names.len()));
        }
        let mut params = Vec::new();
        for (place, (name, cell)) in self.names.iter().zip(&cells).enumerate() {
            if place != self.path && !cell.is_empty() {
                let value = str::from_utf8(cell).map_err(|_| format!("the value of {name} is not UTF-8"))?;
                params.push((name.clone(), value.into()));
            }
        }
        Ok(Entry { path: checked_path(cells[self.path])?, params: Some(Params::new(params)?), line: number })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::ListFormat::Tsv;
    use crate::source::list::testing::{entries, refusal, shown};

    #[test]
    fn every_column_but_the_path_is_a_parameter() {
        let text = "lang\tpath\tn\nde\ta b.txt\t1\n\n\tc.txt\t2\nfr\td\"\t\n";
        assert_eq!(
            shown(text, Tsv),
            [r#"2 a b.txt {"lang":"de","n":"1"}"#, r#"4 c.txt {"n":"2"}"#, r#"5 d" {"lang":"fr"}"#]
        );
        assert_eq!(shown("path\na\n", Tsv), ["2 a {}"]);
    }

    #[test]
    fn lists_of_other_systems_are_read() {
        assert_eq!(shown("\u{feff}path\tn\r\na\t1\r\n", Tsv), [r#"2 a {"n":"1"}"#]);
        assert_eq!(entries(b"path\n\xff", Tsv).unwrap().len(), 1, "a path is bytes");
    }

    #[test]
    fn a_bad_line_is_told_by_its_number_and_what_is_wrong() {
        for (text, reason) in [
            (&b"a\tb\n"[..], "line 1: the header has no column path"),
            (b"path,n\na,1\n", "columns are separated by tabs"),
            (b"path\ta\ta\n", "line 1: the header has the column a twice"),
            (b"path\ta b\n", "line 1: a parameter's name"),
            (b"path\t\xff\n", "line 1: the header is not UTF-8"),
            (b"path\tn\na\t1\nb\n", "line 3: it has 1 columns, and the header 2"),
            (b"path\tn\na\t1\t\n", "line 2: it has 3 columns"),
            (b"path\tn\n\t1\n", "line 2: its path is empty"),
            (b"path\tn\na\0\t1\n", "line 2: its path has a NUL"),
            (b"path\tn\na\t\xff\n", "line 2: the value of n is not UTF-8"),
            (b"path\tn\na\tx\0\n", "line 2: a parameter's value has no NUL"),
            (b"", "it is empty"),
        ] {
            let refusal = refusal(text, Tsv);
            assert!(refusal.contains(reason), "{refusal}");
        }
    }
}
