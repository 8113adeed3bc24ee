//! A format text as the product's own parser sees it, after the configuration file's quoting is undone, with
//! the way back to the bytes the user gave: every mistake is reported there.

use std::ops::Range;

use crate::error::FormatError;

/// Text, and for each of its bytes the range of the user's text it came from.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    text: String,
    places: Vec<(usize, usize)>,
}

impl Source {
    /// Appends a character that stands at `place` of the user's text.
    pub(super) fn push(&mut self, c: char, place: Range<usize>) {
        self.text.push(c);
        self.places.resize(self.text.len(), (place.start, place.end));
    }

    /// `range` of the user's text, undoing backslash escapes: `escape` says what a backslash and the character
    /// after it stand for, `None` where both stand for themselves.
    pub(super) fn unescaped(text: &str, range: Range<usize>, escape: impl Fn(char) -> Option<char>) -> Self {
        let mut source = Self::default();
        let Some(part) = text.get(range.clone()) else { return source };
        let mut chars = part.char_indices().map(|(i, c)| (i + range.start, c)).peekable();
        while let Some((at, c)) = chars.next() {
            let pair = if c == '\\' { chars.peek().copied() } else { None };
            match pair.and_then(|(i, next)| Some((i, next, escape(next)?))) {
                Some((i, next, meant)) => {
                    chars.next();
                    source.push(meant, at..i + next.len_utf8());
                }
                None => source.push(c, at..at + c.len_utf8()),
            }
        }
        source
    }

    /// Appends what `other` holds.
    pub(super) fn append(&mut self, other: &Self) {
        self.text.push_str(&other.text);
        self.places.extend_from_slice(&other.places);
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where `range` of [`text`](Self::text) stands in the user's text.
    pub(super) fn place(&self, range: Range<usize>) -> Range<usize> {
        let end_of_all = self.places.last().map_or(0, |p| p.1);
        let start = self.places.get(range.start).map_or(end_of_all, |p| p.0);
        let last = range.end.checked_sub(1).filter(|&last| last >= range.start);
        let end = last.and_then(|last| self.places.get(last)).map_or(end_of_all, |p| p.1);
        start..end.max(start)
    }

    pub(super) fn error(&self, range: Range<usize>, message: impl Into<String>) -> FormatError {
        FormatError::new(self.place(range), message)
    }
}

/// `range` without the blanks and line breaks around it: what a paste brings along.
pub(super) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let Some(part) = text.get(range.clone()) else { return range };
    let start = range.start + (part.len() - part.trim_start().len());
    start..start + part.trim().len()
}

/// The inside of a text that is one quoted string from end to end: `"… \"%r\" …"`. `None` where an unescaped
/// quote stands in between: then the quotes belong to the format.
pub(super) fn inside_quotes(text: &str, range: Range<usize>, quote: char) -> Option<Range<usize>> {
    let inner = text.get(range.clone())?.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut escaped = false;
    for c in inner.chars() {
        if c == quote && !escaped {
            return None;
        }
        escaped = c == '\\' && !escaped;
    }
    (!escaped).then_some(range.start + 1..range.end - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_lead_back_to_the_users_text() {
        let text = r#"xx a\"bé"#;
        let source = Source::unescaped(text, 3..text.len(), |c| (c == '"').then_some('"'));
        assert_eq!(source.text(), "a\"bé");
        assert_eq!(source.place(1..2), 4..6);
        assert_eq!(source.place(0..3), 3..7);
        assert_eq!(source.place(3..5), 7..9);
        assert_eq!(source.place(5..5), 9..9);
        assert_eq!(Source::default().place(0..7), 0..0);
    }

    #[test]
    fn quotes_around_everything_are_the_config_files() {
        let cases = [
            (r#""%h \"%r\"""#, Some(1..10)),
            (r#""%r" %s "%u""#, None),
            (r#""a\""#, None),
            (r#"""#, None),
            ("", None),
            (r#""""#, Some(1..1)),
        ];
        for (text, want) in cases {
            assert_eq!(inside_quotes(text, 0..text.len(), '"'), want, "{text}");
        }
        assert_eq!(trimmed(" \n a b\r\n", 0..8), 3..6);
        assert_eq!(trimmed("  ", 0..2), 2..2);
    }
}
