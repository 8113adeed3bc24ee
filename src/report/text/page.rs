//! The page: the only way onto it for any text. Everything is made safe to show, wrapped to the width, and coloured
//! only if asked for, in this order; so neither a control character of a log nor a colour ever counts as width.

use crate::escape::Sanitized;

/// Columns of a page.
pub(super) const WIDTH: usize = 100;

/// Whether a text report is coloured.
///
/// The library does not look at terminals or the environment; the caller does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    colour: bool,
}

impl Style {
    /// No escape sequence at all: for files, pipes and `NO_COLOR`.
    pub const fn plain() -> Self {
        Self { colour: false }
    }

    /// ANSI colours, for terminals.
    pub const fn colour() -> Self {
        Self { colour: true }
    }
}

/// What a piece of text says by its colour, beside its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Somebody has to act.
    Bad,
    /// Look at it when there is time.
    Warn,
    /// All is well.
    Good,
    /// A heading.
    Strong,
}

impl Tone {
    const fn sequence(self) -> &'static str {
        match self {
            Self::Bad => "\x1b[1;31m",
            Self::Warn => "\x1b[33m",
            Self::Good => "\x1b[32m",
            Self::Strong => "\x1b[1m",
        }
    }
}

const RESET: &str = "\x1b[0m";

/// Lines of at most [`WIDTH`] columns.
pub(super) struct Page {
    out: String,
    style: Style,
}

impl Page {
    pub(super) fn new(style: Style) -> Self {
        Self { out: String::new(), style }
    }

    pub(super) fn finish(self) -> String {
        self.out
    }

    /// An empty line.
    pub(super) fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A heading on a line of its own.
    pub(super) fn heading(&mut self, text: &str) {
        self.blank();
        self.lead(0, text, Tone::Strong, "");
    }

    /// A paragraph, its further lines indented like the first; nothing at all where there are no words.
    pub(super) fn text(&mut self, indent: usize, text: &str) {
        if !text.is_empty() {
            self.labelled(indent, "", indent, text);
        }
    }

    /// A paragraph that begins with coloured words.
    pub(super) fn lead(&mut self, indent: usize, words: &str, tone: Tone, text: &str) {
        let words = safe(words);
        let whole = if text.is_empty() { words.clone() } else { format!("{words} {}", safe(text)) };
        let mut lines = wrap(&whole, WIDTH - indent).into_iter();
        let first = lines.next().unwrap_or_default();
        match first.strip_prefix(words.as_str()) {
            Some(rest) if self.style.colour => {
                let painted = format!("{}{words}{RESET}{rest}", tone.sequence());
                self.line(indent, &painted);
            }
            _ => self.line(indent, &first),
        }
        lines.for_each(|line| self.line(indent, &line));
    }

    /// A label, and a paragraph beside it that stays in its own columns from `column` on.
    pub(super) fn labelled(&mut self, indent: usize, label: &str, column: usize, text: &str) {
        let mut label = safe(label);
        for line in wrap(&safe(text), WIDTH - column) {
            let pad = column.saturating_sub(indent + width(&label));
            self.line(indent, &format!("{label}{:pad$}{line}", ""));
            label.clear();
        }
    }

    /// One line of a table; cells have been made to fit.
    pub(super) fn row(&mut self, indent: usize, row: &str) {
        self.line(indent, &safe(row));
    }

    fn line(&mut self, indent: usize, line: &str) {
        let line = line.trim_end();
        if !line.is_empty() {
            self.out.extend(std::iter::repeat_n(' ', indent));
            self.out.push_str(line);
        }
        self.out.push('\n');
    }
}

/// Foreign text as it may be shown.
pub(super) fn safe(text: &str) -> String {
    Sanitized(text.as_bytes()).to_string()
}

/// Columns a terminal needs. Combining characters count as one, so the answer may be too large, never too small.
pub(in crate::report) fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// East Asian wide and emoji blocks take two columns (Unicode Standard Annex 11, by block).
const fn char_width(c: char) -> usize {
    match c {
        '\u{1100}'..='\u{115f}'
        | '\u{231a}'..='\u{231b}'
        | '\u{23e9}'..='\u{23fa}'
        | '\u{25fd}'..='\u{27bf}'
        | '\u{2b1b}'..='\u{2b55}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe10}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{16fe0}'..='\u{18d08}'
        | '\u{1aff0}'..='\u{1b2ff}'
        | '\u{1d300}'..='\u{1d37f}'
        | '\u{1f000}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// `text` shortened in its middle to `room` columns: names differ at both ends.
pub(super) fn fit(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let half = room.saturating_sub(1) / 2;
    let head = take(text.chars(), room.saturating_sub(1) - half);
    let tail: String = take(text.chars().rev(), half).chars().rev().collect();
    format!("{head}…{tail}")
}

/// As many characters as fit into `room` columns.
fn take(chars: impl Iterator<Item = char>, room: usize) -> String {
    let mut left = room;
    chars
        .take_while(|c| {
            let fits = char_width(*c) <= left;
            left = left.saturating_sub(char_width(*c));
            fits
        })
        .collect()
}

/// Lines of at most `room` columns, broken at spaces, within a word only where it alone is longer. A number stays with
/// its unit. At least one line.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let room = room.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    let mut words = text.split(' ').filter(|w| !w.is_empty()).peekable();
    while let Some(word) = words.next() {
        let unit = words.peek().filter(|_| is_number(word)).map_or(0, |next| width(next) + 1);
        let apart = usize::from(used > 0);
        let needed = apart + width(word);
        if used > 0 && (used + needed > room || (used + needed + unit > room && width(word) + unit <= room)) {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        for c in word.chars() {
            if used + char_width(c) > room {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += char_width(c);
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// `27`, `(27`, `6,000`, `0.1`: what follows is its unit.
fn is_number(word: &str) -> bool {
    let word = word.trim_start_matches(['(', '<']);
    word.ends_with(|c: char| c.is_ascii_digit())
        && word.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_spaces_and_within_words_only_where_it_must() {
        for (text, lines) in [
            ("", vec![""]),
            ("  ", vec![""]),
            ("one two", vec!["one two"]),
            ("one two three", vec!["one two", "three"]),
            ("one (27 min)", vec!["one", "(27 min)"]),
            ("a 6,000 responses", vec!["a 6,000", "response", "s"]),
            ("one abcdefghij", vec!["one", "abcdefgh", "ij"]),
            ("漢字漢字漢", vec!["漢字漢字", "漢"]),
        ] {
            assert_eq!(wrap(text, 8), lines);
        }
    }

    #[test]
    fn shortens_in_the_middle() {
        assert_eq!(fit("payments", 8), "payments");
        assert_eq!(fit("payments-eu", 8), "paym…-eu");
        assert_eq!(fit("漢字漢字漢", 6), "漢…漢");
        assert_eq!(fit("abc", 1), "…");
        for room in 1..20 {
            assert!(width(&fit("payments-漢字-eu-west-1", room)) <= room, "{room}");
        }
    }
}
