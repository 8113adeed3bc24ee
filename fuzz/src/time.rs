//! Stamps.

use brownout::{TimeCache, TimeLayout, Timestamp, input, parse_duration, parse_utc_offset};

use super::choices::Dice;
use super::first_line;

/// A layout, then stamps: cached reading is reading, and an instant is written as it is read.
pub fn time(data: &[u8]) {
    let (name, stamps) = first_line(data);
    let layouts = [
        ("clf", TimeLayout::Clf),
        ("clf-millis", TimeLayout::ClfMillis),
        ("iso", TimeLayout::Iso),
        ("epoch-seconds", TimeLayout::EpochSeconds),
        ("epoch-millis", TimeLayout::EpochMillis),
        ("epoch-micros", TimeLayout::EpochMicros),
        ("epoch-nanos", TimeLayout::EpochNanos),
        ("auto", TimeLayout::Auto),
    ];
    let named = layouts.iter().find(|l| l.0.as_bytes() == name).map(|l| l.1.clone());
    let layout = named.unwrap_or_else(|| TimeLayout::strftime(&String::from_utf8_lossy(name)));
    let mut cache = TimeCache::default();
    let offset = Dice::of(name).below(40) as i32 * 900 - 18_000;
    for (_, stamp) in input::lines(stamps) {
        let time = layout.parse(stamp, offset);
        let text = String::from_utf8_lossy(stamp);
        assert!(parse_utc_offset(&text).is_none_or(|seconds| seconds.abs() < 86_400 && seconds % 60 == 0));
        assert!(parse_duration(&text).is_none_or(|micros| micros >= 0));
        assert_eq!(cache.parse(&layout, stamp, offset), time, "{layout:?} {stamp:?}");
        assert!(layout.fraction_digits(stamp) <= 9);
        if let Some(time) = time {
            assert_eq!(Timestamp::parse_rfc3339(time.to_string().as_bytes()), Some(time));
        }
    }
}
