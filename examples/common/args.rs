//! What people type on a command line: lengths of time, offsets from UTC, instants.

use brownout::{Denominator, Moment, Timestamp, parse_duration, parse_utc_offset};

/// An instant, as given: absolute, or so long before the last line of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    At(Timestamp),
    BeforeLast { micros: i64 },
}

fn length(text: &str) -> Result<i64, String> {
    parse_duration(text)
        .ok_or_else(|| format!("`{text}` is no length of time: expected one like 10s, 5m, 2h or 1d"))
}

/// The width of a bucket: a length of one second to one day.
pub(crate) fn width(text: &str) -> Result<i64, String> {
    let micros = length(text)?;
    if (1_000_000..=86_400_000_000).contains(&micros) {
        Ok(micros)
    } else {
        Err(format!("`{text}` is no useful width: expected 1s to 1d"))
    }
}

/// What rates are shares of.
pub(crate) fn denominator(text: &str) -> Result<Denominator, String> {
    match text {
        "all" => Ok(Denominator::All),
        "no_4xx" => Ok(Denominator::WithoutClientErrors),
        _ => Err(format!("`{text}` is no denominator: expected all or no_4xx")),
    }
}

/// Which instant of a request counts.
pub(crate) fn moment(text: &str) -> Result<Moment, String> {
    match text {
        "logged" => Ok(Moment::Logged),
        "arrival" => Ok(Moment::Arrival),
        "completion" => Ok(Moment::Completion),
        _ => Err(format!("`{text}` is no instant of a request: expected logged, arrival or completion")),
    }
}

/// An amount of memory in bytes: `64M`, `512K`, `1G` (powers of 1024) or a plain number; at least 1M.
pub(crate) fn memory(text: &str) -> Result<usize, String> {
    let (digits, shift) = match text.as_bytes().last() {
        Some(b'K' | b'k') => (&text[..text.len() - 1], 10),
        Some(b'M' | b'm') => (&text[..text.len() - 1], 20),
        Some(b'G' | b'g') => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let size = digits.parse::<usize>().ok().and_then(|n| n.checked_mul(1 << shift));
    size.filter(|size| *size >= 1 << 20)
        .ok_or_else(|| format!("`{text}` is no amount of memory: expected one like 64M or 1G, at least 1M"))
}

/// RFC 3339, or `-2h`.
pub(crate) fn when(text: &str) -> Result<When, String> {
    if let Some(back) = text.strip_prefix('-') {
        return length(back).map(|micros| When::BeforeLast { micros });
    }
    let at = Timestamp::parse_rfc3339(text.as_bytes());
    at.map(When::At).ok_or_else(|| {
        format!(
            "`{text}` is no instant: expected RFC 3339 like 2026-11-22T02:00:00Z, or -2h before the last line"
        )
    })
}

/// `+02:00`, `-0530`, `Z`: seconds east of UTC.
pub(crate) fn offset(text: &str) -> Result<i32, String> {
    parse_utc_offset(text)
        .ok_or_else(|| format!("`{text}` is no offset from UTC: expected one like +02:00 or -0530"))
}
