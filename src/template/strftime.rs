//! `strftime` texts that write a stamp for which there is a layout of its own.

use crate::time::TimeLayout;

/// The layout of a stamp written by `text`: one of the known layouts where it is one, else the text itself.
pub(super) fn layout(text: &str) -> TimeLayout {
    match text {
        "%s" | "%s.%f" => return TimeLayout::EpochSeconds,
        "%s%3f" => return TimeLayout::EpochMillis,
        "%s%6f" => return TimeLayout::EpochMicros,
        "%s%9f" | "%s%f" => return TimeLayout::EpochNanos,
        "%d/%b/%Y:%H:%M:%S %z" | "%d/%b/%Y:%T %z" => return TimeLayout::Clf,
        _ => {}
    }
    if text.strip_prefix("%s").is_some_and(|fraction| fraction_of_second(fraction) == Some("")) {
        return TimeLayout::EpochSeconds;
    }
    if is_iso(text) {
        return TimeLayout::Iso;
    }
    TimeLayout::Strftime(text.into())
}

fn is_iso(text: &str) -> bool {
    let date = text.strip_prefix("%Y-%m-%d").or_else(|| text.strip_prefix("%F"));
    let separated = date.and_then(|rest| rest.strip_prefix(['T', ' ']));
    let time = separated.and_then(|rest| rest.strip_prefix("%H:%M:%S").or_else(|| rest.strip_prefix("%T")));
    time.is_some_and(|rest| {
        matches!(fraction_of_second(rest).unwrap_or(rest), "" | "Z" | "%z" | "%Ez" | "%:z")
    })
}

/// What follows `.%3f` and its relatives.
fn fraction_of_second(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(".%")?;
    rest.strip_prefix(|c: char| matches!(c, '1'..='9')).unwrap_or(rest).strip_prefix('f')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_layouts() {
        let cases = [
            ("%s", TimeLayout::EpochSeconds),
            ("%s.%3f", TimeLayout::EpochSeconds),
            ("%s.%f", TimeLayout::EpochSeconds),
            ("%s%3f", TimeLayout::EpochMillis),
            ("%s%6f", TimeLayout::EpochMicros),
            ("%s%9f", TimeLayout::EpochNanos),
            ("%s%f", TimeLayout::EpochNanos),
            ("%d/%b/%Y:%H:%M:%S %z", TimeLayout::Clf),
            ("%Y-%m-%dT%H:%M:%S%z", TimeLayout::Iso),
            ("%Y-%m-%dT%H:%M:%S.%3fZ", TimeLayout::Iso),
            ("%F %T", TimeLayout::Iso),
            ("%Y-%m-%dT%H:%M", TimeLayout::Strftime("%Y-%m-%dT%H:%M".into())),
            ("%s.%3f!", TimeLayout::Strftime("%s.%3f!".into())),
            ("", TimeLayout::Strftime("".into())),
        ];
        for (text, want) in cases {
            assert_eq!(layout(text), want, "{text}");
        }
    }
}
