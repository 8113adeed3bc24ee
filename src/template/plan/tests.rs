//! What a plan promises, beside the walk over the same line: it reads the regular lines, and what stands beside a wanted
//! column is as the format says.

use fearless_simd::dispatch;

use super::super::generated::{Dice, line};
use super::super::naive::tests::FORMATS;
use super::*;
use crate::format::{Format, Line};
use crate::index::Index;
use crate::record::Spans;
use crate::schema::{Field, FieldSet, Kind};
use crate::template::Template;
use crate::template::pattern::{Piece, Shape};

/// What the plan makes of a line that others follow.
fn planned(template: &Template, plan: &Plan, line: &[u8]) -> Option<Vec<Span>> {
    let block = [line, b"\n", &[b'-'; 64]].concat();
    let mut index = Index::new();
    let mut spans = vec![Span::ABSENT; COLUMNS];
    let room = spans.first_chunk_mut().unwrap();
    let mut repeated = Repeated::new();
    let needles = plan.indexed();
    dispatch!(index.level(), simd => {
        index.build(simd, &block, needles);
        let marks = index.parts().1;
        let fits = needles.is_some_and(|(_, usual)| marks[usual + 1] as usize == line.len());
        let own = marks.first_chunk().filter(|_| fits);
        plan.read(simd, &template.program, &block, (0, line.len()), own, &mut Notes::new(), &mut repeated, room)
    })?;
    Some(spans)
}

/// What the walk makes of it.
fn walked(template: &Template, line: &[u8]) -> Option<Vec<Span>> {
    let mut spans = vec![Span::ABSENT; template.schema.columns().len()];
    template.program.parse(line, &mut spans, false).ok()?;
    Some(spans)
}

/// Plans for each column alone, where there is one.
fn plans(template: &Template) -> impl Iterator<Item = (usize, Plan)> + '_ {
    let columns = template.schema.columns().len();
    (0..columns).filter_map(move |column| {
        let wanted: Vec<bool> = (0..columns).map(|i| i == column).collect();
        Some((column, Plan::new(&template.pattern, &template.program, &wanted)?))
    })
}

#[test]
fn regular_lines_are_read() {
    for (name, make) in FORMATS {
        let template = Template::new(name, make());
        for (column, plan) in plans(&template) {
            let mut dice = Dice(5);
            for _ in 0..50 {
                let (bytes, places) = line(&template.pattern, &mut dice);
                // A quote behind a backslash is for the walk, and so are columns that no field is for.
                if bytes.windows(2).any(|pair| pair == b"\\\"")
                    || template.schema.columns()[column].field == Field::Other
                {
                    continue;
                }
                let (from, to) = places[column];
                let read = planned(&template, &plan, &bytes).map(|spans| spans[column].of(&bytes));
                assert_eq!(read, Some(Some(&bytes[from..to])), "{name} {column}: {}", bytes.escape_ascii());
            }
        }
    }
}

/// Whatever is damaged, around a value that is given stands what the format says.
#[test]
fn what_stands_beside_a_value_is_as_the_format_says() {
    let mut given = 0;
    for (name, make) in FORMATS {
        let template = Template::new(name, make());
        let pieces = &template.pattern.pieces;
        let literal = |i: usize| match pieces.get(i) {
            Some(Piece::Literal(text)) => &text[..],
            _ => &[],
        };
        for (column, plan) in plans(&template) {
            if template.pattern.shapes[column] == Shape::Captures {
                // HAProxy leaves out the blank beside them with them.
                continue;
            }
            let at = pieces.iter().position(|p| *p == Piece::Column(column)).unwrap();
            let before = at.checked_sub(1).map_or(&b""[..], literal);
            // A stamp that is known by its end and its width has one byte before it.
            let is_stamp = template.pattern.columns[column].kind == Kind::Time(TimeLayout::Clf);
            let before = &before[before.len().saturating_sub(if is_stamp { 1 } else { 8 })..];
            let after = literal(at + 1);
            // Where the number of needles is known, one of them says what it belongs to.
            let first = after.iter().position(|&b| b == plan.needle).map_or(after.len(), |i| i + 1);
            let after = if plan.indexed().is_some() { &after[..first] } else { after };
            let after = &after[..after.len().min(8)];
            let mut dice = Dice(6);
            for _ in 0..5 {
                let (bytes, places) = line(&template.pattern, &mut dice);
                let (from, to) = places[column];
                for at in (from - before.len()..from).chain(to..(to + after.len()).min(bytes.len())) {
                    let mut broken = bytes.clone();
                    broken[at] = b'x';
                    let Some(value) = planned(&template, &plan, &broken).and_then(|s| s[column].of(&broken))
                    else {
                        continue;
                    };
                    let from = value.as_ptr() as usize - broken.as_ptr() as usize;
                    let (left, right) = (&broken[..from], &broken[from + value.len()..]);
                    let fits = left.ends_with(before) && right.starts_with(after);
                    assert!(fits, "{name}: {} in {}", value.escape_ascii(), broken.escape_ascii());
                    given += 1;
                }
            }
        }
    }
    assert!(given > 100, "{given}");
}

/// One byte that is none of the line's, at every place: if plan and walk read the line, they read the same.
#[test]
fn a_damaged_line_is_read_as_the_walk_reads_it() {
    let mut compared = 0;
    for (name, make) in FORMATS {
        let template = Template::new(name, make());
        for (column, plan) in plans(&template) {
            // Where a blank is missing before it, the walk counts words and the plan quotes: who is right is not known.
            let is_uncertain =
                &*template.schema.columns()[column].name == "request" && matches!(*name, "alb" | "elb");
            if template.schema.columns()[column].field == Field::Other || is_uncertain {
                continue;
            }
            let (bytes, _) = line(&template.pattern, &mut Dice(9));
            for (at, by) in (0..bytes.len()).flat_map(|at| b" \"x/".map(|by| (at, by))) {
                let mut broken = bytes.clone();
                broken[at] = by;
                let Some(spans) = planned(&template, &plan, &broken) else { continue };
                let Some(walked) = walked(&template, &broken) else { continue };
                let (plan, walk) = (spans[column].of(&broken), walked[column].of(&broken));
                if walk.is_some() {
                    assert_eq!(plan, walk, "{name} {column}: {}", broken.escape_ascii());
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 10_000, "{compared}");
}

/// HAProxy's `%ac/%fc/%bc/%sc/%rc` is digits and slashes, and a plus where a session was sent elsewhere.
#[test]
fn counters_are_what_they_look_like() {
    let long = "123456789012345/".repeat(5) + "6";
    let words =
        ["", "1/2/3/4/5", "0/0/0/0/+3", "1/2/3", "1/2/3/4", "a/2/3/4/5", "1/2/3/4/x", "1.2/3/4/5/6", &long];
    let index = Index::new();
    // Before and behind the word stand bytes that would count.
    for (word, slashes) in words.into_iter().flat_map(|word| [(word, 3), (word, 4)]) {
        let end = format!("7/ {word} 8/9/");
        let block = end.clone() + &"/1".repeat(64);
        let naive = || {
            let known = word.bytes().all(|b| b.is_ascii_digit() || b == b'/' || b == b'+');
            let last = word.match_indices('/').nth(slashes - 1)?.0;
            known.then_some(3 + last as u32 + 1)
        };
        for text in [&end, &block] {
            let found = dispatch!(index.level(), simd => {
                counters(simd, text.as_bytes(), 3, 3 + word.len() as u32, slashes)
            });
            assert_eq!(found, naive(), "{word} {slashes}");
        }
    }
}

#[test]
fn states_are_two_or_four_letters() {
    let fits = |word: &str| state_fits(word.as_bytes(), 0, word.len() as u32);
    assert!(["----", "SC--", "PR--", "cDVN", "SC", "--"].into_iter().all(fits));
    assert!(!["", "-", "SCx", "SC---", "S /-", "a=b;", "1/1/"].into_iter().any(fits));
}

/// Words of a frame, and what is left of a line of which so many are missing at its end.
#[test]
fn words_of_a_frame_are_no_columns() {
    const FRAMES: [&str; 6] = [
        "Nov 22 07:18:29 lb nginx[1]: ",
        "<190>Nov 22 07:18:29 lb nginx: ",
        "2026-11-22T07:12:27.943946Z ",
        "2026-11-22T07:12:27.943946Z stdout F ",
        "<134>1 2026-11-22T07:12:27Z lb app 1 - - ",
        "web-1  | ",
    ];
    let wanted = [
        &[Field::Client][..],
        &[Field::Status],
        &[Field::UpstreamAddr],
        &[
            Field::Time,
            Field::Status,
            Field::Client,
            Field::UpstreamAddr,
            Field::UpstreamStatus,
            Field::Duration,
        ],
    ];
    let mut spans = Spans::new();
    let mut compared = 0;
    for (name, make) in FORMATS {
        let template = Template::new(name, make());
        let mut dice = Dice(8);
        for frame in FRAMES {
            let (bytes, _) = line(&template.pattern, &mut dice);
            let ends = (0..=bytes.len()).rev().filter(|&i| i == bytes.len() || bytes[i] == b' ');
            let lines: Vec<Vec<u8>> = ends.map(|end| [frame.as_bytes(), &bytes[..end]].concat()).collect();
            let block = lines.join(&b'\n');
            for fields in wanted {
                template.scanner(FieldSet::of(fields)).scan(&block, &mut |line, _, scanned| {
                    let Ok(Line::Access(found)) = scanned else { return };
                    let Ok(Line::Access(whole)) = template.parse(line, &mut spans) else { return };
                    for field in fields {
                        let (found, whole) = (found.raw(*field), whole.raw(*field));
                        assert_eq!(found, whole, "{name} {field:?}: {}", line.escape_ascii());
                    }
                    compared += 1;
                });
            }
        }
    }
    assert!(compared > 1_000, "{compared}");
}
