//! Frames that are JSON objects: the members at the top, and strings unescaped into a buffer.
//!
//! Tolerant and forward only: nested values are passed by counting brackets, nothing is checked that is not needed to
//! find the next member.

use memchr::{memchr, memchr2};

use super::Framing;

/// A value, as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value<'a> {
    /// The inside of a string, escapes and all.
    Text(&'a [u8]),
    /// A number, a list, an object, `true`, `null`.
    Other(&'a [u8]),
}

/// What Docker kept of a line.
pub(super) struct Docker<'a> {
    /// `stderr` rather than `stdout`.
    pub(super) stderr: bool,
    log: &'a [u8],
}

impl<'a> Docker<'a> {
    /// The inside of the string, escapes and all.
    pub(super) const fn raw(&self) -> &'a [u8] {
        self.log
    }

    pub(super) fn append_to(&self, buffer: &mut Vec<u8>) {
        unescape(self.log, buffer);
    }
}

/// `{"log":"…","stream":"stdout","time":"…"}`.
pub(super) fn docker(line: &[u8]) -> Option<Docker<'_>> {
    let (mut log, mut stderr) = (None, false);
    for (key, value) in members(line) {
        match (key, value) {
            (b"log", Value::Text(text)) => log = Some(text),
            (b"stream", Value::Text(text)) => stderr = text == b"stderr",
            _ => {}
        }
    }
    Some(Docker { stderr, log: log? })
}

/// Appends the message of a journal entry. A message that is no UTF-8 is a list of bytes, one over the limit of
/// `journalctl` is `null`, which counts as empty.
pub(super) fn journal(line: &[u8], buffer: &mut Vec<u8>) -> Option<()> {
    match find(line, b"MESSAGE")? {
        Value::Text(text) => unescape(text, buffer),
        Value::Other(b"null") => {}
        Value::Other(list) => bytes(list, buffer)?,
    }
    Some(())
}

/// Appends the line that a shipper kept as a string.
pub(super) fn shipped(line: &[u8], buffer: &mut Vec<u8>) -> Option<()> {
    let kept = [&b"message"[..], b"log", b"msg"].into_iter().find_map(|key| text(line, key))?;
    unescape(kept, buffer);
    Some(())
}

/// The inside of the string at `key`.
pub(super) fn text<'a>(line: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    match find(line, key)? {
        Value::Text(text) => Some(text),
        Value::Other(_) => None,
    }
}

/// A frame, or an object of its own.
pub(super) fn classify(line: &[u8]) -> Framing {
    let has = |key: &[u8]| find(line, key).is_some();
    if has(b"log") && has(b"time") && matches!(text(line, b"stream"), Some(b"stdout" | b"stderr")) {
        Framing::DockerJson
    } else if has(b"MESSAGE") && has(b"__REALTIME_TIMESTAMP") {
        Framing::JournalJson
    } else {
        Framing::None
    }
}

fn find<'a>(line: &'a [u8], key: &[u8]) -> Option<Value<'a>> {
    members(line).find(|&(k, _)| k == key).map(|(_, value)| value)
}

/// The members of the object `line` is; ends where it stops being one.
fn members(line: &[u8]) -> impl Iterator<Item = (&[u8], Value<'_>)> {
    let mut rest = trim(line).strip_prefix(b"{");
    std::iter::from_fn(move || {
        let (key, after) = string(trim(rest.take()?))?;
        let (value, after) = value(trim(trim(after).strip_prefix(b":")?))?;
        rest = trim(after).strip_prefix(b",");
        Some((key, value))
    })
}

fn trim(text: &[u8]) -> &[u8] {
    text.trim_ascii_start()
}

/// The inside of a string, and what comes after it.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = text.strip_prefix(b"\"")?;
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', inside.get(at..)?)?;
        if inside[at] == b'"' {
            return Some((&inside[..at], &inside[at + 1..]));
        }
        at += 2;
    }
}

fn value(text: &[u8]) -> Option<(Value<'_>, &[u8])> {
    if text.first() == Some(&b'"') {
        return string(text).map(|(inside, rest)| (Value::Text(inside), rest));
    }
    let mut depth = 0u32;
    let mut rest = text;
    while let Some(&byte) = rest.first() {
        match byte {
            b'"' => {
                rest = string(rest)?.1;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' if depth == 0 => break,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        rest = &rest[1..];
    }
    let (value, rest) = text.split_at(text.len() - rest.len());
    Some((Value::Other(value.trim_ascii_end()), rest))
}

/// Appends `[104,105]` as bytes.
fn bytes(list: &[u8], buffer: &mut Vec<u8>) -> Option<()> {
    let inside = list.strip_prefix(b"[")?.strip_suffix(b"]")?.trim_ascii();
    if inside.is_empty() {
        return Some(());
    }
    for number in inside.split(|&b| b == b',') {
        let number = std::str::from_utf8(number.trim_ascii()).ok()?;
        buffer.push(number.parse().ok()?);
    }
    Some(())
}

/// Appends the text of which `raw` is the inside of a JSON string. Escapes that are none stay as they are; a lone half
/// of a surrogate pair becomes U+FFFD.
fn unescape(raw: &[u8], buffer: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = memchr(b'\\', rest) {
        buffer.extend_from_slice(&rest[..at]);
        rest = escape(&rest[at..], buffer);
    }
    buffer.extend_from_slice(rest);
}

/// Appends the one character that `text` begins with, escaped; what comes after it.
fn escape<'a>(text: &'a [u8], buffer: &mut Vec<u8>) -> &'a [u8] {
    let byte = match text.get(1) {
        Some(&byte @ (b'"' | b'\\' | b'/')) => byte,
        Some(b'n') => b'\n',
        Some(b't') => b'\t',
        Some(b'r') => b'\r',
        Some(b'b') => 0x08,
        Some(b'f') => 0x0C,
        Some(b'u') => return unicode(text, buffer),
        _ => {
            buffer.push(b'\\');
            return &text[1..];
        }
    };
    buffer.push(byte);
    &text[2..]
}

/// `\u0041`, or two of them that are a surrogate pair.
fn unicode<'a>(text: &'a [u8], buffer: &mut Vec<u8>) -> &'a [u8] {
    let Some(first) = unit(text) else {
        buffer.push(b'\\');
        return &text[1..];
    };
    let second = unit(&text[6..]).filter(|_| (0xD800..0xDC00).contains(&first));
    let units = [first, second.unwrap_or(0)];
    let (decoded, used) = match char::decode_utf16(units).next() {
        Some(Ok(decoded)) => (decoded, if decoded > '\u{FFFF}' { 12 } else { 6 }),
        _ => (char::REPLACEMENT_CHARACTER, 6),
    };
    buffer.extend_from_slice(decoded.encode_utf8(&mut [0; 4]).as_bytes());
    &text[used..]
}

/// The number of `\u0041` at the start of `text`.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |number, &digit| {
        let value = char::from(digit).to_digit(16)?;
        Some(number << 4 | value as u16)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_unescaped_like_serde_json_does() {
        for raw in [
            r#""""#,
            r#""plain""#,
            r#""\"\\\/\b\f\n\r\t""#,
            r#""\u0041\u00e9\u20AC""#,
            r#""\ud83d\ude00 smile""#,
            r#""caf\u00e9 \u001b[2J""#,
            r#""é raw""#,
        ] {
            let expected: String = serde_json::from_str(raw).unwrap();
            let (inside, rest) = string(raw.as_bytes()).unwrap();
            assert!(rest.is_empty());
            let mut out = Vec::new();
            unescape(inside, &mut out);
            assert_eq!(out, expected.as_bytes(), "{raw}");
        }
    }

    #[test]
    fn what_is_no_escape_stays() {
        for (raw, expected) in [
            (r"\", r"\"),
            (r"a\", r"a\"),
            (r"\x41", r"\x41"),
            (r"\u12", r"\u12"),
            (r"\u12G4", r"\u12G4"),
            (r"\ud83d", "\u{FFFD}"),
            (r"\ud83d\n", "\u{FFFD}\n"),
            (r"\ude00\ud83d", "\u{FFFD}\u{FFFD}"),
            (r"\ud83d\u0041", "\u{FFFD}A"),
        ] {
            let mut out = Vec::new();
            unescape(raw.as_bytes(), &mut out);
            assert_eq!(out, expected.as_bytes(), "{raw}");
        }
    }

    #[test]
    fn members_are_those_at_the_top() {
        let line = br#" { "a" : [1,{"log":"no, [\" }"}] ,"b":{"c":"]"}, "log" : "yes", "n": -1.5e3 } "#;
        let found: Vec<_> = members(line).map(|(key, _)| key).collect();
        assert_eq!(found, [&b"a"[..], b"b", b"log", b"n"]);
        assert_eq!(text(line, b"log"), Some(&b"yes"[..]));
        assert_eq!(find(line, b"n"), Some(Value::Other(b"-1.5e3")));
        for broken in
            [&b""[..], b"{", b"{\"", b"{\"a", b"{\"a\"", b"{\"a\":", b"{\"a\":\"x", b"{\"a\":\"x\\", b"[]"]
        {
            assert_eq!(find(broken, b"b"), None, "{broken:?}");
        }
    }
}
