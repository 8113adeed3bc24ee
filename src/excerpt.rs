//! [`Excerpt`]: a line with a caret under the place where reading it failed.

use std::fmt;
use std::ops::Range;

use crate::error::{FormatError, LineError};
use crate::escape::Sanitized;
use crate::schema::Schema;

/// Columns of an excerpt where the format asks for no width.
const WIDTH: usize = 100;
/// Fewer columns show nothing.
const MIN_WIDTH: usize = 16;

/// Three lines for people: the part of the text around the place, a caret under it, and the reason.
///
/// The text is [`Sanitized`]; `…` stands where it was cut. It fits 100 columns, or as many as the width in the format
/// asks: `{:80}`. The reason is not cut. There is no line break at the end.
#[derive(Debug, Clone)]
pub struct Excerpt<'a> {
    text: &'a [u8],
    /// INVARIANT: `start <= end <= text.len()`.
    place: Range<usize>,
    reason: Reason<'a>,
}

#[derive(Debug, Clone)]
enum Reason<'a> {
    Line(LineError, Option<&'a str>),
    Format(&'a FormatError),
}

impl LineError {
    /// Shows the place in `line`, which must be the line that was refused. With the schema of the format the column
    /// is named.
    ///
    /// ```
    /// use brownout::{Format, Spans, Template};
    /// let format = Template::nginx("$remote_addr [$time_local] $status")?;
    /// let line = b"127.0.0.1 [22/Nov/2026:07:08:40 +0000] 2oo";
    /// let error = format.parse(line, &mut Spans::new()).unwrap_err();
    /// assert_eq!(
    ///     error.render(line, Some(format.schema())).to_string(),
    ///     "127.0.0.1 [22/Nov/2026:07:08:40 +0000] 2oo\n\
    ///     \x20                                      ^\n\
    ///      byte 39, reading status: the status is not a number of one to three digits"
    /// );
    /// # Ok::<(), brownout::FormatError>(())
    /// ```
    pub fn render<'a>(&self, line: &'a [u8], schema: Option<&'a Schema>) -> Excerpt<'a> {
        let at = self.offset().min(line.len());
        let column = schema.and_then(|s| s.columns().get(usize::from(self.column()))).map(|c| &*c.name);
        Excerpt { text: line, place: at..at, reason: Reason::Line(*self, column) }
    }
}

impl FormatError {
    /// Shows the place in `text`, which must be the text that was refused.
    ///
    /// ```
    /// let text = "$remote_addr $";
    /// let error = brownout::Template::nginx(text).unwrap_err();
    /// let shown = error.render(text).to_string();
    /// assert!(shown.starts_with("$remote_addr $\n             ^\nformat text, byte 13: "));
    /// ```
    pub fn render<'a>(&'a self, text: &'a str) -> Excerpt<'a> {
        let range = self.range();
        let end = range.end.min(text.len());
        Excerpt { text: text.as_bytes(), place: range.start.min(end)..end, reason: Reason::Format(self) }
    }
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let window = self.window(f.width().unwrap_or(WIDTH).max(MIN_WIDTH));
        writeln!(f, "{}{}", window.before, window.after)?;
        writeln!(f, "{:blanks$}{:^<marks$}", "", "", blanks = columns(&window.before), marks = window.marks)?;
        match &self.reason {
            Reason::Line(error, Some(column)) => {
                let what = error.kind().message();
                write!(f, "byte {}, reading {}: {what}", error.offset(), Sanitized(column.as_bytes()))
            }
            Reason::Line(error, None) => write!(f, "{error}"),
            Reason::Format(error) => write!(f, "{}", Sanitized(error.to_string().as_bytes())),
        }
    }
}

/// What is shown before and from the place on.
struct Window {
    before: String,
    after: String,
    marks: usize,
}

impl Excerpt<'_> {
    fn window(&self, width: usize) -> Window {
        let Range { start, end } = self.place;
        // A character has at most four bytes: nothing that could be shown lies further away.
        let (from, to) = (start.saturating_sub(4 * width), self.text.len().min(start + 4 * width));
        let left = self.text.get(from..start).unwrap_or_default();
        let torn = if from == 0 { 0 } else { left.iter().take(3).take_while(|&&b| b & 0xc0 == 0x80).count() };
        let before = Sanitized(left.get(torn..).unwrap_or_default()).to_string();
        let after = Sanitized(self.text.get(start..to).unwrap_or_default()).to_string();
        let (left, right) = (columns(&before), columns(&after).max(1));
        let cut_left = from > 0 || (left + right > width && left > width * 2 / 3);
        let room = if cut_left { (width - right.min(width)).max(width * 2 / 3) } else { left };
        let before = if cut_left { last(&before, room) } else { before };
        let room = width - columns(&before);
        let after = if to < self.text.len() || right > room { first(&after, room) } else { after };
        let marked = Sanitized(self.text.get(start..end.min(to)).unwrap_or_default()).to_string();
        Window { before, after, marks: columns(&marked).clamp(1, room.max(1)) }
    }
}

/// The beginning of `text` with `…`, in at most `room` columns.
fn first(text: &str, room: usize) -> String {
    let mut left = room.saturating_sub(1);
    let fits = |c: &char| {
        let fits = columns_of(*c) <= left;
        left = left.saturating_sub(columns_of(*c));
        fits
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// The end of `text` after `…`, in at most `room` columns.
fn last(text: &str, room: usize) -> String {
    let mut left = room.saturating_sub(1);
    let start = text.char_indices().rev().take_while(|(_, c)| {
        let fits = columns_of(*c) <= left;
        left = left.saturating_sub(columns_of(*c));
        fits
    });
    let start = start.last().map_or(text.len(), |(at, _)| at);
    ["…", &text[start..]].concat()
}

fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// Columns a terminal gives a character: the blocks that are wide or that sit on the character before. Rare
/// characters can be off by one; then the caret is.
fn columns_of(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::LineErrorKind;
    use crate::format::Format;
    use crate::record::Spans;
    use crate::template::Template;

    fn show(line: &[u8], offset: usize, width: usize) -> String {
        let error = LineError::new(LineErrorKind::Literal, offset, usize::MAX);
        format!("{:width$}", error.render(line, None))
    }

    #[test]
    fn windows() {
        for (line, offset, expected) in [
            (&b""[..], 0, "\n^"),
            (b"abc", 0, "abc\n^"),
            (b"abc", 2, "abc\n  ^"),
            (b"abc", 3, "abc\n   ^"),
            (b"abc", 9, "abc\n   ^"),
            (b"a\x1b[2Jb", 5, "a\\x1b[2Jb\n        ^"),
            (b"a\tb", 1, "a\\x09b\n ^"),
            ("漢字b".as_bytes(), 6, "漢字b\n    ^"),
            ("e\u{301}b".as_bytes(), 3, "e\u{301}b\n ^"),
            // in the middle of a character
            ("é".as_bytes(), 1, "\\xc3\\xa9\n    ^"),
        ] {
            let reason = format!("byte {offset}: a fixed part of the format is missing");
            assert_eq!(show(line, offset, 31), format!("{expected}\n{reason}"));
        }
    }

    /// The caret stands under the byte it is about, wherever the line was cut.
    #[test]
    fn windows_of_long_lines() {
        let line = b"0123456789".repeat(10);
        for (offset, cut_before, cut_after) in
            [(0, false, true), (20, false, true), (50, true, true), (95, true, false), (100, true, false)]
        {
            let shown = show(&line, offset, 31);
            let (text, marks) = shown.split_once('\n').unwrap();
            let caret = marks.lines().next().map_or(0, columns);
            assert_eq!(columns(text).max(caret), 31, "{shown}");
            assert_eq!((text.starts_with('…'), text.ends_with('…')), (cut_before, cut_after), "{shown}");
            let under = marks.find('^').and_then(|column| text.chars().nth(column));
            assert_eq!(under, line.get(offset).map(|&b| b as char), "{shown}");
        }
    }

    /// Whatever the bytes: no control character, no more columns than asked for, and the caret within them.
    #[test]
    fn any_bytes_at_any_place() {
        let mut seed = 11u64;
        let mut next = move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize
        };
        let letters = ["a", "\x1b", "é", "漢", "\u{202e}", "\u{301}", "😀"];
        for round in 0..300 {
            let mut line: Vec<u8> =
                (0..next() % 120).flat_map(|_| letters[next() % letters.len()].bytes()).collect();
            if round % 2 == 0 {
                for byte in &mut line {
                    if next() % 9 == 0 {
                        *byte = next() as u8;
                    }
                }
            }
            for width in [0, 16, 17, 40, 100] {
                let offset = next() % (line.len() + 2);
                let shown = show(&line, offset, width);
                assert_eq!(shown.lines().count(), 3);
                for shown in shown.lines().take(2) {
                    assert!(columns(shown) <= width.max(16), "{width} {offset} {shown:?}");
                    assert!(!shown.chars().any(char::is_control), "{shown:?}");
                }
            }
        }
    }

    #[test]
    fn columns_are_named_and_frames_counted() {
        let format = Template::nginx(r#"$remote_addr [$time_local] "$request" $status"#)
            .unwrap()
            .framed(crate::input::Framing::Rfc3164);
        let line =
            br#"<190>Nov 22 07:12:27 vm nginx: 127.0.0.1 [22/Nov/2026:07:12:27 +0000] "GET / HTTP/1.1" x"#;
        let error = format.parse(line, &mut Spans::new()).unwrap_err();
        let shown = error.render(line, Some(format.schema())).to_string();
        let blanks = " ".repeat(line.len() - 1);
        assert_eq!(
            shown,
            format!(
                "{}\n{blanks}^\nbyte 87, reading status: the status is not a number of one to three digits",
                String::from_utf8_lossy(line)
            )
        );
    }

    #[test]
    fn format_texts() {
        let text = "$remote_addr $status $";
        let error = FormatError::new(13..20, "a\nb");
        assert_eq!(
            error.render(text).to_string(),
            "$remote_addr $status $\n             ^^^^^^^\nformat text, byte 13: a\\x0ab"
        );
        let outside = FormatError::new(90..99, "x");
        assert!(outside.render(text).to_string().contains("\n                      ^\n"));
    }
}
