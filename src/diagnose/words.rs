//! Numbers and foreign names, in words.

use crate::escape::Sanitized;

/// Longer names are cut: a sentence must stay one.
const NAME_CHARS: usize = 80;

/// A name from the log, safe to show.
pub(super) fn name(foreign: &str) -> String {
    let shown = Sanitized(foreign.as_bytes()).to_string();
    match shown.char_indices().nth(NAME_CHARS) {
        Some((cut, _)) => format!("{}…", &shown[..cut]),
        None => shown,
    }
}

/// The first few names, and how many more there are.
pub(super) fn names(foreign: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut text = foreign.iter().take(SHOWN).map(|n| name(n)).collect::<Vec<_>>().join(", ");
    if foreign.len() > SHOWN {
        text = format!("{text} and {} more", foreign.len() - SHOWN);
    }
    text
}

/// Zero for zero of zero.
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// A ratio 0–1 as a percentage; never rounded to none or all where it is neither.
pub(super) fn percent(ratio: f64) -> String {
    let p = ratio * 100.0;
    if p <= 0.0 {
        "0 %".to_owned()
    } else if p < 0.01 {
        "below 0.01 %".to_owned()
    } else if p < 0.1 {
        format!("{p:.2} %")
    } else if p < 99.95 {
        format!("{p:.1} %")
    } else if p < 100.0 {
        "over 99.9 %".to_owned()
    } else {
        "100 %".to_owned()
    }
}

/// How many times, with one digit where that matters.
pub(super) fn times(factor: f64) -> String {
    if factor < 10.0 { format!("{factor:.1} times") } else { format!("{factor:.0} times") }
}

/// `1 host`, `2 hosts`.
pub(super) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// A length of time by its two largest units.
pub(super) fn duration(micros: i64) -> String {
    let s = micros.max(0) / 1_000_000;
    let two = |a: i64, unit_a: &str, b: i64, unit_b: &str| {
        if b == 0 { format!("{a} {unit_a}") } else { format!("{a} {unit_a} {b} {unit_b}") }
    };
    match s {
        0..60 => format!("{s} s"),
        60..3600 => two(s / 60, "min", s % 60, "s"),
        3600..86_400 => two(s / 3600, "h", s / 60 % 60, "min"),
        _ => two(s / 86_400, "d", s / 3600 % 24, "h"),
    }
}
