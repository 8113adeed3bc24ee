//! Caddy's console encoder, `2026/11/22 07:25:52.491 ⇥ INFO ⇥ http.log.access.log1 ⇥ handled request ⇥ {…}`, made what
//! its JSON encoder writes: one object with `level`, `ts`, `logger` and `msg` before the rest.
//!
//! Source: zap's console encoder, with Caddy's defaults: tabs between the parts, the level in colour on a terminal,
//! the time in UTC and without a zone. A part that is not there (a logger without a name) has no tab of its own.

use super::{Assemble, Lines};

/// Whether a log of Caddy's console begins so.
pub(super) fn begins(line: &[u8]) -> bool {
    split(line).is_some()
}

/// A line, taken apart.
struct Entry<'a> {
    time: &'a [u8],
    level: &'a [u8],
    logger: &'a [u8],
    message: &'a [u8],
    /// The object behind it, from its brace on; empty where there is none.
    object: &'a [u8],
}

fn split(line: &[u8]) -> Option<Entry<'_>> {
    let mut parts = line.splitn(3, |&b| b == b'\t');
    let time = parts.next().filter(|time| is_time(time))?;
    let level = without_colour(parts.next()?);
    if level.is_empty() || !level.iter().all(u8::is_ascii_uppercase) {
        return None;
    }
    let rest = parts.next()?;
    let first = rest.iter().position(|&b| b == b'\t').unwrap_or(rest.len());
    let named = first < rest.len() && !rest[..first].contains(&b' ') && !rest[first + 1..].starts_with(b"{");
    let (logger, rest) = if named { (&rest[..first], &rest[first + 1..]) } else { (&b""[..], rest) };
    let at = memchr::memmem::find(rest, b"\t{").unwrap_or(rest.len());
    let object = rest.get(at + 1..).filter(|object| object.ends_with(b"}")).unwrap_or_default();
    Some(Entry { time, level, logger, message: &rest[..at], object })
}

/// `2026/11/22 07:25:52.491`.
fn is_time(text: &[u8]) -> bool {
    const SHAPE: &[u8] = b"0000/00/00 00:00:00.";
    let fits = |(&b, &s): (&u8, &u8)| if s == b'0' { b.is_ascii_digit() } else { b == s };
    text.len() > SHAPE.len()
        && text.iter().zip(SHAPE).all(fits)
        && text.iter().skip(SHAPE.len()).all(u8::is_ascii_digit)
}

/// `\x1b[34mINFO\x1b[0m`.
fn without_colour(level: &[u8]) -> &[u8] {
    let start = if level.starts_with(b"\x1b[") {
        level.iter().position(|&b| b == b'm').map_or(0, |m| m + 1)
    } else {
        0
    };
    let rest = level.get(start..).unwrap_or_default();
    rest.split(|&b| b == 0x1b).next().unwrap_or_default()
}

pub(super) struct Console {
    lines: Lines,
}

impl Console {
    pub(super) const fn new(max_line: usize) -> Self {
        Self { lines: Lines::new(max_line) }
    }
}

impl Assemble for Console {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.lines.push(bytes, out, write);
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        self.lines.finish(out, write);
    }
}

fn write(line: &[u8], out: &mut Vec<u8>) {
    let Some(entry) = split(line) else {
        out.extend_from_slice(line);
        out.push(b'\n');
        return;
    };
    out.extend_from_slice(b"{\"level\":\"");
    out.extend(entry.level.iter().map(u8::to_ascii_lowercase));
    out.extend_from_slice(b"\",\"ts\":\"");
    // Dashes and a `T` make it a time of RFC 3339 without a zone.
    out.extend(entry.time.iter().map(|&b| match b {
        b'/' => b'-',
        b' ' => b'T',
        b => b,
    }));
    for (key, text) in [(&b"\",\"logger\":\""[..], entry.logger), (b"\",\"msg\":\"", entry.message)] {
        out.extend_from_slice(key);
        for &b in text {
            match b {
                b'"' | b'\\' => out.extend_from_slice(&[b'\\', b]),
                0..=0x1F => out.push(b' '),
                b => out.push(b),
            }
        }
    }
    out.push(b'"');
    match entry.object.strip_prefix(b"{").map(<[u8]>::trim_ascii_start) {
        None | Some(b"" | b"}") => out.push(b'}'),
        Some(rest) => {
            out.push(b',');
            out.extend_from_slice(rest);
        }
    }
    out.push(b'\n');
}
