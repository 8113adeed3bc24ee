//! JSON lists and `records` wrappers: each element becomes a line.
//!
//! `gcloud logging read --format=json` and many an export write one list, over many lines or in one; Azure's event
//! hubs and storage write objects `{"records":[…]}`, one a line. A list may be longer than memory: bytes are passed on
//! as they come. White space outside of strings is left out, so that an element spread over lines becomes one.
//!
//! Damage does not spread: a line break inside of a string, which JSON does not know, ends the element there, and
//! reading begins anew with the next line.

use super::Assemble;

/// Containers within containers that are looked through.
const DEPTH: usize = 8;
/// Bytes that are kept until it is known whether an object is a wrapper: `{`, white space, `"records"`, `:`, `[`.
const PREFIX: usize = 256;

/// Whether an input that begins so is a list of objects or a wrapper of them.
pub(super) fn begins(head: &[u8]) -> bool {
    match head.split_first() {
        Some((b'[', rest)) => rest.trim_ascii_start().first() == Some(&b'{'),
        Some((b'{', _)) => matches!(wrapper(head), Wrapper::Yes),
        _ => false,
    }
}

enum Wrapper {
    Yes,
    No,
    /// What was seen so far could be one.
    Unknown,
}

/// Whether `text`, which begins with a brace, begins a wrapper.
fn wrapper(text: &[u8]) -> Wrapper {
    let mut rest = text;
    for token in [&b"{"[..], b"\"records\"", b":", b"["] {
        rest = rest.trim_ascii_start();
        match rest.strip_prefix(token) {
            Some(after) => rest = after,
            None if token.starts_with(rest) => return Wrapper::Unknown,
            None => return Wrapper::No,
        }
    }
    Wrapper::Yes
}

/// Where in the input the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Between values.
    #[default]
    Between,
    /// In an object that may be a wrapper: its bytes are in `prefix`.
    Opening,
    /// In an element, this many brackets deep.
    Element { depth: usize, string: bool, escaped: bool },
    /// In a value of a list that is no object, or in a line that is no JSON: passed on to its end.
    Scalar,
    /// Behind the list of a wrapper: passed over to the brace that closes it.
    Trailer { depth: usize, string: bool, escaped: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    List,
    Wrapper,
}

#[derive(Debug, Default)]
pub(super) struct Bundle {
    state: State,
    within: Vec<Container>,
    prefix: Vec<u8>,
}

impl Assemble for Bundle {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            // The inside of a string, as far as nothing in it matters.
            if let State::Element { string: true, escaped: false, .. } = self.state {
                let plain = memchr::memchr3(b'"', b'\\', b'\n', rest).unwrap_or(rest.len());
                out.extend_from_slice(&rest[..plain]);
                rest = &rest[plain..];
                if plain > 0 {
                    continue;
                }
            }
            self.byte(byte, out);
            rest = after;
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.prefix);
        if matches!(self.state, State::Opening | State::Element { .. } | State::Scalar) {
            out.push(b'\n');
        }
        *self = Self::default();
    }
}

impl Bundle {
    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        match self.state {
            State::Between => self.between(byte, out),
            State::Opening => {
                self.prefix.push(byte);
                self.decide(out);
            }
            State::Element { depth, string, escaped } => self.element(byte, depth, string, escaped, out),
            State::Scalar => {
                let in_list = !self.within.is_empty();
                match byte {
                    b'\n' => self.end_of_value(out),
                    b',' | b']' if in_list => {
                        self.end_of_value(out);
                        self.between(byte, out);
                    }
                    byte => out.push(byte),
                }
            }
            State::Trailer { depth, string, escaped } => self.trailer(byte, depth, string, escaped),
        }
    }

    fn between(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            // A byte order mark is white space too.
            b' ' | b'\t' | b'\r' | b'\n' | b',' | 0xEF | 0xBB | 0xBF => {}
            b'[' if self.within.len() < DEPTH => self.within.push(Container::List),
            b']' if self.within.last() == Some(&Container::List) => {
                self.within.pop();
                if self.within.last() == Some(&Container::Wrapper) {
                    self.state = State::Trailer { depth: 1, string: false, escaped: false };
                }
            }
            b'{' => {
                self.prefix.push(byte);
                self.state = State::Opening;
            }
            byte => {
                out.push(byte);
                self.state = State::Scalar;
            }
        }
    }

    /// Looks at what an object begins with.
    fn decide(&mut self, out: &mut Vec<u8>) {
        match wrapper(&self.prefix) {
            Wrapper::Unknown if self.prefix.len() < PREFIX => {}
            Wrapper::Yes if self.within.len() + 2 <= DEPTH => {
                self.prefix.clear();
                self.within.extend([Container::Wrapper, Container::List]);
                self.state = State::Between;
            }
            _ => {
                let prefix = std::mem::take(&mut self.prefix);
                self.state = State::Element { depth: 0, string: false, escaped: false };
                for byte in prefix {
                    self.byte(byte, out);
                }
            }
        }
    }

    fn element(&mut self, byte: u8, depth: usize, string: bool, escaped: bool, out: &mut Vec<u8>) {
        // No JSON: only what is broken goes on over the end of a line here.
        if byte == b'\n' && (string || self.within.is_empty()) {
            self.within.clear();
            return self.end_of_value(out);
        }
        let (depth, string, escaped) = match byte {
            _ if escaped => (depth, string, false),
            b'\\' if string => (depth, true, true),
            b'"' => (depth, !string, false),
            _ if string => (depth, true, false),
            b'{' | b'[' => (depth + 1, false, false),
            b'}' | b']' => (depth.saturating_sub(1), false, false),
            b' ' | b'\t' | b'\r' | b'\n' if !self.within.is_empty() => return,
            _ => (depth, false, false),
        };
        out.push(byte);
        self.state = State::Element { depth, string, escaped };
        if depth == 0 && !string && !self.within.is_empty() {
            self.end_of_value(out);
        }
    }

    fn trailer(&mut self, byte: u8, depth: usize, string: bool, escaped: bool) {
        let (depth, string, escaped) = match byte {
            b'\n' if string => (0, false, false),
            _ if escaped => (depth, string, false),
            b'\\' if string => (depth, true, true),
            b'"' => (depth, !string, false),
            _ if string => (depth, true, false),
            b'{' | b'[' => (depth + 1, false, false),
            b'}' | b']' => (depth.saturating_sub(1), false, false),
            _ => (depth, false, false),
        };
        self.state = State::Trailer { depth, string, escaped };
        if depth == 0 {
            self.within.pop();
            self.state = State::Between;
        }
    }

    fn end_of_value(&mut self, out: &mut Vec<u8>) {
        out.push(b'\n');
        self.state = State::Between;
    }
}
