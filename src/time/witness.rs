//! chrono as the witness: every day, every offset, and stamps that chance has damaged.
//!
//! Where the two differ, on purpose, and each difference is checked:
//! - CLF: chrono's `%d/%b/%Y:%H:%M:%S %z` is a pattern with padding optional, white space skipped, years with signs
//!   and offsets with colons; ours is the 26 bytes that are written. Within these 26 bytes both agree.
//! - ISO: ours reads RFC 3339 and more (see [`TimeLayout::Iso`]); put into RFC 3339, the rest agrees too.
//! - chrono takes `−` (U+2212) as the sign of an offset; ours takes ASCII only.
//! - A leap second is the last microsecond of its minute here, and beyond it in chrono.
//! - Instants that leave the years 0 to 9999 through their offset are refused here.

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveDateTime};

use super::{SECOND, TimeCache, TimeLayout, Timestamp};

/// xorshift64*: small, and the same numbers everywhere.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % bound as u64) as usize
    }

    /// `text` with one to three bytes changed, put in, taken out, or its end cut off.
    fn damage(&mut self, text: &mut Vec<u8>) {
        const LIKELY: &[u8] = b"0123456789/:-+. TtZz\tJFMASONDabcdeglnoprtuvy[]\0\xff\xe2\x88\x92";
        for _ in 0..=self.below(3) {
            let byte = LIKELY[self.below(LIKELY.len())];
            let at = self.below(text.len() + 1);
            match self.below(8) {
                0 => text.insert(at, byte),
                1 if at < text.len() => drop(text.remove(at)),
                2 if self.below(4) == 0 => text.truncate(at),
                3..=5 if text.get(at).is_some_and(u8::is_ascii_digit) => {
                    text[at] = b'0' + self.below(10) as u8;
                }
                _ if at < text.len() => text[at] = byte,
                _ => text.push(byte),
            }
        }
    }
}

/// chrono's instant as ours has it.
fn ours(theirs: DateTime<FixedOffset>) -> Option<Timestamp> {
    let micros = i64::from(theirs.timestamp_subsec_micros()).min(SECOND - 1);
    Timestamp::checked_from_micros(theirs.timestamp() * SECOND + micros)
}

fn chrono_clf(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    ours(DateTime::parse_from_str(text, "%d/%b/%Y:%H:%M:%S %z").ok()?)
}

fn chrono_rfc3339(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok().filter(|text| !text.contains('\u{2212}'))?;
    ours(DateTime::parse_from_rfc3339(text).ok()?)
}

#[test]
fn every_day() {
    let first = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
    let last = NaiveDate::from_ymd_opt(2099, 12, 31).unwrap();
    let mut cache = TimeCache::default();
    for (i, day) in first.iter_days().take_while(|&day| day <= last).enumerate() {
        let (hour, minute, second) = (i % 24, i % 60, i * 7 % 60);
        let clf = format!("{}:{hour:02}:{minute:02}:{second:02} +0000", day.format("%d/%b/%Y"));
        let iso = format!("{day}T{hour:02}:{minute:02}:{second:02}.{:06}Z", i * 13 % 1_000_000);
        let (clf, iso) = (clf.as_bytes(), iso.as_bytes());
        let since = day.signed_duration_since(first).num_days() * 86_400;
        let seconds = since + (hour * 3600 + minute * 60 + second) as i64;
        assert_eq!(cache.parse(&TimeLayout::Clf, clf, 7), Some(Timestamp::from_micros(seconds * SECOND)));
        assert_eq!(TimeLayout::Clf.parse(clf, 7), chrono_clf(clf));
        assert_eq!(TimeLayout::Iso.parse(iso, 7), chrono_rfc3339(iso));
        let shown = format!("{:.6}", TimeLayout::Iso.parse(iso, 7).unwrap());
        assert_eq!(shown.as_bytes(), iso, "shown as it was read");
    }
}

#[test]
fn every_offset() {
    for minutes in (-1_439..=1_439).filter(|minutes| minutes % 15 == 0 || minutes % 60 == 59) {
        let (sign, east) = (if minutes < 0 { '-' } else { '+' }, i32::abs(minutes));
        let zone = format!("{sign}{:02}{:02}", east / 60, east % 60);
        let clf = format!("01/Mar/2024:00:08:40 {zone}");
        let expected = chrono_clf(clf.as_bytes());
        assert!(expected.is_some(), "{zone}");
        let colon = format!("{}:{}", &zone[..3], &zone[3..]);
        for (layout, text) in [
            (TimeLayout::Clf, clf.clone()),
            (TimeLayout::ClfMillis, clf.clone()),
            (TimeLayout::ClfMillis, clf.replace(' ', "")),
            (TimeLayout::Iso, format!("2024-03-01T00:08:40{colon}")),
            (TimeLayout::Iso, format!("2024-03-01 00:08:40{zone}")),
            (TimeLayout::Iso, format!("2024-03-01\t00:08:40.000 {zone}")),
        ] {
            assert_eq!(layout.parse(text.as_bytes(), 99), expected, "{layout:?} {text}");
        }
        for (layout, text) in
            [(TimeLayout::ClfMillis, "01/Mar/2024:00:08:40.0"), (TimeLayout::Iso, "2024-03-01T00:08:40")]
        {
            assert_eq!(layout.parse(text.as_bytes(), minutes * 60), expected, "{layout:?} {text} at {zone}");
        }
    }
}

#[test]
fn every_length_of_a_fraction() {
    let mut cache = TimeCache::default();
    for length in 1..=12 {
        for digits in ["123456789012", "000000000000", "999999999999", "100000000009"] {
            let text = format!("2026-11-22T07:08:40.{}Z", &digits[..length]);
            let expected = chrono_rfc3339(text.as_bytes());
            assert_eq!(TimeLayout::Iso.parse(text.as_bytes(), 0), expected, "{text}");
            assert_eq!(cache.parse(&TimeLayout::Iso, text.as_bytes(), 0), expected, "{text}");
            for at in 20..20 + length {
                let mut text = text.clone().into_bytes();
                text[at] = b':';
                assert_eq!(cache.parse(&TimeLayout::Iso, &text, 0), None, "{}", text.escape_ascii());
            }
        }
    }
}

/// A stamp of each layout, at an instant of its own.
fn stamps(chance: &mut Chance) -> [Vec<u8>; 4] {
    let day = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + Days::new(chance.below(47_482) as u64);
    let time =
        day.and_hms_opt(chance.below(24) as u32, chance.below(60) as u32, chance.below(60) as u32).unwrap();
    let zone = ["+0000", "-0330", "+1400", "+0545"][chance.below(4)];
    let millis = chance.below(1000);
    [
        format!("{} {zone}", time.format("%d/%b/%Y:%T")),
        format!("{}.{millis:03}", time.format("%d/%b/%Y:%T")),
        match chance.below(3) {
            0 => format!("{}.{millis:03}Z", time.format("%FT%T")),
            1 => format!("{}{}:{}", time.format("%FT%T"), &zone[..3], &zone[3..]),
            _ => time.format("%FT%T").to_string(),
        },
        format!("{}.{millis:03}", time.and_utc().timestamp()),
    ]
    .map(String::into_bytes)
}

#[test]
fn damaged_clf() {
    let mut chance = Chance(1);
    let mut accepted = 0;
    for _ in 0..60_000 {
        let [mut text, ..] = stamps(&mut chance);
        chance.damage(&mut text);
        let (own, theirs) = (TimeLayout::Clf.parse(&text, 0), chrono_clf(&text));
        let written = |pattern: &[u8]| {
            text.len() == pattern.len()
                && text.iter().zip(pattern).all(|(byte, mask)| match mask {
                    b'0' => byte.is_ascii_digit(),
                    b'a' => byte.is_ascii_alphabetic(),
                    b'+' => b"+-".contains(byte),
                    other => byte == other,
                })
        };
        if written(b"00/aaa/0000:00:00:00 +0000") {
            assert_eq!(own, theirs, "{}", text.escape_ascii());
            accepted += i32::from(own.is_some());
        } else if own.is_some() {
            assert!(text.starts_with(b"[") && text.ends_with(b"]"), "{}", text.escape_ascii());
        }
    }
    assert!(accepted > 4_000, "{accepted}: the damage must leave enough");
}

#[test]
fn damaged_iso() {
    let mut chance = Chance(2);
    let (mut both, mut only_own) = (0, 0);
    for _ in 0..60_000 {
        let [_, _, mut text, _] = stamps(&mut chance);
        chance.damage(&mut text);
        let (own, theirs) = (TimeLayout::Iso.parse(&text, 0), chrono_rfc3339(&text));
        if theirs.is_some() {
            assert_eq!(own, theirs, "{}", text.escape_ascii());
            both += 1;
        } else if own.is_some() {
            assert_eq!(own, chrono_rfc3339(&as_rfc3339(&text)), "{}", text.escape_ascii());
            only_own += 1;
        }
    }
    assert!(both > 4_000 && only_own > 2_000, "{both} {only_own}: the damage must leave enough");
}

/// The relatives of RFC 3339 that are read too, in RFC 3339: another separator, no zone, a space before the zone,
/// a zone without colon or without minutes.
fn as_rfc3339(text: &[u8]) -> Vec<u8> {
    let mut text = String::from_utf8(text.to_vec()).unwrap().replace('\t', "T");
    let zone = text[19..].find(|c: char| c != '.' && !c.is_ascii_digit()).map_or(text.len(), |at| at + 19);
    let mut offset = text.split_off(zone).trim_start_matches(' ').to_owned();
    match offset.len() {
        0 => offset.push('Z'),
        3 => offset.push_str(":00"),
        5 => offset.insert(3, ':'),
        _ => {}
    }
    (text + &offset).into_bytes()
}

#[test]
fn cached_is_uncached() {
    let layouts = [TimeLayout::Clf, TimeLayout::ClfMillis, TimeLayout::Iso, TimeLayout::EpochSeconds];
    let mut chance = Chance(3);
    let mut cache = TimeCache::default();
    let mut last = stamps(&mut chance);
    for i in 0..200_000 {
        // runs of one minute, as in a log, broken by other stamps, other layouts, other offsets and damage
        if chance.below(16) == 0 {
            last = stamps(&mut chance);
        }
        let which = if chance.below(4) == 0 { chance.below(4) } else { i / 64 % 4 };
        let layout = &layouts[if chance.below(16) == 0 { chance.below(4) } else { which }];
        let mut text = last[which].clone();
        if let Some(second) = [19, 19, 18].get(which).and_then(|&at| text.get_mut(at)) {
            *second = b'0' + chance.below(10) as u8;
        }
        if chance.below(3) == 0 {
            chance.damage(&mut text);
        }
        let offset = [0, 0, 0, 3_600, -12_600][chance.below(5)];
        let cached = cache.parse(layout, &text, offset);
        assert_eq!(cached, layout.parse(&text, offset), "{layout:?} {} {offset}", text.escape_ascii());
    }
}

#[test]
fn damaged_strftime_never_panics() {
    let mut chance = Chance(4);
    for _ in 0..20_000 {
        let mut text = stamps(&mut chance)[0].clone();
        let mut format = b"%d/%b/%Y:%H:%M:%S %z".to_vec();
        chance.damage(&mut text);
        if chance.below(2) == 0 {
            chance.damage(&mut format);
        }
        let format = String::from_utf8_lossy(&format).into_owned();
        let offset = [0, i32::MIN, i32::MAX][chance.below(3)];
        if let Some(instant) = TimeLayout::strftime(&format).parse(&text, offset) {
            assert!((Timestamp::MIN..=Timestamp::MAX).contains(&instant));
        }
    }
}

#[test]
fn edges() {
    let iso = |text: &str| TimeLayout::Iso.parse(text.as_bytes(), 0).map(Timestamp::as_micros);
    let at =
        |text: &str| NaiveDateTime::parse_from_str(text, "%F %T%.f").unwrap().and_utc().timestamp_micros();
    for (text, micros) in [
        ("2026-11-22T07:08:40.9999999Z", Some(at("2026-11-22 07:08:40.999999"))),
        ("2026-11-22T07:08:40.12345678901234567890123456789Z", Some(at("2026-11-22 07:08:40.123456"))),
        ("2016-12-31T23:59:60Z", Some(at("2016-12-31 23:59:59.999999"))),
        ("2016-12-31T23:59:60.123Z", Some(at("2016-12-31 23:59:59.999999"))),
        ("2016-12-31T23:59:61Z", None),
        ("2026-11-22T07:08:40.Z", None),
        ("2026-11-22T07:08:40.", None),
        ("2026-11-22T07:08", None),
        ("2026-11-22T07:08Z", None),
        ("2026-11-22T24:00:00Z", None),
        ("2026-11-22T07:60:00Z", None),
        ("2026-02-31T07:08:40Z", None),
        ("2026-13-01T07:08:40Z", None),
        ("2026-00-01T07:08:40Z", None),
        ("2026-11-22T07:08:40+24:00", None),
        ("2026-11-22T07:08:40+02:60", None),
        ("2026-11-22T07:08:40 ", None),
        ("2026-11-22T07:08:40  Z", None),
        ("2026-11-22T07:08:40ZZ", None),
        ("2026-11-22T07:08:40 UTC", Some(at("2026-11-22 07:08:40"))),
        (" 2026-11-22T07:08:40Z", None),
        ("0000-01-01T00:00:00+00:01", None),
        ("9999-12-31T23:59:59-00:01", None),
        ("", None),
        ("-", None),
    ] {
        assert_eq!(iso(text), micros, "{text}");
    }
    for (layout, text, micros) in [
        (TimeLayout::Clf, "22/Nov/2026:07:08:40", None),
        (TimeLayout::Clf, "22/Nov/2026:07:08:40.1 +0000", None),
        (TimeLayout::Clf, "22/Nov/2026:07:08:40 +00:00", None),
        (TimeLayout::Clf, "22/Nov/2026:07:08:40 Z", None),
        (TimeLayout::Clf, "22/11/2026:07:08:40 +0000", None),
        (TimeLayout::Clf, "[22/Nov/2026:07:08:40 +0000", None),
        (TimeLayout::Clf, "[22/nOV/2026:07:08:40 -0000]", Some(at("2026-11-22 07:08:40"))),
        (TimeLayout::ClfMillis, "22/Nov/2026:07:18:29.754", Some(at("2026-11-22 07:18:29.754"))),
        (TimeLayout::ClfMillis, "22/Nov/2026:07:18:29", Some(at("2026-11-22 07:18:29"))),
        (TimeLayout::ClfMillis, "22/Nov/2026:07:18:29.7 -0030", Some(at("2026-11-22 07:48:29.7"))),
        (TimeLayout::EpochSeconds, "1795331320.430", Some(1_795_331_320_430_000)),
        (TimeLayout::EpochSeconds, "1795331320.4309999", Some(1_795_331_320_430_999)),
        (TimeLayout::EpochSeconds, "0", Some(0)),
        (TimeLayout::EpochSeconds, "0000000000000000000000001", Some(SECOND)),
        (TimeLayout::EpochSeconds, "253402300799.999999", Some(Timestamp::MAX.as_micros())),
        (TimeLayout::EpochSeconds, "253402300800", None),
        (TimeLayout::EpochSeconds, "99999999999999999999", None),
        (TimeLayout::EpochSeconds, "18446744073709551615.999999", None),
        (TimeLayout::EpochSeconds, "", None),
        (TimeLayout::EpochSeconds, ".5", None),
        (TimeLayout::EpochSeconds, "1.", None),
        (TimeLayout::EpochSeconds, "1.2.3", None),
        (TimeLayout::EpochSeconds, "-1", None),
        (TimeLayout::EpochSeconds, "+1", None),
        (TimeLayout::EpochSeconds, "1e9", None),
        (TimeLayout::EpochSeconds, "٣", None),
        (TimeLayout::EpochMillis, "1795331320430", Some(1_795_331_320_430_000)),
        (TimeLayout::EpochMillis, "1795331320430.1239", Some(1_795_331_320_430_123)),
        (TimeLayout::EpochMicros, "1795331320430123", Some(1_795_331_320_430_123)),
        (TimeLayout::EpochMicros, "1795331320430123.9", Some(1_795_331_320_430_123)),
        (TimeLayout::EpochNanos, "1795331320430123999", Some(1_795_331_320_430_123)),
        (TimeLayout::EpochNanos, "18446744073709551615", Some(18_446_744_073_709_551)),
    ] {
        assert_eq!(layout.parse(text.as_bytes(), 0).map(Timestamp::as_micros), micros, "{layout:?} {text}");
    }
    assert_eq!(
        TimeLayout::Iso.parse(b"2026-11-22T07:08:40", i32::MAX).unwrap().to_string(),
        "1958-11-04T03:54:33Z"
    );
}

#[test]
fn digits_shown() {
    for (layout, text, digits) in [
        (TimeLayout::Clf, "22/Nov/2026:07:08:40 +0000", 0),
        (TimeLayout::ClfMillis, "22/Nov/2026:07:18:29.754", 3),
        (TimeLayout::ClfMillis, "22/Nov/2026:07:18:29", 0),
        (TimeLayout::Iso, "2026-11-22T07:08:40Z", 0),
        (TimeLayout::Iso, "2026-11-22T07:08:40.186641Z", 6),
        (TimeLayout::Iso, "2026-11-22T07:08:40.123456789012Z", 9),
        (TimeLayout::Iso, "2026-11-22T07:08:4x.123Z", 0),
        (TimeLayout::EpochSeconds, "1795331320.430", 3),
        (TimeLayout::EpochSeconds, "1795331320", 0),
        (TimeLayout::EpochMillis, "1795331320430", 3),
        (TimeLayout::EpochMillis, "1795331320430.5", 4),
        (TimeLayout::EpochMicros, "1795331320430123", 6),
        (TimeLayout::EpochNanos, "1795331320430123999.5", 9),
        (TimeLayout::EpochNanos, "-", 0),
    ] {
        assert_eq!(layout.fraction_digits(text.as_bytes()), digits, "{layout:?} {text}");
    }
}
