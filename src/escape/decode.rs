//! Undoes escapes, one rule per product.
//!
//! What the products write, by their sources: nginx `ngx_http_log_escape` and `ngx_escape_json`, Apache
//! `ap_escape_logitem`, HAProxy `lf_encode_string` with its header and URL maps; CloudFront by its manual.

use std::borrow::Cow;

/// What one escape stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning {
    Byte(u8),
    Char(char),
}

/// Reads what follows a marker: what the escape means, and how many bytes follow the marker; `None` for no escape.
type Rule = fn(&[u8]) -> Option<(Meaning, usize)>;

/// Replaces each escape, which begins with `marker`; copies only when there is one.
pub(super) fn undo(raw: &[u8], marker: u8, rule: Rule) -> Cow<'_, [u8]> {
    let mut rest = raw;
    let mut pending = 0; // bytes in front of `rest`, after the last escape, that no rule has taken
    let mut out: Option<Vec<u8>> = None;
    let mut copied = 0; // bytes of `raw` that `out` has
    while let Some(at) = memchr::memchr(marker, rest) {
        let Some(after) = rest.get(at + 1..) else { break };
        if let Some((meaning, width)) = rule(after) {
            let out = out.get_or_insert_with(|| Vec::with_capacity(raw.len()));
            out.extend_from_slice(raw.get(copied..copied + pending + at).unwrap_or_default());
            push(out, meaning);
            copied += pending + at + 1 + width;
            pending = 0;
            rest = raw.get(copied..).unwrap_or_default();
        } else {
            pending += at + 1;
            rest = after;
        }
    }
    match out {
        None => Cow::Borrowed(raw),
        Some(mut out) => {
            out.extend_from_slice(raw.get(copied..).unwrap_or_default());
            Cow::Owned(out)
        }
    }
}

fn push(out: &mut Vec<u8>, meaning: Meaning) {
    match meaning {
        Meaning::Byte(byte) => out.push(byte),
        Meaning::Char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
    }
}

/// `HH`, after `#` or `%`.
pub(super) fn pair(after: &[u8]) -> Option<(Meaning, usize)> {
    let &[high, low] = after.first_chunk()?;
    Some((Meaning::Byte(nibble(high)? << 4 | nibble(low)?), 2))
}

/// `xHH`, after a backslash.
pub(super) fn hex(after: &[u8]) -> Option<(Meaning, usize)> {
    let (meaning, width) = pair(after.strip_prefix(b"x")?)?;
    Some((meaning, width + 1))
}

/// Apache's, after a backslash.
pub(super) fn backslash(after: &[u8]) -> Option<(Meaning, usize)> {
    let byte = match *after.first()? {
        b'x' => return hex(after),
        byte @ (b'"' | b'\\') => byte,
        b'b' => 0x08,
        b't' => b'\t',
        b'n' => b'\n',
        b'v' => 0x0b,
        b'r' => b'\r',
        _ => return None,
    };
    Some((Meaning::Byte(byte), 1))
}

/// JSON's, after a backslash; and the two of Apache's and nginx's that JSON does not have.
pub(super) fn json(after: &[u8]) -> Option<(Meaning, usize)> {
    match *after.first()? {
        b'u' => unicode(after),
        b'/' => Some((Meaning::Byte(b'/'), 1)),
        b'f' => Some((Meaning::Byte(0x0c), 1)),
        _ => backslash(after),
    }
}

/// `uHHHH` or a pair of them, `uHHHH\uHHHH`, that is one character in UTF-16.
fn unicode(after: &[u8]) -> Option<(Meaning, usize)> {
    let (unit, rest) = unit(after)?;
    if let Some(c) = char::from_u32(unit) {
        return Some((Meaning::Char(c), 5));
    }
    if let (0xd800..=0xdbff, Some(second)) = (unit, rest.strip_prefix(b"\\"))
        && let Some((low @ 0xdc00..=0xdfff, _)) = self::unit(second)
        && let Some(c) = char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00))
    {
        return Some((Meaning::Char(c), 11));
    }
    Some((Meaning::Char(char::REPLACEMENT_CHARACTER), 5))
}

/// `uHHHH`: its number, and what follows.
fn unit(after: &[u8]) -> Option<(u32, &[u8])> {
    let (&[b'u', a, b, c, d], rest) = after.split_first_chunk()? else { return None };
    let number = [a, b, c, d].iter().try_fold(0, |n, &byte| Some(n << 4 | u32::from(nibble(byte)?)))?;
    Some((number, rest))
}

/// The value of a hexadecimal digit in either case.
fn nibble(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use crate::escape::Escape;

    /// nginx `ngx_http_log_escape`: `"`, `\`, controls and everything from DEL on, upper-case.
    fn nginx(bytes: &[u8]) -> Vec<u8> {
        let escape = |b: u8| matches!(b, b'"' | b'\\' | 0..0x20 | 0x7f..).then(|| format!("\\x{b:02X}"));
        encode(bytes, escape)
    }

    /// nginx `ngx_escape_json`: controls, quote and backslash; everything else raw.
    fn nginx_json(bytes: &[u8]) -> Vec<u8> {
        encode(bytes, |b| match b {
            b'"' | b'\\' => Some(format!("\\{}", b as char)),
            b'\n' => Some("\\n".into()),
            b'\r' => Some("\\r".into()),
            b'\t' => Some("\\t".into()),
            0x08 => Some("\\b".into()),
            0x0c => Some("\\f".into()),
            0..0x20 => Some(format!("\\u{b:04X}")),
            _ => None,
        })
    }

    /// Apache `ap_escape_logitem`: C's letters where there is one, else lower-case hexadecimal.
    fn apache(bytes: &[u8]) -> Vec<u8> {
        encode(bytes, |b| match b {
            b'"' | b'\\' => Some(format!("\\{}", b as char)),
            0x08 => Some("\\b".into()),
            b'\n' => Some("\\n".into()),
            b'\r' => Some("\\r".into()),
            b'\t' => Some("\\t".into()),
            0x0b => Some("\\v".into()),
            0..0x20 | 0x7f.. => Some(format!("\\x{b:02x}")),
            _ => None,
        })
    }

    /// HAProxy's captured headers: `#`, `{`, `|`, `}`, `"` and what does not print, upper-case.
    fn haproxy(bytes: &[u8]) -> Vec<u8> {
        let escape = |b: u8| {
            matches!(b, b'#' | b'{' | b'|' | b'}' | b'"' | 0..0x20 | 0x7f..).then(|| format!("#{b:02X}"))
        };
        encode(bytes, escape)
    }

    /// CloudFront: 0 to 32, 127 and up, and ``<>"#%{}|\^~[]`'``.
    fn cloudfront(bytes: &[u8]) -> Vec<u8> {
        let escape = |b: u8| {
            (matches!(b, 0..=0x20 | 0x7f..) || b"<>\"#%{}|\\^~[]`'".contains(&b)).then(|| format!("%{b:02X}"))
        };
        encode(bytes, escape)
    }

    fn encode(bytes: &[u8], escape: impl Fn(u8) -> Option<String>) -> Vec<u8> {
        bytes.iter().flat_map(|&b| escape(b).map_or_else(|| vec![b], String::into_bytes)).collect()
    }

    type Encoder = fn(&[u8]) -> Vec<u8>;
    const PRODUCTS: [(Escape, Encoder); 5] = [
        (Escape::Hex, nginx),
        (Escape::Json, nginx_json),
        (Escape::Backslash, apache),
        (Escape::Hash, haproxy),
        (Escape::Percent, cloudfront),
    ];

    #[test]
    fn what_the_products_write_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        for (escape, encode) in PRODUCTS {
            assert_eq!(escape.decode(&encode(&all)), &all[..], "{escape:?}");
            for a in 0..=255 {
                // a client that sends an escape, or the beginning of one, gets back what it sent
                for sent in
                    [vec![a], vec![b'\\', a], vec![a, b'x', b'2', b'2'], vec![b'#', a, b'2'], vec![b'%', a]]
                {
                    let written = encode(&sent);
                    let read = escape.decode(&written);
                    assert_eq!(read, &sent[..], "{escape:?} {}", written.escape_ascii());
                    assert_eq!(matches!(read, Cow::Borrowed(_)), written == sent, "{escape:?} borrows");
                }
            }
        }
    }

    #[test]
    fn all_bytes_after_the_marker() {
        for byte in 0..=255_u8 {
            let after = |escape: Escape, text: &[&[u8]]| {
                let text = text.concat();
                let read = escape.decode(&text).into_owned();
                (read != text).then_some(read)
            };
            let digit = byte.is_ascii_hexdigit();
            let low = (byte as char).to_digit(16).map(|low| vec![0x40 | low as u8]);
            let high = (byte as char).to_digit(16).map(|high| vec![(high << 4) as u8 | 1]);
            for (escape, marker) in [
                (Escape::Hex, &b"\\x"[..]),
                (Escape::Backslash, b"\\x"),
                (Escape::Json, b"\\x"),
                (Escape::Hash, b"#"),
                (Escape::Percent, b"%"),
            ] {
                assert_eq!(after(escape, &[marker, b"4", &[byte]]), low, "{escape:?} {byte}");
                assert_eq!(after(escape, &[marker, &[byte], b"1"]), high, "{escape:?} {byte}");
                assert_eq!(after(escape, &[marker, &[byte]]), None, "{escape:?} {byte}, cut short");
            }
            let letter = match byte {
                b'"' | b'\\' => Some(byte),
                b'b' => Some(8),
                b't' => Some(9),
                b'n' => Some(10),
                b'v' => Some(11),
                b'r' => Some(13),
                _ => None,
            };
            assert_eq!(after(Escape::Hex, &[b"\\", &[byte]]), None);
            assert_eq!(after(Escape::Backslash, &[b"\\", &[byte]]), letter.map(|b| vec![b]), "{byte}");
            let letter = letter.or(match byte {
                b'/' => Some(b'/'),
                b'f' => Some(12),
                _ => None,
            });
            assert_eq!(after(Escape::Json, &[b"\\", &[byte]]), letter.map(|b| vec![b]), "{byte}");
            for place in 0..4 {
                let mut hex = *b"0041";
                hex[place] = byte;
                assert_eq!(after(Escape::Json, &[b"\\u", &hex]).is_some(), digit, "{byte} at {place}");
            }
            assert_eq!(after(Escape::None, &[b"\\x4", &[byte]]), None);
        }
    }

    #[test]
    fn json_as_serde_json_reads_it() {
        let pieces = [
            "a",
            "é",
            "\\n",
            "\\\\",
            "\\/",
            "\\\"",
            "\\u0000",
            "\\u00ff",
            "\\u20AC",
            "\\ud83d\\ude00",
            "\\uFFFF",
            "u0041",
            "\\uD7ff",
            "\\ue000",
            "\\udbff\\udfff",
            "\\ud800\\udc00",
        ];
        for a in pieces {
            for b in pieces {
                let raw = format!("{a}{b}");
                let theirs: String = serde_json::from_str(&format!("\"{raw}\"")).unwrap();
                assert_eq!(Escape::Json.decode(raw.as_bytes()), theirs.as_bytes(), "{raw}");
            }
        }
    }

    #[test]
    fn json_that_is_none() {
        for (raw, read) in [
            (r"\ud83d", "\u{fffd}"),
            (r"\ude00", "\u{fffd}"),
            (r"\ud83dx", "\u{fffd}x"),
            (r"\ud83d\n", "\u{fffd}\n"),
            (r"\ud83d\u0041", "\u{fffd}A"),
            (r"\ud83d\ud83d\ude00", "\u{fffd}\u{1f600}"),
            (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
            (r"\ud83d\ude0", "\u{fffd}\\ude0"),
            (r"\ud83d\\ude00", "\u{fffd}\\ude00"),
            (r"\u12", r"\u12"),
            (r"\u+041", r"\u+041"),
            (r"\", r"\"),
            (r"\\\", r"\\"),
            (r"\q\x22\v", "\\q\"\u{b}"),
        ] {
            assert_eq!(Escape::Json.decode(raw.as_bytes()), read.as_bytes(), "{raw}");
        }
    }

    /// Lines of real servers: what stands in the log, and what the client had sent.
    #[test]
    fn real_values() {
        for (escape, raw, sent) in [
            (Escape::Hex, r"x\x22 500 0 \x22-\x22 \x22evil\x22", r#"x" 500 0 "-" "evil""#),
            (Escape::Hex, r"a\x5Cx22", r"a\x22"),
            (Escape::Hex, r"O=Acme\x5C, Inc.,CN=good client", r"O=Acme\, Inc.,CN=good client"),
            (Escape::Backslash, r"\x16\x03\x01\x02", "\x16\x03\x01\x02"),
            (Escape::Backslash, r"a\\x22", r"a\x22"),
            (Escape::Hash, r"M#22oz\illa", r#"M"oz\illa"#),
            (Escape::Percent, "Mozilla/5.0%20(a;%2520b)", "Mozilla/5.0 (a;%20b)"),
            (Escape::Json, r"1.0\/x", "1.0/x"),
            (Escape::None, r"\x22#22%22", r"\x22#22%22"),
        ] {
            assert_eq!(escape.decode(raw.as_bytes()), sent.as_bytes(), "{escape:?} {raw}");
        }
    }

    #[test]
    fn malformed_stays() {
        for (escape, raw) in [
            (Escape::Hex, &br"\\x4 \X41 \x4g x41 \"[..]),
            (Escape::Backslash, br"\q \x4 \xg1 \0 \X41"),
            (Escape::Json, br"\u \u004 \x4 \'"),
            (Escape::Hash, b"# #4 #4g ##"),
            (Escape::Percent, b"100% %4 %zz %%"),
        ] {
            assert!(matches!(escape.decode(raw), Cow::Borrowed(same) if same == raw), "{escape:?}");
        }
        assert_eq!(&*Escape::Percent.decode(b"%%41%4%41%"), b"%A%4A%", "beside ones that are well formed");
        assert_eq!(&*Escape::Hash.decode(b"##41#"), b"#A#");
    }
}
