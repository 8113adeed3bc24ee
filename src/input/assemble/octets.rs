//! Syslog messages over TCP with their length before them (RFC 6587, "octet counting"), as a receiver stored them:
//! `83 <134>1 …83 <134>1 …`, without line ends. Each becomes a line; its length is left out.

use super::Assemble;

/// Digits of a length.
const DIGITS: usize = 7;

/// Whether an input begins with a message, and the next one stands right behind it.
pub(super) fn begins(head: &[u8]) -> bool {
    let Some((length, message)) = length(head) else { return false };
    let whole = message.get(..length).is_some_and(|message| !message.contains(&b'\n'));
    message.first() == Some(&b'<') && whole && message.get(length).is_some_and(u8::is_ascii_digit)
}

/// The length at the start, and what follows it.
fn length(text: &[u8]) -> Option<(usize, &[u8])> {
    let digits = text.iter().take(DIGITS).take_while(|b| b.is_ascii_digit()).count();
    let (number, rest) = text.split_at(digits);
    let length = std::str::from_utf8(number).ok()?.parse().ok()?;
    Some((length, rest.strip_prefix(b" ")?))
}

/// Where in the input the next byte is.
#[derive(Debug, Clone, Copy)]
enum State {
    /// In the length: what of it was read.
    Length(usize),
    /// In a message: bytes to come.
    Message(usize),
    /// No length where one had to be: a line to its end.
    Line,
}

#[derive(Debug)]
pub(super) struct Octets {
    state: State,
    /// The output stands behind a message that has no end yet.
    open: bool,
}

impl Default for Octets {
    fn default() -> Self {
        Self { state: State::Length(0), open: false }
    }
}

impl Assemble for Octets {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            match self.state {
                State::Message(left) => {
                    let taken = left.min(rest.len());
                    let (message, after) = rest.split_at(taken);
                    // A message has no line breaks; where one comes early, the length was wrong.
                    if let Some(end) = memchr::memchr(b'\n', message) {
                        out.extend_from_slice(&message[..end]);
                        self.end(out);
                        rest = &rest[end + 1..];
                        continue;
                    }
                    out.extend_from_slice(message);
                    self.open = true;
                    self.state = State::Message(left - taken);
                    rest = after;
                    if left == taken {
                        self.end(out);
                    }
                }
                State::Length(read) => {
                    rest = after;
                    match byte {
                        b'0'..=b'9' if read < 10_000_000 => {
                            self.state = State::Length(read * 10 + usize::from(byte - b'0'));
                        }
                        b' ' if read > 0 => self.state = State::Message(read),
                        b'\n' | b'\r' if read == 0 => {}
                        byte => {
                            out.push(byte);
                            self.open = true;
                            self.state = State::Line;
                        }
                    }
                }
                State::Line => {
                    let end = memchr::memchr(b'\n', rest);
                    out.extend_from_slice(&rest[..end.unwrap_or(rest.len())]);
                    rest = end.map_or(&[][..], |end| &rest[end + 1..]);
                    if end.is_some() {
                        self.end(out);
                    }
                }
            }
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.open {
            self.end(out);
        }
    }
}

impl Octets {
    fn end(&mut self, out: &mut Vec<u8>) {
        out.push(b'\n');
        *self = Self::default();
    }
}
