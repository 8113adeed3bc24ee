//! Prefixes: the syslog family, journald's text modes, HAProxy's own forms, CRI.
//!
//! Every function takes what is left of the line and gives what is left after it, so that all reading is forward and
//! in bounds.

use memchr::memchr;

use super::Framed;

/// `<134>Nov 22 07:18:29 host tag[pid]: …`, the priority and the host optional.
pub(super) fn rfc3164(line: &[u8]) -> Option<Framed<'_>> {
    program(stamp(without_pri(line))?)
}

/// `2026-11-22T07:29:43+00:00 host tag[pid]: …`, also with a priority before it.
pub(super) fn iso_syslog(line: &[u8]) -> Option<Framed<'_>> {
    program(iso_time(without_pri(line))?)
}

/// `Sun 2026-11-22 07:30:21 UTC host tag[pid]: …`.
pub(super) fn journal_full(line: &[u8]) -> Option<Framed<'_>> {
    let (weekday, rest) = token(line)?;
    let (date, rest) = token(rest)?;
    if weekday.len() != 3 || !fits(date, b"0000-00-00") {
        return None;
    }
    let (time, rest) = token(rest)?;
    let (zone, rest) = token(rest)?;
    if !fits(time.get(..8)?, b"00:00:00") || !zone.first()?.is_ascii_alphabetic() {
        return None;
    }
    program(rest)
}

/// `1795332621.349527 host tag[pid]: …`.
pub(super) fn journal_unix(line: &[u8]) -> Option<Framed<'_>> {
    let (time, rest) = token(line)?;
    // Microseconds: nginx's `$msec` and others have three digits.
    let (seconds, fraction) = time.split_at_checked(time.len().checked_sub(7)?)?;
    if seconds.len() < 9 || !seconds.iter().all(u8::is_ascii_digit) || !fits(fraction, b".000000") {
        return None;
    }
    program(rest)
}

/// `<6>…`.
pub(super) fn priority(line: &[u8]) -> Option<Framed<'_>> {
    pri(line).map(|payload| Framed { tag: None, payload })
}

/// `2026-11-22T07:18:29.755721+00:00 …`, also with a priority before it.
pub(super) fn iso(line: &[u8]) -> Option<Framed<'_>> {
    iso_time(without_pri(line)).map(|payload| Framed { tag: None, payload })
}

/// `<134>1 time host app pid msgid data …`, also with the length of it all before it.
pub(super) fn rfc5424(line: &[u8]) -> Option<Framed<'_>> {
    let rest = pri(without_length(line))?;
    let rest = rest.strip_prefix(b"1 ")?;
    let rest = rest.strip_prefix(b"- ").or_else(|| iso_time(rest))?;
    let (_host, rest) = token(rest)?;
    let (app, rest) = token(rest)?;
    let (_pid, rest) = token(rest)?;
    let (_message_id, rest) = token(rest)?;
    let rest = structured_data(rest)?;
    // rsyslog keeps the space that followed the tag of an RFC 3164 message; some senders begin with a BOM.
    let payload = rest.strip_prefix(b" ").unwrap_or(rest);
    let payload = payload.strip_prefix(b" ").unwrap_or(payload);
    let payload = payload.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(payload);
    Some(Framed { tag: Some(app).filter(|&app| app != b"-" && !app.is_empty()), payload })
}

/// A line of a container, as the kubelet's runtimes write it.
pub(super) struct Cri<'a> {
    /// `stderr` rather than `stdout`.
    pub(super) stderr: bool,
    /// The line goes on in the next record of the same stream.
    pub(super) partial: bool,
    pub(super) payload: &'a [u8],
}

/// `2026-11-22T07:29:43.694123456Z stdout F …`.
pub(super) fn cri(line: &[u8]) -> Option<Cri<'_>> {
    let (stream, rest) = token(iso_time(line)?)?;
    let stderr = match stream {
        b"stdout" => false,
        b"stderr" => true,
        _ => return None,
    };
    // Further tags may follow after a colon.
    let (tags, payload) = token(rest)?;
    match (tags.first()?, tags.get(1)) {
        (b'F', None | Some(b':')) => Some(Cri { stderr, partial: false, payload }),
        (b'P', None | Some(b':')) => Some(Cri { stderr, partial: true, payload }),
        _ => None,
    }
}

/// `nginx[301]: …`: the process id is what tells it from anything else.
pub(super) fn tagged(line: &[u8]) -> Option<Framed<'_>> {
    let (word, payload) = token(line)?;
    let name = tag_with_pid(word.strip_suffix(b":")?)?;
    let fits = name.first()?.is_ascii_alphabetic() && name.iter().all(|b| b.is_ascii_graphic() && *b != b'"');
    fits.then_some(Framed { tag: Some(name), payload })
}

/// What comes before the next space, and what after it. `None` when nothing is left.
fn token(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    match find_near(b' ', rest) {
        Some(end) => Some((&rest[..end], &rest[end + 1..])),
        None if rest.is_empty() => None,
        None => Some((rest, &[])),
    }
}

/// `memchr` for what is expected within a few bytes, where looking at them one by one costs less than its start.
fn find_near(byte: u8, text: &[u8]) -> Option<usize> {
    let (near, far) = text.split_at(text.len().min(16));
    match near.iter().position(|&b| b == byte) {
        None => memchr(byte, far).map(|at| near.len() + at),
        found => found,
    }
}

/// Whether `text` has the shape of `form`: a `0` stands for any digit, all else for itself.
fn fits(text: &[u8], form: &[u8]) -> bool {
    let same = |(&t, &f): (&u8, &u8)| if f == b'0' { t.is_ascii_digit() } else { t == f };
    text.len() == form.len() && text.iter().zip(form).all(same)
}

/// After `<0>` to `<191>` (three digits at most; the value is not checked).
fn pri(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"<")?;
    let digits = rest.iter().take(4).take_while(|b| b.is_ascii_digit()).count();
    match digits {
        1..=3 => rest[digits..].strip_prefix(b">"),
        _ => None,
    }
}

fn without_pri(line: &[u8]) -> &[u8] {
    pri(line).unwrap_or(line)
}

/// After the length that precedes messages on a TCP connection (RFC 6587), if there is one.
fn without_length(line: &[u8]) -> &[u8] {
    let digits = line.iter().take(8).take_while(|b| b.is_ascii_digit()).count();
    match line[digits..].strip_prefix(b" ") {
        Some(rest) if digits > 0 && rest.first() == Some(&b'<') => rest,
        _ => line,
    }
}

/// After `Nov 22 07:18:29 `; the day may be padded with a space, the second may have a fraction.
///
/// One pattern over a fixed number of bytes: this runs for every line, and is several times faster than a loop.
#[rustfmt::skip]
fn stamp(line: &[u8]) -> Option<&[u8]> {
    let ([
        b'A'..=b'Z', b'a'..=b'z', b'a'..=b'z', b' ', b' ' | b'0'..=b'3', b'0'..=b'9', b' ',
        b'0'..=b'9', b'0'..=b'9', b':', b'0'..=b'9', b'0'..=b'9', b':', b'0'..=b'9', b'0'..=b'9',
    ], rest) = line.split_first_chunk::<15>()? else { return None };
    without_fraction(rest).strip_prefix(b" ")
}

/// After `.349527`, if there is one.
fn without_fraction(rest: &[u8]) -> &[u8] {
    match rest.split_first() {
        Some((b'.' | b',', fraction)) => {
            let digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
            &fraction[digits..]
        }
        _ => rest,
    }
}

/// After `2026-11-22T07:29:43.694123456+00:00 `: a fraction or none; `Z`, `+00:00` or `+0000`.
fn iso_time(line: &[u8]) -> Option<&[u8]> {
    after_iso(line)?.strip_prefix(b" ")
}

#[rustfmt::skip]
fn after_iso(line: &[u8]) -> Option<&[u8]> {
    let ([
        b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'-', b'0'..=b'9', b'0'..=b'9', b'-', b'0'..=b'9', b'0'..=b'9',
        b'T', b'0'..=b'9', b'0'..=b'9', b':', b'0'..=b'9', b'0'..=b'9', b':', b'0'..=b'9', b'0'..=b'9',
    ], rest) = line.split_first_chunk::<19>()? else { return None };
    match without_fraction(rest) {
        [b'Z', rest @ ..]
        | [b'+' | b'-', b'0'..=b'9', b'0'..=b'9', b':', b'0'..=b'9', b'0'..=b'9', rest @ ..]
        | [b'+' | b'-', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9', rest @ ..] => Some(rest),
        _ => None,
    }
}

/// `host tag[pid]: …`, `tag[pid]: …`, and `host tag[pid] …` as rsyslog writes what came by RFC 5424.
///
/// A tag is required: without one, nothing tells a frame from a record.
fn program(rest: &[u8]) -> Option<Framed<'_>> {
    let (host, after) = token(rest)?;
    if let Some(tag) = tag_before_colon(host) {
        return Some(Framed { tag: Some(tag), payload: after });
    }
    let (word, payload) = token(after)?;
    let tag = tag_before_colon(word)
        .or_else(|| tag_with_pid(word))
        // No process id either: then only the host `-` tells where the line comes from.
        .or_else(|| (host == b"-" && word.first()?.is_ascii_alphabetic()).then_some(word))?;
    Some(repeated_host(host, payload).unwrap_or(Framed { tag: Some(tag), payload }))
}

/// `vm nginx[301]: vm nginx: …`: a program that names the host itself, which journald takes for a part of the message.
fn repeated_host<'a>(host: &[u8], payload: &'a [u8]) -> Option<Framed<'a>> {
    let (word, payload) = token(payload.strip_prefix(host)?.strip_prefix(b" ")?)?;
    tag_before_colon(word).map(|tag| Framed { tag: Some(tag), payload })
}

fn tag_before_colon(word: &[u8]) -> Option<&[u8]> {
    let tag = word.strip_suffix(b":")?;
    let name = tag_with_pid(tag).unwrap_or(tag);
    let first = name.first()?;
    (first.is_ascii_alphanumeric() || b"(/_-.".contains(first)).then_some(name)
}

/// `haproxy` of `haproxy[30883]`.
fn tag_with_pid(word: &[u8]) -> Option<&[u8]> {
    let inner = word.strip_suffix(b"]")?;
    let digits = inner.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let name = inner[..inner.len() - digits].strip_suffix(b"[")?;
    (!name.is_empty() && digits > 0).then_some(name)
}

/// After `-`, or after elements like `[id key="value"]`, in whose values `\"`, `\\` and `\]` are escaped.
fn structured_data(rest: &[u8]) -> Option<&[u8]> {
    if let Some(rest) = rest.strip_prefix(b"-") {
        return (rest.is_empty() || rest[0] == b' ').then_some(rest);
    }
    let mut rest = rest;
    loop {
        rest = element(rest.strip_prefix(b"[")?)?;
        if rest.first() != Some(&b'[') {
            return (rest.is_empty() || rest[0] == b' ').then_some(rest);
        }
    }
}

/// After the `]` that ends an element.
fn element(mut rest: &[u8]) -> Option<&[u8]> {
    let mut quoted = false;
    loop {
        let at = memchr::memchr3(b'"', b'\\', b']', rest)?;
        let step = match rest[at] {
            b'"' => {
                quoted = !quoted;
                at + 1
            }
            b'\\' if quoted => at + 2,
            b']' if !quoted => return rest.get(at + 1..),
            _ => at + 1,
        };
        rest = rest.get(step..)?;
    }
}
