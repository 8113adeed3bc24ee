//! [`Sanitized`] for people, [`SanitizedJson`] for programs.

use std::fmt::{self, Write};

/// Foreign bytes, shown safely.
///
/// Everything that could move a cursor, start a terminal sequence, break a line, turn the reading direction or
/// hide is written out:
/// - bytes as `\xHH`: C0 (tab and line break too), DEL, and what is not UTF-8, C1 among it;
/// - characters as `\u{…}`: C1 (U+0080–009F), directions (U+061C, U+200E–200F, U+202A–202E, U+2066–2069),
///   separators of lines and paragraphs (U+2028–2029), interlinear marks (U+FFF9–FFFB), and those that show nothing:
///   what Unicode calls `Default_Ignorable_Code_Point` (soft hyphen, zero widths, joiners, fillers, tags, variation
///   selectors …), but for U+FE0E and U+FE0F, which choose between text and emoji.
///
/// Everything else stays, the backslash too: producers write escapes of their own with it, and what a report shows
/// should be found in the log by a plain search. So this is for showing; it cannot be turned back.
///
/// Width, fill and precision count characters of what is shown.
///
/// ```
/// use brownout::Sanitized;
/// assert_eq!(Sanitized(b"GET /\x1b[2J").to_string(), r"GET /\x1b[2J");
/// assert_eq!(Sanitized("caf\u{e9} \u{202e}gpj.exe".as_bytes()).to_string(), r"café \u{202e}gpj.exe");
/// assert_eq!(format!("{:?} {:>6}|", Sanitized(b"a\xff"), Sanitized(b"b")), "\"a\\xff\"      b|");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sanitized<'a>(pub &'a [u8]);

impl Sanitized<'_> {
    fn write(self, out: &mut impl Write) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            write_text(out, chunk.valid())?;
            for byte in chunk.invalid() {
                write!(out, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Writes stretches of harmless text whole.
fn write_text(out: &mut impl Write, mut text: &str) -> fmt::Result {
    while let Some((at, c)) = text.char_indices().find(|&(_, c)| is_hostile(c)) {
        let (harmless, rest) = text.split_at(at);
        out.write_str(harmless)?;
        if c.is_ascii() {
            write!(out, "\\x{:02x}", u32::from(c))?;
        } else {
            write!(out, "\\u{{{:x}}}", u32::from(c))?;
        }
        text = rest.strip_prefix(c).unwrap_or_default();
    }
    out.write_str(text)
}

/// Whether a terminal could do anything with it but show it, or would show nothing.
///
/// `Default_Ignorable_Code_Point` as in `DerivedCoreProperties.txt` of Unicode 17, whole blocks where only reserved
/// characters would be left between.
pub(crate) const fn is_hostile(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A JSON text of any writer, in which nothing acts: every character that [`Sanitized`] writes out, and `<`, stands as
/// a `\u` escape of JSON. What a parser reads is the same.
///
/// JSON writers escape what JSON demands: quotes, backslashes and C0. DEL, C1, marks of direction and characters that
/// show nothing pass through most of them, and on to whoever looks at the file.
///
/// ```
/// use brownout::SanitizedJson;
/// let json = serde_json::json!({ "upstream": "a\u{9b}2J\u{202e}<b>" }).to_string();
/// assert_eq!(SanitizedJson(&json).to_string(), r#"{"upstream":"a\u009b2J\u202e\u003cb>"}"#);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SanitizedJson<'a>(pub &'a str);

impl fmt::Display for SanitizedJson<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.0;
        while let Some((at, c)) = text.char_indices().find(|&(_, c)| acts_in_json(c)) {
            let (harmless, rest) = text.split_at(at);
            f.write_str(harmless)?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(f, "\\u{unit:04x}")?;
            }
            text = rest.strip_prefix(c).unwrap_or_default();
        }
        f.write_str(text)
    }
}

/// White space between values stays: within strings it is escaped already. `<` could end a script in a page.
const fn acts_in_json(c: char) -> bool {
    c == '<' || is_hostile(c) && !matches!(c, '\t' | '\n' | '\r')
}

impl fmt::Display for Sanitized<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.width().is_none() && f.precision().is_none() {
            return self.write(f);
        }
        let mut shown = String::with_capacity(self.0.len());
        self.write(&mut shown)?;
        f.pad(&shown)
    }
}

impl fmt::Debug for Sanitized<'_> {
    /// As shown, in quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        self.write(f)?;
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_alone() {
        for byte in 0..=255_u8 {
            let expected = match byte {
                0x20..0x7f => (byte as char).to_string(),
                _ => format!("\\x{byte:02x}"),
            };
            assert_eq!(Sanitized(&[byte]).to_string(), expected);
            assert_eq!(Sanitized(&[b'a', byte, b'z']).to_string(), format!("a{expected}z"));
            assert_eq!(format!("{:?}", Sanitized(&[byte])), format!("\"{expected}\""));
        }
    }

    /// Over all characters: what is shown has no hostile one, and harmless text is unchanged.
    #[test]
    fn every_character() {
        let mut written_out = 0;
        for c in '\0'..=char::MAX {
            let mut buffer = [0; 4];
            let text = &*c.encode_utf8(&mut buffer);
            let shown = Sanitized(text.as_bytes()).to_string();
            if shown != text {
                written_out += 1;
                let number = u32::from(c);
                let expected =
                    if c.is_ascii() { format!("\\x{number:02x}") } else { format!("\\u{{{number:x}}}") };
                assert_eq!(shown, expected);
            }
            assert!(!shown.chars().any(char::is_control), "{shown:?}");
        }
        // C0, DEL and C1; soft hyphen, U+034F, U+061C, U+3164, U+FEFF and U+FFA0; the ranges in their order
        assert_eq!(written_out, 32 + 33 + 6 + 2 + 2 + 5 + 5 + 7 + 16 + 14 + 12 + 4 + 8 + 4096);
    }

    /// Over all characters: a parser reads the same, and nothing acts.
    #[test]
    fn every_character_in_json() {
        for c in '\0'..=char::MAX {
            let value = format!("a{c}z");
            let json = serde_json::to_string(&value).unwrap();
            let shown = SanitizedJson(&json).to_string();
            assert!(!shown.chars().any(|c| is_hostile(c) || c == '<'), "{shown:?}");
            if shown != json {
                assert!(is_hostile(c) || c == '<');
                assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), value);
            }
        }
        let pretty = "{\n\t\"a\": [1,\r\n 2]\n}";
        assert_eq!(SanitizedJson(pretty).to_string(), pretty, "white space between values stays");
    }

    #[test]
    fn the_list() {
        let hostile = "\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\
                       \u{2067}\u{2068}\u{2069}\u{feff}\u{80}\u{9b}\u{9f}\0\t\n\r\x1b\x7f\u{2060}\u{2064}\u{3164}\u{e0001}\u{e0041}\
                       \u{e007f}\u{e0100}";
        for c in hostile.chars() {
            assert!(is_hostile(c), "{c:?}");
        }
        for c in "\\\"'<>{}~ \u{a0}é€漢한😀❤\u{fe0f}\u{fffd}\u{301}".chars() {
            assert!(!is_hostile(c), "{c:?}");
        }
    }

    #[test]
    fn mixtures() {
        for (bytes, shown) in [
            (&b""[..], ""),
            (b"\x1b]8;;http://evil\x07x\x1b]8;;\x07", r"\x1b]8;;http://evil\x07x\x1b]8;;\x07"),
            (b"\x9b2J\xc2\x9b2J", r"\x9b2J\u{9b}2J"),
            (b"caf\xe9 caf\xc3\xa9", r"caf\xe9 café"),
            (b"\xe2\x80", r"\xe2\x80"),
            (b"\xe2\x80\xae\xe2\x80", r"\u{202e}\xe2\x80"),
            (b"\xed\xa0\x80\xf8\xc0\x80", r"\xed\xa0\x80\xf8\xc0\x80"),
            (br"C:\x1b \\", r"C:\x1b \\"),
        ] {
            assert_eq!(Sanitized(bytes).to_string(), shown);
        }
    }

    #[test]
    fn widths() {
        let value = Sanitized("é\x1b".as_bytes());
        assert_eq!(
            format!("[{value:7}] [{value:>7}] [{value:.3}] [{value:-^7.2}]"),
            r"[é\x1b  ] [  é\x1b] [é\x] [--é\---]"
        );
    }
}
