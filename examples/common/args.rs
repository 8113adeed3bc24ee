//! What people type on a command line: lengths of time, offsets from UTC, instants.

use brownout::Timestamp;

/// An instant, as given: absolute, or so long before the last line of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    At(Timestamp),
    BeforeLast { micros: i64 },
}

/// `10s`, `500ms`, `5m`, `2h`, `1d`: microseconds.
pub(crate) fn length(text: &str) -> Result<i64, String> {
    let wrong =
        || format!("`{text}` is no length of time: expected a number and a unit, like 10s, 5m, 2h or 1d");
    let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(digits);
    let micros = match unit {
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" | "min" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000,
        _ => return Err(wrong()),
    };
    number.parse::<i64>().ok().and_then(|n| n.checked_mul(micros)).ok_or_else(wrong)
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

/// `+02:00`, `-0530`, `+2`, `Z`: seconds east of UTC.
pub(crate) fn offset(text: &str) -> Result<i32, String> {
    let wrong = || format!("`{text}` is no offset from UTC: expected one like +02:00 or -0530");
    if matches!(text, "Z" | "z" | "UTC") {
        return Ok(0);
    }
    let (sign, digits) = match text.split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => return Err(wrong()),
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.len() == 4 => digits.split_at_checked(2).ok_or_else(wrong)?,
        None => (digits, "0"),
    };
    let number = |text: &str, most: i32| {
        let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<i32>().ok().filter(|n| plain && *n <= most).ok_or_else(wrong)
    };
    Ok(sign * (number(hours, 15)? * 3600 + number(minutes, 59)? * 60))
}
