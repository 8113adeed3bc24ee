//! Entries of the journal over many lines (`journalctl -o export`, `-o verbose`), each made one line as
//! `journalctl -o short-unix` writes it: `1795332621.349527 host program[pid]: message`.
//!
//! Source: systemd's "Journal Export Formats": a field is a line `KEY=value`; one that holds line breaks or no UTF-8
//! is a line `KEY`, eight bytes with the length, little-endian, the value, and a line break. An empty line ends an
//! entry. `verbose` heads every entry with its time and indents its fields.

use super::{Assemble, Lines};

/// Whether an export begins so.
pub(super) fn begins_export(line: &[u8]) -> bool {
    [&b"__CURSOR="[..], b"__REALTIME_TIMESTAMP="].iter().any(|key| line.starts_with(key))
}

/// `Sun 2026-11-22 07:30:20.126715 UTC [s=98bc…;i=1;…]`.
pub(super) fn begins_verbose(line: &[u8]) -> bool {
    let mut words = line.split(|&b| b == b' ');
    let weekday = words.next().is_some_and(|w| w.len() == 3 && w.iter().all(u8::is_ascii_alphabetic));
    let date = words.next().is_some_and(|w| w.len() == 10 && w.get(4) == Some(&b'-'));
    weekday && date && words.nth(2).is_some_and(|w| w.starts_with(b"[s="))
}

pub(super) struct Journal {
    lines: Lines,
    entries: Entries,
}

/// What is known of the entry that is being read.
struct Entries {
    verbose: bool,
    max_line: usize,
    micros: Vec<u8>,
    host: Vec<u8>,
    identifier: Vec<u8>,
    command: Vec<u8>,
    pid: Vec<u8>,
    message: Vec<u8>,
    begun: bool,
    binary: Option<Binary>,
    /// The last line was a message's: what is indented deeper goes on with it.
    in_message: bool,
}

/// A value with its length before it.
struct Binary {
    is_message: bool,
    bytes: Vec<u8>,
    /// Bytes still to come, the line break behind them included; known once the length was read.
    left: Option<u64>,
}

impl Journal {
    pub(super) fn export(max_line: usize) -> Self {
        Self::new(false, max_line)
    }

    pub(super) fn verbose(max_line: usize) -> Self {
        Self::new(true, max_line)
    }

    fn new(verbose: bool, max_line: usize) -> Self {
        let entries = Entries {
            verbose,
            max_line,
            micros: Vec::new(),
            host: Vec::new(),
            identifier: Vec::new(),
            command: Vec::new(),
            pid: Vec::new(),
            message: Vec::new(),
            begun: false,
            binary: None,
            in_message: false,
        };
        Self { lines: Lines::new(max_line), entries }
    }
}

impl Assemble for Journal {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let Self { lines, entries } = self;
        // A line that overflows is no field this reads; it goes out, and is counted as too long.
        lines.push(bytes, out, |line, out| entries.line(line, out));
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        let Self { lines, entries } = self;
        lines.finish(out, |line, out| entries.line(line, out));
        entries.end(out);
    }
}

impl Entries {
    fn line(&mut self, line: &[u8], out: &mut Vec<u8>) {
        if self.verbose {
            return self.verbose_line(line, out);
        }
        if let Some(binary) = &mut self.binary {
            if binary.push(line, self.max_line) {
                let Some(Binary { is_message: true, bytes, .. }) = self.binary.take() else { return };
                self.message = bytes;
            }
        } else if line.is_empty() {
            self.end(out);
        } else if line.contains(&b'=') {
            self.field(line);
        } else {
            self.begun = true;
            let is_message = line == b"MESSAGE";
            self.binary = Some(Binary { is_message, bytes: Vec::new(), left: None });
        }
    }

    fn verbose_line(&mut self, line: &[u8], out: &mut Vec<u8>) {
        if begins_verbose(line) {
            self.end(out);
            self.begun = true;
            return;
        }
        let field = line.trim_ascii_start();
        let key = field.iter().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || **b == b'_');
        if line.starts_with(b"    ") && field.get(key.count()) == Some(&b'=') {
            self.field(field);
        } else if self.in_message && self.message.len() <= self.max_line {
            self.message.push(b' ');
            self.message.extend_from_slice(field);
        }
    }

    fn field(&mut self, line: &[u8]) {
        self.begun = true;
        let at = memchr::memchr(b'=', line).unwrap_or(line.len());
        let (key, value) = (&line[..at], line.get(at + 1..).unwrap_or_default());
        self.in_message = key == b"MESSAGE";
        let into = match key {
            b"MESSAGE" => &mut self.message,
            b"__REALTIME_TIMESTAMP" => &mut self.micros,
            b"_SOURCE_REALTIME_TIMESTAMP" if self.verbose => &mut self.micros,
            b"_HOSTNAME" => &mut self.host,
            b"SYSLOG_IDENTIFIER" => &mut self.identifier,
            b"_COMM" => &mut self.command,
            b"_PID" => &mut self.pid,
            _ => return,
        };
        into.clear();
        into.extend_from_slice(value);
    }

    /// Writes the entry as a line.
    fn end(&mut self, out: &mut Vec<u8>) {
        if std::mem::take(&mut self.begun) {
            let digits = self.micros.iter().all(u8::is_ascii_digit) && self.micros.len() >= 15;
            let micros = if digits { &*self.micros } else { b"000000000000000" };
            let (seconds, fraction) = micros.split_at(micros.len() - 6);
            out.extend_from_slice(seconds);
            out.push(b'.');
            out.extend_from_slice(fraction);
            let name = if self.identifier.is_empty() { &self.command } else { &self.identifier };
            for (before, word) in [(b' ', &self.host), (b' ', name)] {
                out.push(before);
                write_word(word, out);
            }
            if !self.pid.is_empty() && self.pid.iter().all(u8::is_ascii_digit) {
                out.push(b'[');
                out.extend_from_slice(&self.pid);
                out.push(b']');
            }
            out.extend_from_slice(b": ");
            let message = self.message.strip_suffix(b"\n").unwrap_or(&self.message);
            out.extend(message.iter().map(|&b| if b == b'\n' { b' ' } else { b }));
            out.push(b'\n');
        }
        for text in [
            &mut self.micros,
            &mut self.host,
            &mut self.identifier,
            &mut self.command,
            &mut self.pid,
            &mut self.message,
        ] {
            text.clear();
        }
        self.in_message = false;
    }
}

impl Binary {
    /// Takes the next line, whose line break was cut off; whether the value is whole.
    fn push(&mut self, line: &[u8], max_line: usize) -> bool {
        let mut rest = line;
        let mut line_break = 1;
        let Some(left) = &mut self.left else { return self.begin(line) };
        if (rest.len() as u64) >= *left {
            rest = &rest[..usize::try_from(*left).unwrap_or(rest.len())];
            line_break = 0;
        }
        let taken = rest.len() as u64 + line_break;
        *left = left.saturating_sub(taken);
        if self.bytes.len() <= max_line {
            self.bytes.extend_from_slice(rest);
            if line_break == 1 && *left > 0 {
                self.bytes.push(b'\n');
            }
        }
        *left == 0
    }
}

impl Binary {
    /// Takes the line that the length begins, or goes on in: its eight bytes can hold a line break of their own.
    fn begin(&mut self, line: &[u8]) -> bool {
        self.bytes.extend_from_slice(line);
        self.bytes.push(b'\n');
        let Some((length, text)) = self.bytes.split_first_chunk::<8>() else { return false };
        let length = u64::from_le_bytes(*length);
        self.bytes = text.to_vec();
        let left = length.saturating_add(1).saturating_sub(self.bytes.len() as u64);
        self.left = Some(left);
        self.bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        left == 0
    }
}

/// A word of the frame; a dash where there is none.
fn write_word(word: &[u8], out: &mut Vec<u8>) {
    if word.is_empty() {
        out.push(b'-');
    }
    out.extend(word.iter().map(|&b| if b.is_ascii_whitespace() { b'_' } else { b }));
}
