//! The walk over the lines that are as expected: every value ends where its rule says, and the literal stands there.
//!
//! Most walks go to the end of the line this way. Where anything is unusual (a line cut short, an optional block, a
//! value its check refuses), it stops before that value, and the walk of [`exec`](super::exec) goes on from there: it
//! alone decides. So nothing is read here that is not read there the same way.

use super::exec::{Reach, Rule, Step};
use super::search::{find_either_from, find_from};
use crate::record::Span;

/// A column with the literal behind it.
#[derive(Debug, Clone)]
pub(super) struct Stride {
    reach: Reach,
    /// Its step.
    step: usize,
    /// The first eight bytes of the literal, those that count, and what is left of it.
    literal: u64,
    mask: u64,
    length: usize,
    rest: Box<[u8]>,
}

/// The strides over the steps of a program, as far as they go.
pub(super) fn strides(steps: &[Step]) -> Box<[Stride]> {
    let first = usize::from(matches!(steps.first(), Some(Step::Literal(_))));
    if first == 1 && matches!(steps.get(1), Some(Step::Column(Reach { rule: Rule::Captures, .. }))) {
        return Box::default();
    }
    let mut strides = Vec::new();
    for step in (first..steps.len()).step_by(2) {
        let (Some(Step::Column(reach)), Some(Step::Literal(text))) = (steps.get(step), steps.get(step + 1))
        else {
            break;
        };
        if matches!(steps.get(step + 2), Some(Step::Column(Reach { rule: Rule::Captures, .. }))) {
            // The literal may be left out with the block.
            break;
        }
        let (mut literal, mut mask) = ([0; 8], [0; 8]);
        let head = text.len().min(8);
        literal[..head].copy_from_slice(&text[..head]);
        mask[..head].fill(0xFF);
        strides.push(Stride {
            reach: reach.clone(),
            step,
            literal: u64::from_le_bytes(literal),
            mask: u64::from_le_bytes(mask),
            length: text.len(),
            rest: text[head..].into(),
        });
    }
    strides.into()
}

/// Reads values until one is unusual; the step to go on with, and where it begins.
pub(super) fn stride(steps: &[Step], strides: &[Stride], line: &[u8], spans: &mut [Span]) -> (usize, usize) {
    let Some(last) = strides.last() else { return (0, 0) };
    let mut at = match steps.first() {
        Some(Step::Literal(text)) if line.starts_with(text) => text.len(),
        Some(Step::Literal(_)) => return (0, 0),
        _ => 0,
    };
    for stride in strides {
        let Some(end) = stride.end(line, at) else { return (stride.step, at) };
        if let Some(span) = spans.get_mut(stride.reach.column) {
            *span = Span::new(at, end);
        }
        at = end + stride.length;
    }
    (last.step + 2, at)
}

impl Stride {
    /// Where the value from `at` on ends, if the literal follows and the value is fine.
    #[inline]
    fn end(&self, line: &[u8], at: usize) -> Option<usize> {
        let end = match self.reach.rule {
            Rule::Byte(byte) => find_from(line, at, byte)?,
            Rule::Quote => {
                let quote = find_from(line, at, b'"')?;
                if quote > at && line.get(quote - 1) == Some(&b'\\') {
                    self.reach.end(line, at).ok()?
                } else {
                    quote
                }
            }
            Rule::Word { last: false } if self.is_byte_of_word() => {
                let byte = self.literal as u8;
                find_either_from(line, at, byte, b' ').filter(|&end| line.get(end) == Some(&byte))?
            }
            Rule::Word { last: true } if self.length == 1 => {
                let space = find_from(line, at, b' ').unwrap_or(line.len());
                let byte = self.literal as u8;
                at + line.get(at..space)?.iter().rposition(|&b| b == byte)?
            }
            Rule::First => {
                let end = find_from(line, at, self.literal as u8)?;
                if self.is_followed(line, end) { end } else { self.reach.end(line, at).ok()? }
            }
            Rule::Before { width, then } => {
                let end = find_from(line, at, self.literal as u8)?;
                let fits = line.get(end + self.length + width) == Some(&then) && self.is_followed(line, end);
                if fits { end } else { self.reach.end(line, at).ok()? }
            }
            _ if at < line.len() => self.reach.end(line, at).ok()?,
            _ => return None,
        };
        (self.is_followed(line, end) && self.reach.accepts(line, at, end)).then_some(end)
    }

    /// The literal is one byte of the word, or one and what begins with the space behind it.
    #[inline]
    fn is_byte_of_word(&self) -> bool {
        let [first, second, ..] = self.literal.to_le_bytes();
        first != b' ' && (self.length == 1 || second == b' ')
    }

    #[inline]
    fn is_followed(&self, line: &[u8], end: usize) -> bool {
        let rest = line.get(end..).unwrap_or_default();
        let Some(bytes) = rest.first_chunk::<8>() else {
            let text = self.literal.to_le_bytes();
            return text.get(..self.length).is_some_and(|text| rest.starts_with(text));
        };
        (u64::from_le_bytes(*bytes) ^ self.literal) & self.mask == 0
            && (self.rest.is_empty() || rest.get(8..).is_some_and(|rest| rest.starts_with(&self.rest)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Template;
    use super::*;

    /// Every line, cut anywhere and with any byte of it replaced, is read as without strides.
    #[test]
    fn strides_lead_where_single_steps_do() {
        let cases: [(Template, &[u8]); 4] = [
            (
                Template::nginx(r#"$remote_addr [$time_local] "$request" $status up="$upstream_addr" x$pipe"#).unwrap(),
                br#"192.0.2.7 [22/Nov/2026:02:18:10 +0000] "GET /a\x22b HTTP/1.1" 502 up="10.0.0.1:80, 10.0.0.2:80" x."#,
            ),
            (
                Template::apache(r#"%v %h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i""#).unwrap(),
                br#"site 192.0.2.7 - - [22/Nov/2026:02:18:10 +0000] "GET /\"q\" HTTP/1.1" 502 - "-" "a \\""#,
            ),
            (
                Template::haproxy("%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r").unwrap(),
                br#"192.0.2.1:5 [22/Nov/2026:07:08:40.123] f b/s 0/0/1/2/3 200 10 - - ---- 1/1/0/0/0 0/0 {a|b} {c} "GET / HTTP/1.1""#,
            ),
            (
                Template::envoy(r#"[%START_TIME%] "%REQ(:METHOD)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS%"#).unwrap(),
                br#"[2026-11-22T02:18:10.123Z] "GET HTTP/1.1" 503 UF"#,
            ),
        ];
        for (template, line) in cases {
            let mut slow = (*template.program).clone();
            assert!(!slow.strides.is_empty());
            slow.strides = Box::default();
            let columns = template.schema.columns().len();
            let check = |line: &[u8]| {
                let (mut a, mut b) = (vec![Span::ABSENT; columns], vec![Span::ABSENT; columns]);
                let fast = template.program.parse(line, &mut a, false);
                assert_eq!(fast, slow.parse(line, &mut b, false), "{}", line.escape_ascii());
                assert_eq!(a, b, "{}", line.escape_ascii());
            };
            check(line);
            for at in 0..line.len() {
                check(&line[..at]);
                for byte in [b' ', b'"', b'-', b'\\', b'[', b'{', b'/', b':', b'x', 0xFF] {
                    let mut other = line.to_vec();
                    other[at] = byte;
                    check(&other);
                    other.remove(at);
                    check(&other);
                }
            }
        }
    }
}
