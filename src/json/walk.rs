//! The walker: one flat pass over a line that holds one JSON object.
//!
//! It reads what proxies write, which is not always JSON. Whatever is valid JSON is read as such; beyond that it
//! takes, and counts as [`Defects`]:
//!
//! * values without quotes that are no JSON: nothing at all (`"x":,`), `009`, lists (`"t":0.001, 0.002,`);
//! * strings with quotes in them that nobody escaped: the string goes on to the first quote after which the object
//!   goes on, that is, `,` and a whole key, or `}`;
//! * a comma before a closing bracket, and lines cut out of an array (`[{…},`).
//!
//! It refuses what breaks off, what is nested deeper than [`MAX_DEPTH`], and strings that would have to swallow
//! something that looks like a key (`":`): there no reading is safe.
//!
//! [`shape`](super::shape) relies on this: in a line the walker accepts, every `":` whose quote has no backslash before
//! it is the end of a key.

use super::paths::{NOWHERE, Node, Paths, ROOT};

/// Objects and arrays inside one another, at most.
pub(super) const MAX_DEPTH: usize = 32;

/// What a value looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// In quotes; the span is what stands between them.
    String,
    /// A number, or anything else without quotes that is none of the rest; never empty.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`, or nothing at all.
    Null,
    /// Only the opening bracket is in the span.
    Object,
    /// Only the opening bracket is in the span.
    Array,
}

/// A key, or an element of a list, with its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    /// Where its path leads.
    pub(super) node: Node,
    /// Positions of the key's opening quote and of its colon; `None` for an element of a list.
    pub(super) key: Option<(usize, usize)>,
    pub(super) kind: Kind,
    /// The value is `line[start..end]`.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What was accepted although it is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Defects {
    /// Strings with unescaped quotes in them.
    pub(super) quotes: u32,
    /// Commas before a closing bracket.
    pub(super) commas: u32,
    /// The object stands in brackets or commas of an array around it.
    pub(super) wrapped: bool,
}

/// Why a line is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// Nothing but brackets and commas of an array around the objects.
    Frame,
    /// Not understood from this byte on.
    At(usize),
}

/// Calls `each` for every member in order, a container before what is in it.
#[inline]
pub(super) fn walk(line: &[u8], paths: &Paths, mut each: impl FnMut(Member)) -> Result<Defects, Stop> {
    let mut defects = Defects::default();
    let mut at = open(line, &mut defects)?;
    let mut stack = Stack::new();
    let mut ahead: Option<Key> = None;
    loop {
        // Here a member begins, unless its container ends.
        let array = stack.in_array();
        let (node, key) = if array {
            at = space(line, at);
            (paths.element(stack.node(), stack.count()), None)
        } else {
            let mut found = ahead.take();
            if found.is_none() {
                at = space(line, at);
                if line.get(at) != Some(&b'}') {
                    found = Some(key_at(line, at).map_err(Stop::At)?);
                }
            }
            match found {
                Some(key) => {
                    at = space(line, key.colon + 1);
                    (paths.child(stack.node(), key.name(line)), Some((key.open, key.colon)))
                }
                None => (NOWHERE, None),
            }
        };

        let byte = *line.get(at).ok_or(Stop::At(line.len()))?;
        let next = if byte == stack.close() && (array || key.is_none()) {
            defects.commas += u32::from(stack.count() > 0);
            at
        } else {
            stack.counted();
            match byte {
                b'"' => {
                    let (end, after, raw) = string(line, at + 1, array).map_err(Stop::At)?;
                    each(Member { node, key, kind: Kind::String, start: at + 1, end });
                    defects.quotes += u32::from(raw);
                    if let After::Key(key) = after {
                        ahead = Some(key);
                        continue;
                    }
                    end + 1
                }
                b'{' | b'[' => {
                    let kind = if byte == b'{' { Kind::Object } else { Kind::Array };
                    each(Member { node, key, kind, start: at, end: at + 1 });
                    stack.push(byte == b'[', node).ok_or(Stop::At(at))?;
                    at += 1;
                    continue;
                }
                _ => {
                    let (end, next) = bare(line, at, array).map_err(Stop::At)?;
                    each(Member { node, key, kind: bare_kind(&line[at..end]), start: at, end });
                    next
                }
            }
        };
        match follow(line, next, &mut stack)? {
            Follow::Member(next) => at = next,
            Follow::Done(end) => return trailer(line, end, defects),
        }
    }
}

/// Skips what an array around the objects leaves before one; gives the first byte inside the object.
fn open(line: &[u8], defects: &mut Defects) -> Result<usize, Stop> {
    let mut at = space(line, 0);
    while let Some(b'[' | b']' | b',') = line.get(at) {
        defects.wrapped = true;
        at = space(line, at + 1);
    }
    match line.get(at) {
        Some(b'{') => Ok(at + 1),
        None if defects.wrapped => Err(Stop::Frame),
        _ => Err(Stop::At(at)),
    }
}

/// After the object: nothing but what an array around the objects leaves.
fn trailer(line: &[u8], mut at: usize, mut defects: Defects) -> Result<Defects, Stop> {
    loop {
        at = space(line, at);
        match line.get(at) {
            None => return Ok(defects),
            Some(b',' | b']') => defects.wrapped = true,
            Some(_) => return Err(Stop::At(at)),
        }
        at += 1;
    }
}

enum Follow {
    /// A member is to come at this byte, or a closing bracket after a needless comma.
    Member(usize),
    /// The object is complete before this byte.
    Done(usize),
}

/// After a value: closing brackets, then a comma or the end.
fn follow(line: &[u8], mut at: usize, stack: &mut Stack) -> Result<Follow, Stop> {
    loop {
        at = space(line, at);
        let byte = *line.get(at).ok_or(Stop::At(line.len()))?;
        at += 1;
        if byte == b',' {
            return Ok(Follow::Member(at));
        } else if byte != stack.close() {
            return Err(Stop::At(at - 1));
        } else if !stack.pop() {
            return Ok(Follow::Done(at));
        }
    }
}

/// The open containers.
struct Stack {
    /// Of the innermost; 0 is the line's object.
    depth: usize,
    /// Bit `d`: the container at depth `d` is an array.
    arrays: u64,
    nodes: [Node; MAX_DEPTH],
    /// Members begun so far, per container.
    counts: [u32; MAX_DEPTH],
}

impl Stack {
    fn new() -> Self {
        Self { depth: 0, arrays: 0, nodes: [ROOT; MAX_DEPTH], counts: [0; MAX_DEPTH] }
    }
    fn in_array(&self) -> bool {
        self.arrays >> self.depth & 1 != 0
    }
    fn close(&self) -> u8 {
        if self.in_array() { b']' } else { b'}' }
    }
    // `depth < MAX_DEPTH` always: `push` is the only place where it grows.
    fn node(&self) -> Node {
        self.nodes[self.depth]
    }
    fn count(&self) -> u32 {
        self.counts[self.depth]
    }
    fn counted(&mut self) {
        self.counts[self.depth] = self.counts[self.depth].saturating_add(1);
    }
    /// `None` when it would be too deep.
    fn push(&mut self, array: bool, node: Node) -> Option<()> {
        if self.depth + 1 == MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        self.arrays = self.arrays & !(1 << self.depth) | u64::from(array) << self.depth;
        self.nodes[self.depth] = node;
        self.counts[self.depth] = 0;
        Some(())
    }
    /// `false` when it was the line's object.
    fn pop(&mut self) -> bool {
        if self.depth == 0 {
            return false;
        }
        self.depth -= 1;
        true
    }
}

/// A key: positions of its quotes and its colon.
#[derive(Debug, Clone, Copy)]
struct Key {
    open: usize,
    close: usize,
    colon: usize,
}

impl Key {
    fn name(self, line: &[u8]) -> &[u8] {
        &line[self.open + 1..self.close]
    }
}

/// A key that begins at `open`, or where it is wrong.
fn key_at(line: &[u8], open: usize) -> Result<Key, usize> {
    if line.get(open) != Some(&b'"') {
        return Err(open.min(line.len()));
    }
    let close = string_end(line, open + 1).ok_or(line.len())?;
    let colon = space(line, close + 1);
    match line.get(colon) {
        Some(b':') => Ok(Key { open, close, colon }),
        _ => Err(colon.min(line.len())),
    }
}

/// What follows a string.
enum After {
    Key(Key),
    /// A closing bracket; in an array also a comma.
    Other,
}

/// The end of a string that begins at `start`, what follows, and whether unescaped quotes are in it.
#[inline]
fn string(line: &[u8], start: usize, array: bool) -> Result<(usize, After, bool), usize> {
    let end = string_end(line, start).ok_or(line.len())?;
    match after(line, end + 1, array) {
        Some(after) => Ok((end, after, false)),
        None => unescaped(line, start, array).map(|(end, after)| (end, after, true)).ok_or(end),
    }
}

/// The end of a string whose producer escapes nothing: the first quote after which the object goes on. Linear: the
/// look ahead of one quote ends at the next quote without a backslash, and only such a quote can look ahead again.
#[cold]
fn unescaped(line: &[u8], start: usize, array: bool) -> Option<(usize, After)> {
    for quote in memchr::memchr_iter(b'"', &line[start..]).map(|i| start + i) {
        if let Some(after) = after(line, quote + 1, array) {
            return Some((quote, after));
        }
        if line.get(quote + 1) == Some(&b':') && line[quote - 1] != b'\\' {
            return None;
        }
    }
    None
}

/// What follows at `at`, if the container can go on so.
#[inline]
fn after(line: &[u8], at: usize, array: bool) -> Option<After> {
    let at = space(line, at);
    match line.get(at)? {
        b'}' if !array => Some(After::Other),
        b']' | b',' if array => Some(After::Other),
        b',' => {
            let at = space(line, at + 1);
            match line.get(at)? {
                b'}' => Some(After::Other),
                _ => key_at(line, at).ok().map(After::Key),
            }
        }
        _ => None,
    }
}

/// The first quote from `start` on that no backslash escapes.
#[inline]
fn string_end(line: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at += memchr::memchr2(b'"', b'\\', line.get(at..)?)?;
        if line[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// A value without quotes: its end, and where to go on. In an object it may hold commas: it ends before the last
/// one ahead of the next quote.
fn bare(line: &[u8], start: usize, array: bool) -> Result<(usize, usize), usize> {
    let rest = &line[start..];
    let stop = rest
        .iter()
        .position(|&b| matches!(b, b'"' | b'{' | b'}' | b'[' | b']') || (array && b == b','))
        .ok_or(line.len())?;
    let text = trim_end(&rest[..stop]);
    match (rest[stop], text.strip_suffix(b",")) {
        (b',' | b']', _) if array && !text.is_empty() => Ok((start + text.len(), start + stop)),
        (b'}' | b'"', Some(value)) if !array => {
            let (end, comma) = (trim_end(value), start + value.len());
            if end.ends_with(b",") { Err(comma) } else { Ok((start + end.len(), comma)) }
        }
        (b'}', None) if !array => Ok((start + text.len(), start + stop)),
        _ => Err(start + stop),
    }
}

/// `text` is a value without quotes.
#[inline]
pub(super) fn bare_kind(text: &[u8]) -> Kind {
    match text {
        b"" | b"null" => Kind::Null,
        b"true" | b"false" => Kind::Bool,
        _ => Kind::Number,
    }
}

pub(super) const fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\r' | b'\n')
}

/// The first byte from `at` on that is no white space.
#[inline]
fn space(line: &[u8], mut at: usize) -> usize {
    while line.get(at).is_some_and(|&b| is_space(b)) {
        at += 1;
    }
    at
}

pub(super) fn trim_end(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&b| !is_space(b)).map_or(0, |i| i + 1);
    &text[..end]
}

/// What is not JSON in the text between the quotes of a string; unescaped quotes are counted by the walker.
pub(super) fn string_defects(text: &[u8]) -> u32 {
    let mut count = text.iter().filter(|&&b| b < b' ').count();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        let escape = &text[at + found + 1..];
        let known = match escape {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => true,
            [b'u', rest @ ..] => rest.len() >= 4 && rest[..4].iter().all(u8::is_ascii_hexdigit),
            _ => false,
        };
        count += usize::from(!known);
        at += found + 2;
    }
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether a value without quotes is JSON: a number or `null`.
pub(super) fn is_json_scalar(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
    if text == b"null" {
        return true;
    }
    let mut rest = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest[0] == b'0') {
        return false;
    }
    rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let length = digits(fraction);
        if length == 0 {
            return false;
        }
        rest = &fraction[length..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = exponent.strip_prefix(b"+").or(exponent.strip_prefix(b"-")).unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}
