//! For tests: lines that a pattern's product could have written, with values chosen by chance, and what is in them.

use super::pattern::{Pattern, Piece, Shape};
use crate::escape::Escape;
use crate::schema::{Column, Field, Kind};
use crate::time::TimeLayout;

/// A small generator, the same on every machine.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    /// `0..n`, and 0 for none.
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

/// A line, and where the value of each column lies in it.
pub(super) fn line(pattern: &Pattern, dice: &mut Dice) -> (Vec<u8>, Vec<(usize, usize)>) {
    let mut line = Vec::new();
    let mut values = Vec::new();
    for (i, piece) in pattern.pieces.iter().enumerate() {
        match piece {
            Piece::Literal(text) => line.extend_from_slice(text),
            Piece::Column(column) => {
                let quoted = line.last() == Some(&b'"')
                    && matches!(pattern.pieces.get(i + 1), Some(Piece::Literal(next)) if next.starts_with(b"\""));
                let start = line.len();
                value(&mut line, &pattern.columns[*column], pattern.shapes[*column], quoted, dice);
                values.push((start, line.len()));
            }
        }
    }
    (line, values)
}

fn value(out: &mut Vec<u8>, column: &Column, shape: Shape, quoted: bool, dice: &mut Dice) {
    match (&column.kind, shape) {
        (Kind::Time(layout), _) => out.extend(stamp(layout, shape, dice).bytes()),
        (Kind::Status, _) if column.field == Field::Status => {
            out.extend(format!("{}", 100 + dice.below(500)).bytes());
        }
        (_, Shape::Captures) => {
            out.extend_from_slice(dice.pick(&[&b"{lab|}"[..], b"{}", b"{a#7Db|c d|#22}"]));
        }
        (_, Shape::Cookie) => out.extend_from_slice(dice.pick(&[&b"-"[..], b"SESS=a\"b", b"S=1", b"s={|}"])),
        _ if matches!(&*column.name, "%tsc" | "%ts") => {
            let state = dice.pick(&["SC--", "PR--", "----", "cDVN"]);
            out.extend(state[..column.name.len()].bytes());
        }
        (_, Shape::List) => list(out, &column.kind, dice),
        (kind @ (Kind::Status | Kind::Integer | Kind::Duration(_) | Kind::Address), Shape::Token) => {
            // There always is a client, and HAProxy counts what it sent.
            let always = column.field == Field::Client || column.name.starts_with('%');
            item(out, kind, !always, dice);
        }
        (_, Shape::Token) if column.name.starts_with('%') && column.name.len() == 3 => {
            item(out, &Kind::Integer, false, dice);
        }
        (_, Shape::Token) => word(out, dice),
        _ if column.escape == Escape::None || !quoted => words(out, quoted, dice),
        _ => anything(out, column.escape, dice),
    }
}

fn stamp(layout: &TimeLayout, shape: Shape, dice: &mut Dice) -> String {
    let (minute, second, milli) = (dice.below(60), dice.below(60), dice.below(1000));
    match layout {
        TimeLayout::Clf => format!("22/Nov/2026:07:{minute:02}:{second:02} +0000"),
        TimeLayout::ClfMillis => format!("22/Nov/2026:07:{minute:02}:{second:02}.{milli:03}"),
        _ if matches!(shape, Shape::Width(_)) => format!("2026-11-22\t07:{minute:02}:{second:02}"),
        _ => format!("2026-11-22T07:{minute:02}:{second:02}.{milli:03}Z"),
    }
}

/// Attempts as nginx joins them.
fn list(out: &mut Vec<u8>, kind: &Kind, dice: &mut Dice) {
    for i in 0..=dice.below(3) {
        out.extend_from_slice(if i == 0 { b"" } else { dice.pick(&[&b", "[..], b" : "]) });
        item(out, kind, true, dice);
    }
}

fn item(out: &mut Vec<u8>, kind: &Kind, may_be_absent: bool, dice: &mut Dice) {
    let text = match kind {
        _ if may_be_absent && dice.below(8) == 0 => "-".to_owned(),
        Kind::Status => format!("{}", 100 + dice.below(500)),
        Kind::Duration(_) => format!("{}.{:03}", dice.below(20), dice.below(1000)),
        Kind::Address => format!("10.0.0.{}:{}", dice.below(256), 1024 + dice.below(9000)),
        _ => dice.below(100_000).to_string(),
    };
    out.extend(text.bytes());
}

/// What no literal of a format begins with.
fn word(out: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.below(12) {
        out.push(dice.pick(b"abcxyzABC0123456789._"));
    }
}

fn words(out: &mut Vec<u8>, several: bool, dice: &mut Dice) {
    word(out, dice);
    while several && dice.below(3) == 0 {
        out.push(b' ');
        word(out, dice);
    }
}

/// Any bytes, as the product escapes them.
fn anything(out: &mut Vec<u8>, escape: Escape, dice: &mut Dice) {
    for _ in 0..dice.below(24) {
        let byte = match dice.below(4) {
            0 => dice.pick(b" \"\\,:[]{}|#-/"),
            1 => dice.below(256) as u8,
            _ => dice.pick(b"abcxyz0123456789"),
        };
        let special: &[u8] = match escape {
            Escape::Backslash | Escape::Json | Escape::Hex => b"\"\\",
            Escape::Hash => b"\"#{|}",
            Escape::Percent => b" <>\"#%{}|\\^~[]`'",
            Escape::None => b"",
        };
        match escape {
            Escape::Backslash | Escape::Json if special.contains(&byte) => out.extend([b'\\', byte]),
            _ if matches!(byte, 0x20..0x7f) && !special.contains(&byte) => out.push(byte),
            Escape::Json if byte >= 0x20 => out.push(byte),
            Escape::Hash => out.extend(format!("#{byte:02X}").bytes()),
            Escape::Percent => out.extend(format!("%{byte:02X}").bytes()),
            _ => out.extend(format!("\\x{byte:02X}").bytes()),
        }
    }
}

/// A line with none to two bytes changed, dropped, put in, or its end cut off.
pub(super) fn damage(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..dice.below(3) {
        let at = dice.below(bytes.len());
        match dice.below(4) {
            0 if at < bytes.len() => bytes[at] = dice.pick(b" \",:[]-{}/\\1a"),
            1 if at < bytes.len() => drop(bytes.remove(at)),
            2 => bytes.insert(at, dice.pick(b" \",:[]-")),
            _ => bytes.truncate(at.max(1)),
        }
    }
}
