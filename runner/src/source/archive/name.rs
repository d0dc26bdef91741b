//! Names of members: what a path in an archive is below the archive's own.

/// The key of the member `name` below that of its archive (see [`crate::task::TaskPath`]), and why no input may be called so.
/// Empty components and those that are `.` go, as in any path; the others stay, so that two names never become one by what
/// is done here, but for those that mean the same place.
pub(super) fn key_of(name: &[u8]) -> (Vec<u8>, Option<&'static str>) {
    let mut fault = None;
    if name.contains(&0) {
        fault = Some("its name has a NUL byte in it");
    } else if name.first() == Some(&b'/') || name.split(|&byte| byte == b'/').any(|component| component == b"..") {
        fault = Some("its name leads out of the archive");
    }
    let mut components: Vec<&[u8]> =
        name.split(|&byte| byte == b'/').filter(|component| !matches!(*component, b"" | b".")).collect();
    if components.is_empty() {
        fault = fault.or(Some("it has no name"));
    }
    if name.first() == Some(&b'/') {
        components.insert(0, b"");
    }
    let mut key = components.join(&0);
    if name.contains(&0) {
        // It can be no path; what is shown of it is as near as can be.
        let separated: Vec<Vec<u8>> = components
            .iter()
            .map(|component| component.iter().map(|&byte| if byte == 0 { b'?' } else { byte }).collect())
            .collect();
        key = separated.join(&0);
    }
    (key, fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_relative_path_or_is_refused() {
        let key = |name: &str| {
            let (key, fault) = key_of(name.as_bytes());
            (String::from_utf8(key).unwrap().replace('\0', "/"), fault)
        };
        for (name, expected) in [("a", "a"), ("./a//b/./c", "a/b/c"), ("a\\..\\b", "a\\..\\b"), ("...", "...")] {
            assert_eq!(key(name), (expected.to_owned(), None), "{name}");
        }
        for (name, expected) in [("../a", "../a"), ("a/../b", "a/../b"), ("/etc/passwd", "/etc/passwd"), ("..", "..")] {
            let (shown, fault) = key(name);
            assert_eq!(shown, expected, "{name}");
            assert!(fault.is_some_and(|fault| fault.contains("leads out")), "{name}");
        }
        assert_eq!(key("a\0b/c"), ("a?b/c".to_owned(), Some("its name has a NUL byte in it")));
        assert_eq!(key(""), (String::new(), Some("it has no name")));
        assert_eq!(key("./."), (String::new(), Some("it has no name")));
    }
}
