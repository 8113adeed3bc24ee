//! The walk over one line, piece by piece: complete, for every column and every shape.
//!
//! The scanner's fast path ([`plan`](super::plan)) reads most lines by positions alone; every line that does not fit
//! it comes here, as does the full parse. The walk goes forward only. Two shapes need the right side as well: values
//! in quotes that the producer does not escape (Envoy, nginx `escape=none`) are bounded from both ends of the line,
//! and HAProxy's captured cookies end where the termination state follows.

use memchr::memmem;

use super::brisk::{Stride, stride, strides};
use super::pattern::{Pattern, Piece, Shape};
use super::search::{find, find_text_from};
use crate::error::{LineError, LineErrorKind};
use crate::escape::Escape;
use crate::record::Span;
use crate::schema::{Field, Kind};
use crate::status::Status;
use crate::time::TimeLayout;

/// A pattern ready to be walked.
#[derive(Debug, Clone)]
pub(super) struct Program {
    pub(super) steps: Vec<Step>,
    /// For lines that are as expected.
    pub(super) strides: Box<[Stride]>,
    /// How many columns there are.
    columns: usize,
    /// A line may end before this column, at a literal.
    required: usize,
    open_tail: bool,
    /// Quotes in the literals, when values in quotes are not escaped; otherwise the line is walked from the left.
    two_sided: Option<TwoSided>,
}

/// One piece, with what is needed to find its end.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Literal(Box<[u8]>),
    Column(Reach),
}

/// How the end of a column is found.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    pub(super) column: usize,
    /// The literal after the column; empty at the end of the format.
    pub(super) next: Box<[u8]>,
    pub(super) rule: Rule,
    check: Check,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Up to the first byte of the next literal.
    Byte(u8),
    /// Inside one word, the first or (for `address:port`) the last place of the next literal.
    Word {
        last: bool,
    },
    /// The first place of the whole next literal.
    First,
    /// The first place of the next literal after which a column of this width and its literal follow.
    Before {
        width: usize,
        then: u8,
    },
    /// The first quote without an odd number of backslashes before it.
    Quote,
    /// This many bytes.
    Exactly(usize),
    /// This many bytes if the next literal follows them, else like `First`.
    Width(usize),
    List,
    Cookie,
    Captures,
    /// The end of the line, or of the word.
    Line,
    LastWord,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    No,
    Status,
    /// A layout whose stamps are cheap to refuse.
    Time,
    /// `22/Nov/2026:07:08:40 +0000`, by its width: with any other the time is none, and begins or ends elsewhere.
    Clf,
    /// `2026-…`.
    Date,
    /// Not a dash, and not the second of a list: a client that comes behind the name of a host.
    Present,
    State,
}

/// Where the ambiguous stretch of a format with unescaped quotes lies: two neighbouring quoted columns, of which the
/// first begins at a known place from the left and the second ends at a known place from the right.
#[derive(Debug, Clone, Copy)]
struct TwoSided {
    quotes: usize,
    /// Index of the first ambiguous column's step.
    pivot: usize,
    /// Index of the literal step that holds the last quote of the format.
    last_quote: usize,
}

/// Width of a stamp of nginx and Apache.
pub(super) const CLF_WIDTH: usize = 26;

impl Program {
    pub(super) fn new(pattern: &Pattern) -> Self {
        let pieces = &pattern.pieces;
        let literal = |i: usize| match pieces.get(i) {
            Some(Piece::Literal(text)) => Some(text),
            _ => None,
        };
        let steps: Vec<Step> = pieces
            .iter()
            .enumerate()
            .map(|(i, piece)| match piece {
                Piece::Literal(text) => Step::Literal(text.clone()),
                Piece::Column(column) => {
                    let next = literal(i + 1).cloned().unwrap_or_default();
                    let before = i.checked_sub(1).and_then(literal);
                    Step::Column(Reach {
                        column: *column,
                        rule: rule(pattern, i, *column, before.map_or(&[], |b| b), &next),
                        next,
                        check: check(pattern, *column),
                    })
                }
            })
            .collect();
        let two_sided = two_sided(&steps, pattern);
        let columns = steps.iter().filter(|s| matches!(s, Step::Column(_))).count();
        let strides = strides(&steps);
        Self { steps, strides, columns, required: pattern.required, open_tail: pattern.open_tail, two_sided }
    }

    /// Whether values in quotes are not escaped, so that a line has to be looked at from both ends.
    pub(super) const fn is_two_sided(&self) -> bool {
        self.two_sided.is_some()
    }

    /// The column that is a client behind the name of a host: without a value, the words are those of a frame.
    pub(super) fn must_be_present(&self) -> Option<usize> {
        self.steps.iter().find_map(|step| match step {
            Step::Column(reach) if reach.check == Check::Present => Some(reach.column),
            _ => None,
        })
    }

    /// How many quotes a line has, where those in values are not escaped.
    pub(super) fn bare_quotes(&self) -> Option<usize> {
        self.two_sided.map(|two_sided| two_sided.quotes)
    }

    /// Fills `spans` (one per column, all absent before) from the whole line.
    pub(super) fn parse(&self, line: &[u8], spans: &mut [Span], strict: bool) -> Result<(), LineError> {
        if let Some(two_sided) = self.two_sided {
            let quotes = memchr::memchr_iter(b'"', line).count();
            if quotes > two_sided.quotes {
                return self.parse_from_both_ends(two_sided, line, spans);
            }
        }
        let (step, at) = stride(&self.steps, &self.strides, line, spans);
        let end = self.run(step..self.steps.len(), line, at, spans)?;
        self.tail(line, end, strict)
    }

    /// What follows the format: nothing, or fields the product appended.
    fn tail(&self, line: &[u8], end: usize, strict: bool) -> Result<(), LineError> {
        let rest = line.get(end..).unwrap_or_default();
        if rest.iter().all(u8::is_ascii_whitespace)
            || (matches!(rest[0], b' ' | b'\t') && (self.open_tail || !strict))
        {
            return Ok(());
        }
        Err(LineError::new(LineErrorKind::Trailing, end, usize::MAX))
    }

    /// Walks `steps` from byte `at`; returns where the last one ended.
    pub(super) fn run(
        &self,
        steps: std::ops::Range<usize>,
        line: &[u8],
        mut at: usize,
        spans: &mut [Span],
    ) -> Result<usize, LineError> {
        let mut column = usize::MAX;
        let mut skip = false;
        let first = steps.start;
        for (i, step) in self.steps.get(steps).unwrap_or_default().iter().enumerate() {
            if std::mem::take(&mut skip) {
                continue;
            }
            match step {
                Step::Literal(text) => {
                    let rest = line.get(at..).unwrap_or_default();
                    if let Some(Step::Column(Reach { rule: Rule::Captures, .. })) =
                        self.steps.get(first + i + 1)
                    {
                        // HAProxy leaves out the space with the block.
                        if !(rest.starts_with(text) && rest.get(text.len()) == Some(&b'{')) {
                            skip = true;
                            continue;
                        }
                    }
                    if !rest.starts_with(text) {
                        return self.missing(text, rest, line, at, column).map(|()| line.len());
                    }
                    at += text.len();
                }
                Step::Column(reach) => {
                    column = reach.column;
                    if at >= line.len() && column >= self.required {
                        return Ok(line.len());
                    }
                    let end = match reach.end(line, at) {
                        Ok(end) => end,
                        // The last column of an older, shorter line; behind the last one of all a blank may be missing.
                        Err(_)
                            if column + 1 >= self.required
                                && matches!(reach.rule, Rule::Byte(b' ' | b'\t'))
                                && (column + 1 < self.columns || reach.next.trim_ascii().is_empty()) =>
                        {
                            line.len()
                        }
                        Err(error) => return Err(error),
                    };
                    reach.verify(line, at, end)?;
                    if let Some(span) = spans.get_mut(column) {
                        *span = Span::new(at, end);
                    }
                    at = end;
                }
            }
        }
        Ok(at)
    }

    /// A literal is not there: the line may be an older, shorter one, or was cut off.
    #[cold]
    fn missing(
        &self,
        text: &[u8],
        rest: &[u8],
        line: &[u8],
        at: usize,
        column: usize,
    ) -> Result<(), LineError> {
        let next = if column == usize::MAX { 0 } else { column + 1 };
        let columns = self.columns;
        let over = rest.iter().all(u8::is_ascii_whitespace);
        // After the last column only a closing quote can be missing: the producer's length limit cut it off.
        if (over && next == columns)
            || ((over || text.starts_with(rest)) && next >= self.required && next < columns)
        {
            return Ok(());
        }
        // AWS: what does not look as expected behind the required fields is ignored.
        if self.open_tail && next >= self.required {
            return Ok(());
        }
        let kind = if text.starts_with(rest) { LineErrorKind::Truncated } else { LineErrorKind::Literal };
        Err(LineError::new(kind, at.min(line.len()), next))
    }

    /// More quotes than the format has: what is left of the ambiguous columns is read from the left, what is right
    /// of them from the right, and the two in the middle split at the first place that looks like their border.
    #[cold]
    fn parse_from_both_ends(&self, two: TwoSided, line: &[u8], spans: &mut [Span]) -> Result<(), LineError> {
        let start = self.run(0..two.pivot, line, 0, spans)?;
        // From the right: the last quote of the line is the last quote of the format.
        let Some(Step::Literal(last)) = self.steps.get(two.last_quote) else { return Ok(()) };
        let in_literal = last.iter().rposition(|&b| b == b'"').unwrap_or(0);
        let mut end = memchr::memrchr(b'"', line)
            .and_then(|q| q.checked_sub(in_literal))
            .filter(|&q| q >= start && line.get(q..).is_some_and(|rest| rest.starts_with(last)))
            .ok_or_else(|| LineError::new(LineErrorKind::Literal, line.len(), usize::MAX))?;
        let tail = self.run(two.last_quote..self.steps.len(), line, end, spans)?;
        self.tail(line, tail, true)?;
        let mut i = two.last_quote;
        while i > two.pivot + 3 {
            let (Some(Step::Literal(before)), Some(Step::Column(reach))) =
                (self.steps.get(i - 2), self.steps.get(i - 1))
            else {
                break;
            };
            let from = line
                .get(start..end)
                .and_then(|middle| memmem::rfind(middle, before))
                .map(|p| start + p)
                .ok_or_else(|| LineError::new(LineErrorKind::Literal, start, reach.column))?;
            reach.verify(line, from + before.len(), end)?;
            spans[reach.column] = Span::new(from + before.len(), end);
            end = from;
            i -= 2;
        }
        let middle = line.get(start..end).unwrap_or_default();
        match (self.steps.get(two.pivot), self.steps.get(two.pivot + 1), self.steps.get(two.pivot + 2)) {
            (Some(Step::Column(left)), Some(Step::Literal(border)), Some(Step::Column(right)))
                if i == two.pivot + 3 =>
            {
                let split = memmem::find(middle, border)
                    .ok_or_else(|| LineError::new(LineErrorKind::Literal, start, left.column))?;
                spans[left.column] = Span::new(start, start + split);
                spans[right.column] = Span::new(start + split + border.len(), end);
            }
            (Some(Step::Column(only)), ..) => spans[only.column] = Span::new(start, end),
            _ => {}
        }
        Ok(())
    }
}

/// Chooses how the end of a column is found, from its shape and its neighbours.
fn rule(pattern: &Pattern, at: usize, column: usize, before: &[u8], next: &[u8]) -> Rule {
    let meta = &pattern.columns[column];
    let shape = pattern.shapes[column];
    match shape {
        Shape::Cookie => return Rule::Cookie,
        Shape::Captures => return Rule::Captures,
        Shape::Rest => return Rule::Line,
        Shape::Width(width) => return Rule::Exactly(usize::from(width)),
        Shape::List if next.is_empty() || next[0] == b' ' => return Rule::List,
        _ => {}
    }
    let Some(&first) = next.first() else {
        return if shape == Shape::Text { Rule::Line } else { Rule::LastWord };
    };
    if first == b'"' && before.last() == Some(&b'"') {
        return if meta.escape.backslash_quotes() { Rule::Quote } else { Rule::Byte(b'"') };
    }
    if let (Kind::Time(layout), true) = (&meta.kind, shape != Shape::Token) {
        return if *layout == TimeLayout::Clf { Rule::Width(CLF_WIDTH) } else { Rule::First };
    }
    if shape == Shape::Token {
        if first == b' ' || first == b'"' || first == b'\t' {
            return Rule::Byte(first);
        }
        // `address:port`: IPv6 has colons of its own, the last one of the word counts.
        let last = first == b':'
            && !matches!(pattern.pieces.get(at + 3), Some(Piece::Literal(l)) if l.first() == Some(&b':'));
        return Rule::Word { last };
    }
    if let (Some(Piece::Column(then)), Some(Piece::Literal(after))) =
        (pattern.pieces.get(at + 2), pattern.pieces.get(at + 3))
        && pattern.columns[*then].kind == Kind::Time(TimeLayout::Clf)
    {
        return Rule::Before { width: CLF_WIDTH, then: after[0] };
    }
    Rule::First
}

fn check(pattern: &Pattern, column: usize) -> Check {
    match (&pattern.columns[column].kind, pattern.columns[column].field) {
        (Kind::Status, Field::Status) => Check::Status,
        (Kind::Time(TimeLayout::Clf), Field::Time) => Check::Clf,
        (Kind::Time(TimeLayout::Iso), Field::Time) => Check::Date,
        (Kind::Time(_), Field::Time) => Check::Time,
        (_, Field::Client | Field::ForwardedFor)
            if column == 1 && pattern.columns[0].field == Field::Host =>
        {
            Check::Present
        }
        (_, Field::Reason) if pattern.shapes.contains(&Shape::Cookie) => Check::State,
        _ => Check::No,
    }
}

/// Finds the ambiguous stretch: from the first unescaped text in quotes whose closing quote is followed by another
/// quoted value. Quoted values before it are bounded by what follows them (numbers).
fn two_sided(steps: &[Step], pattern: &Pattern) -> Option<TwoSided> {
    let quotes = |step: &Step| match step {
        Step::Literal(text) => text.iter().filter(|&&b| b == b'"').count(),
        Step::Column(_) => 0,
    };
    let open = |step: &Step| match step {
        Step::Column(reach) => {
            pattern.shapes[reach.column] == Shape::Text
                && pattern.columns[reach.column].escape == Escape::None
                && reach.next.first() == Some(&b'"')
        }
        Step::Literal(_) => false,
    };
    let followed = |i: usize| matches!(&steps.get(i + 1), Some(Step::Literal(t)) if t.len() > 1 && t.last() == Some(&b'"'));
    let pivot = (0..steps.len())
        .find(|&i| open(&steps[i]) && followed(i))
        .or_else(|| (0..steps.len()).rev().find(|&i| open(&steps[i])))?;
    let last_quote = steps.iter().rposition(|s| quotes(s) > 0)?;
    (last_quote > pivot).then(|| TwoSided { quotes: steps.iter().map(quotes).sum(), pivot, last_quote })
}

impl Reach {
    /// Where the value that starts at `at` ends.
    #[inline]
    pub(super) fn end(&self, line: &[u8], at: usize) -> Result<usize, LineError> {
        let rest = line.get(at..).unwrap_or_default();
        let missing = || self.missing(line, at);
        let found = match self.rule {
            Rule::Byte(byte) => find(rest, byte),
            Rule::Width(width) => match rest.get(width..) {
                Some(after) if after.starts_with(&self.next) => Some(width),
                _ => find_text_from(rest, 0, &self.next),
            },
            Rule::Exactly(width) => (rest.len() >= width).then_some(width),
            Rule::Quote => closing_quote(rest),
            Rule::Word { last } => {
                // The literal may go on behind the word: `[$name] [$other]`.
                let word = &rest[..find(rest, b' ').unwrap_or(rest.len())];
                let next = &self.next[..find(&self.next, b' ').unwrap_or(self.next.len())];
                if last { memmem::rfind(word, next) } else { find_text_from(word, 0, next) }
            }
            Rule::First => find_text_from(rest, 0, &self.next),
            Rule::Before { width, then } => {
                let first = find_text_from(rest, 0, &self.next);
                let mut found = first;
                while let Some(behind) = found.map(|found| found + self.next.len())
                    && rest.get(behind + width) != Some(&then)
                {
                    found = find_text_from(rest, behind, &self.next);
                }
                found.or(first)
            }
            Rule::List => Some(list_end(rest)),
            Rule::Captures => Some(captures_end(rest)),
            Rule::Cookie => {
                return Ok(cookie_end(line, at).unwrap_or(at + find(rest, b' ').ok_or_else(missing)?));
            }
            Rule::Line => Some(rest.len()),
            Rule::LastWord => Some(find(rest, b' ').unwrap_or(rest.len())),
        };
        match found {
            Some(n) => Ok(at + n),
            // The end of the line closes a value whose producer cut the line.
            None if self.may_be_cut() => Ok(line.len()),
            None => Err(missing()),
        }
    }

    /// HAProxy cuts lines at a length without closing the quote; there the request is the last column.
    fn may_be_cut(&self) -> bool {
        self.next.as_ref() == b"\"" && matches!(self.rule, Rule::Byte(b'"') | Rule::Quote)
    }

    #[cold]
    fn missing(&self, line: &[u8], at: usize) -> LineError {
        let kind =
            if find(line.get(at..).unwrap_or_default(), b' ').is_none() || self.next.first() == Some(&b'"') {
                LineErrorKind::Truncated
            } else {
                LineErrorKind::Literal
            };
        LineError::new(kind, line.len(), self.column)
    }

    /// Whether [`verify`](Self::verify) has nothing against a value.
    #[inline]
    pub(super) fn accepts(&self, line: &[u8], at: usize, end: usize) -> bool {
        self.check == Check::No || self.verify(line, at, end).is_ok()
    }

    /// The few columns a line stands or falls with.
    #[inline]
    fn verify(&self, line: &[u8], at: usize, end: usize) -> Result<(), LineError> {
        let value = line.get(at..end).unwrap_or_default();
        let fine = match self.check {
            Check::No => return Ok(()),
            // The last is what Go prints for no number: Traefik v1.
            Check::Status => value == b"-" || Status::parse(value).is_some() || value == b"%!d(<nil>)",
            Check::Time => looks_like_time(value),
            Check::Clf => value == b"-" || (looks_like_time(value) && value.len() == CLF_WIDTH),
            Check::Date => value == b"-" || (looks_like_time(value) && value.get(4) == Some(&b'-')),
            Check::Present => {
                value != b"-" && !line.get(..at).unwrap_or_default().trim_ascii_end().ends_with(b",")
            }
            Check::State => matches!(value.len(), 2 | 4) && !value.contains(&b'/'),
        };
        if fine {
            return Ok(());
        }
        let kind = match self.check {
            Check::Status => LineErrorKind::Status,
            Check::Time | Check::Clf | Check::Date => LineErrorKind::Time,
            _ => LineErrorKind::Value,
        };
        Err(LineError::new(kind, at.min(line.len()), self.column))
    }
}

/// Cheap: a digit or a dash at the start, digits at all, no quote. The value itself is read where it is used.
fn looks_like_time(value: &[u8]) -> bool {
    value == b"-" || (value.len() >= 5 && value.len() <= 64 && value.iter().any(u8::is_ascii_digit))
}

/// The first quote that is not escaped by a backslash.
fn closing_quote(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'"', text)
        .find(|&q| text[..q].iter().rev().take_while(|&&b| b == b'\\').count().is_multiple_of(2))
}

/// The end of an unquoted nginx list: a space ends it unless it belongs to `, ` or ` : `.
fn list_end(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(space) = find(&text[at..], b' ').map(|p| at + p) {
        if space > 0 && text[space - 1] == b',' {
            at = space + 1;
        } else if text.get(space + 1..).is_some_and(|t| t.starts_with(b": ")) {
            at = space + 3;
        } else if text.get(space + 1..) == Some(b":") {
            return text.len();
        } else {
            return space;
        }
    }
    text.len()
}

/// `{…}`; braces inside are escaped.
fn captures_end(text: &[u8]) -> usize {
    if text.first() == Some(&b'{') { memchr::memchr(b'}', text).map_or(text.len(), |p| p + 1) } else { 0 }
}

/// A captured cookie ends before ` <cookie> <state> <counters>` or ` <state> <counters>`.
///
/// Usually both cookies are single words; only when the third word is no termination state is the state searched for,
/// by its shape: four characters between spaces, then counters joined by slashes.
fn cookie_end(line: &[u8], at: usize) -> Option<usize> {
    let rest = line.get(at..)?;
    let word = find(rest, b' ')?;
    let after = rest.get(word + 1..)?;
    let next = find(after, b' ').map_or(&[][..], |p| &after[p + 1..]);
    if is_state(after) || is_state(next) {
        return Some(at + word);
    }
    let state = state_position(rest)?;
    // `rest[..state - 1]` holds this cookie, or this one and the next.
    let cookies = rest.get(..state.checked_sub(1)?)?;
    // One word or none left: the second cookie, whatever it holds, has been cut off before.
    match find(cookies, b' ') {
        None => Some(at + cookies.len()),
        Some(_) if is_response_cookie(line, at) => Some(at + cookies.len()),
        // The response cookie is the last word: `-`, or `name=value` without spaces.
        Some(_) => Some(at + cookies.iter().rposition(|&b| b == b' ')?),
    }
}

/// Whether the cookie at `at` is the second of the two: the word before it is then no number (`%B`).
fn is_response_cookie(line: &[u8], at: usize) -> bool {
    let before = line.get(..at.saturating_sub(1)).unwrap_or_default();
    let word = before.rsplit(|&b| b == b' ').next().unwrap_or_default();
    !word.iter().all(|b| b.is_ascii_digit() || *b == b'+')
}

/// Where the four characters of a termination state stand, with counters after them.
fn state_position(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b' ', text).map(|p| p + 1).find(|&p| text.get(p..).is_some_and(is_state))
}

/// `SC-- 1/1/1/1/0 …`, or two characters in TCP formats.
fn is_state(text: &[u8]) -> bool {
    let width = find(text, b' ').unwrap_or(0);
    is_state_word(&text[..width]) && counters(&text[width + 1..])
}

pub(super) fn is_state_word(word: &[u8]) -> bool {
    matches!(word.len(), 2 | 4) && word.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
}

/// `n/n/n/n` at least.
pub(super) fn counters(text: &[u8]) -> bool {
    let mut slashes = 0;
    for &b in text {
        match b {
            b'0'..=b'9' | b'+' => {}
            b'/' => slashes += 1,
            b' ' => break,
            _ => return false,
        }
    }
    slashes >= 3
}

#[cfg(test)]
mod tests {
    use crate::error::{LineError, LineErrorKind};
    use crate::format::Format;
    use crate::record::Spans;
    use crate::template::Template;

    /// Seconds since 1970, ten digits today, or a dash.
    #[test]
    fn what_is_no_stamp_is_refused() {
        let format = Template::nginx("$msec $status").unwrap();
        let read = |stamp: &str| {
            let line = format!("{stamp} 200");
            format.parse(line.as_bytes(), &mut Spans::new()).map(drop).map_err(LineError::kind)
        };
        for stamp in ["1763795547.123", "-", "86400", &"1".repeat(64)] {
            assert_eq!(read(stamp), Ok(()), "{stamp}");
        }
        for stamp in ["--", "86.4", "today", &"1".repeat(65)] {
            assert_eq!(read(stamp), Err(LineErrorKind::Time), "{stamp}");
        }
    }
}
