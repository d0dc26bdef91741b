//! One line of an access log: `host ident user [time] "request" status bytes`, and maybe more behind it.

/// What a line says. Quoted text is as it is in the log: a `\"` in it stays one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub(crate) host: &'a str,
    /// As in RFC 3339.
    pub(crate) time: String,
    pub(crate) request: RequestLine<'a>,
    pub(crate) status: u16,
    /// 0 where the log says `-`.
    pub(crate) bytes: u64,
}

/// A request, if the client has sent one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RequestLine<'a>(Option<(&'a str, &'a str, Option<&'a str>)>);

impl<'a> RequestLine<'a> {
    /// Method, target, protocol. HTTP/0.9 names no protocol.
    pub(crate) fn unzip(self) -> (Option<&'a str>, Option<&'a str>, Option<&'a str>) {
        self.0.map_or((None, None, None), |(method, target, protocol)| (Some(method), Some(target), protocol))
    }
}

impl<'a> Entry<'a> {
    /// # Errors
    /// What is wrong with the line.
    pub(crate) fn parse(line: &'a str) -> Result<Self, &'static str> {
        let (host, rest) = line.split_once(' ').ok_or("it has no fields")?;
        // Names of users may hold spaces, so the time is found by its bracket.
        let (_, rest) = rest.split_once(" [").ok_or("it has no time")?;
        let (time, rest) = rest.split_once("] \"").ok_or("it has no request")?;
        let (request, rest) = split_quoted(rest).ok_or("its request does not end")?;
        let mut fields = rest.trim_start().split(' ');
        let status = fields.next().filter(|field| field.len() == 3).and_then(|field| field.parse().ok());
        let bytes = match fields.next() {
            Some("-") => Some(0),
            Some(field) => field.parse().ok(),
            None => None,
        };
        Ok(Self {
            host: Some(host).filter(|host| !host.is_empty()).ok_or("it has no host")?,
            time: rfc3339(time).ok_or("its time is none")?,
            request: parse_request(request).ok_or("its request is none")?,
            status: status.ok_or("its status is no number of three digits")?,
            bytes: bytes.ok_or("its bytes are no number")?,
        })
    }
}

/// The text up to the closing quote, and what is behind that. `\"` closes nothing.
fn split_quoted(text: &str) -> Option<(&str, &str)> {
    let mut is_escaped = false;
    let end = text.bytes().position(|byte| {
        let closes = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        closes
    })?;
    Some((&text[..end], &text[end + 1..]))
}

fn parse_request(request: &str) -> Option<RequestLine<'_>> {
    if request.is_empty() || request == "-" {
        return Some(RequestLine(None));
    }
    let (method, rest) = request.split_once(' ')?;
    // A target should hold no spaces, and does where attackers write it.
    let (target, protocol) = match rest.rsplit_once(' ') {
        Some((target, protocol)) if protocol.starts_with("HTTP/") => (target, Some(protocol)),
        _ => (rest, None),
    };
    (!method.is_empty() && !target.is_empty()).then_some(RequestLine(Some((method, target, protocol))))
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `08/Mar/2026:09:12:44 +0100` as `2026-03-08T09:12:44+01:00`.
fn rfc3339(time: &str) -> Option<String> {
    let (date, zone) = time.split_once(' ')?;
    let (date, clock) = date.split_once(':')?;
    let mut date = date.split('/');
    let (day, month, year) = (date.next()?, date.next()?, date.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let mut clock_parts = clock.split(':');
    let is_number = |text: &str, digits: usize, most: u32| {
        text.len() == digits
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && text.parse().is_ok_and(|number: u32| number <= most)
    };
    let is_clock = is_number(clock_parts.next()?, 2, 23)
        && is_number(clock_parts.next()?, 2, 59)
        && is_number(clock_parts.next()?, 2, 60)
        && clock_parts.next().is_none();
    let (sign, offset) = zone.split_at_checked(1)?;
    let is_zone = matches!(sign, "+" | "-") && is_number(offset, 4, 2359);
    let is_time = is_number(day, 2, 31) && is_number(year, 4, 9999) && date.next().is_none() && is_clock && is_zone;
    is_time.then(|| format!("{year}-{month:02}-{day}T{clock}{sign}{}:{}", &offset[..2], &offset[2..]))
}

#[cfg(test)]
mod tests {
    use super::{Entry, parse_request, rfc3339, split_quoted};

    #[test]
    fn an_entry_may_have_a_user_with_spaces_and_quotes_in_its_request() {
        let line = r#"host - Jo Miller [01/Jan/2026:00:00:00 -0330] "GET /a\"b c HTTP/2.0" 404 12 "-" "agent""#;
        let entry = Entry::parse(line).expect("an entry");
        assert_eq!((entry.host, entry.time.as_str()), ("host", "2026-01-01T00:00:00-03:30"));
        assert_eq!((entry.status, entry.bytes), (404, 12));
        assert_eq!(entry.request.unzip(), (Some("GET"), Some(r#"/a\"b c"#), Some("HTTP/2.0")));
    }

    #[test]
    fn what_is_no_entry_says_why() {
        let start = "h - - [01/Jan/2026:00:00:00 +0000] ";
        for (rest, reason) in [
            ("", "it has no request"),
            ("\"GET / HTTP/1.1", "its request does not end"),
            ("\"GET\" 200 1", "its request is none"),
            ("\"GET /\" 20 1", "its status is no number of three digits"),
            ("\"GET /\" 200", "its bytes are no number"),
            ("\"GET /\" 200 -1", "its bytes are no number"),
        ] {
            assert_eq!(Entry::parse(&format!("{start}{rest}")), Err(reason), "{rest}");
        }
        assert_eq!(Entry::parse("h - - [soon] \"-\" 200 1"), Err("its time is none"));
        assert_eq!(Entry::parse(" - - [01/Jan/2026:00:00:00 +0000] \"-\" 200 1"), Err("it has no host"));
    }

    #[test]
    fn times_are_checked() {
        for time in ["1/Jan/2026:00:00:00 +0000", "01/Jam/2026:00:00:00 +0000", "01/Jan/2026:24:00:00 +0000", "é", ""]
        {
            assert_eq!(rfc3339(time), None, "{time}");
        }
        assert_eq!(rfc3339("01/Jan/2026:00:00:00 é000"), None);
    }

    #[test]
    fn a_backslash_that_is_escaped_escapes_nothing() {
        assert_eq!(split_quoted(r#"a\\" b"#), Some((r"a\\", " b")));
        assert_eq!(split_quoted(r#"a\" b"#), None);
        assert!(parse_request("-").is_some_and(|request| request.unzip() == (None, None, None)));
    }
}
