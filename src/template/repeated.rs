//! Stretches of lines that repeat: the names of upstream and host, with what stands between them.
//!
//! A site has a few hundred of them. Where the bytes of such a stretch are those of a line before it, its columns lie
//! where they lay then, and one comparison of 64 bytes says so instead of a search for each of them. Every stretch has
//! a number, by which whoever counts can know it without another look at its bytes.

// Inlined into the line loop, which is compiled once per instruction set.
#![allow(clippy::inline_always)]

use std::sync::atomic::{AtomicU64, Ordering};

use fearless_simd::{Simd, prelude::*, u8x64};

use crate::record::Span;

/// Bytes of a stretch, at most.
const LONGEST: usize = 64;
/// And at least: it is found by words of eight.
const SHORTEST: usize = 8;
/// Columns of a stretch, at most.
pub(super) const COLUMNS: usize = 4;
/// Stretches known at a time; a power of two.
const PLACES: usize = 2048;

/// Stretches that were seen, each at the place its bytes name.
#[derive(Debug)]
pub(super) struct Repeated {
    places: Box<[Stretch]>,
    /// Of the one learned next; no two stretches of a process have the same.
    number: u64,
}

/// A stretch and where its columns lie.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    /// The 64 bytes up to its end.
    bytes: [u8; LONGEST],
    len: usize,
    pub(super) number: u64,
    /// Its columns, from its start.
    pub(super) columns: [Span; COLUMNS],
}

const NONE: Stretch = Stretch { bytes: [0; LONGEST], len: 0, number: 0, columns: [Span::ABSENT; COLUMNS] };

/// Numbers given out to scanners: each may learn 2^32 stretches.
static SCANNERS: AtomicU64 = AtomicU64::new(0);

/// The bytes of a stretch, the place they name, and how many of the 64 are others before it.
struct Found<'b> {
    bytes: &'b [u8; LONGEST],
    place: usize,
    before: usize,
}

impl Repeated {
    pub(super) fn new() -> Self {
        let number = (SCANNERS.fetch_add(1, Ordering::Relaxed) << 32) + 1;
        // No place is taken before there is something to learn.
        Self { places: Box::default(), number }
    }

    /// The stretch of `block` that starts and ends there, if it is known.
    #[inline(always)]
    pub(super) fn find<S: Simd>(&self, simd: S, block: &[u8], start: u32, end: u32) -> Option<&Stretch> {
        let Found { bytes, place, before } = Found::at(block, start as usize, end as usize)?;
        let stretch = self.places.get(place)?;
        let equal = u8x64::from_slice(simd, bytes).simd_eq(u8x64::from_slice(simd, &stretch.bytes));
        let same = !equal.to_bitmask() >> before == 0 && stretch.len == LONGEST - before;
        same.then_some(stretch)
    }

    /// Learns a stretch of a line that was read without it and begins at `base`, and its columns.
    #[inline(never)]
    pub(super) fn learn(&mut self, block: &[u8], start: u32, end: u32, base: u32, columns: &[Span]) {
        let Some(Found { bytes, place, before }) = Found::at(block, start as usize, end as usize) else {
            return;
        };
        if self.places.is_empty() {
            self.places = vec![NONE; PLACES].into();
        }
        let Some(stretch) = self.places.get_mut(place).filter(|_| self.number << 32 != 0) else { return };
        *stretch = Stretch { bytes: *bytes, len: LONGEST - before, number: self.number, ..NONE };
        self.number += 1;
        for (to, span) in stretch.columns.iter_mut().zip(columns) {
            *to = span.later(base.wrapping_sub(start));
        }
    }
}

impl<'b> Found<'b> {
    #[inline(always)]
    fn at(block: &'b [u8], start: usize, end: usize) -> Option<Self> {
        const K: u64 = 0x9e37_79b9_7f4a_7c15;
        const LAST: usize = LONGEST - SHORTEST;
        let bytes = block.get(end.wrapping_sub(LONGEST)..end)?.first_chunk::<LONGEST>()?;
        let before = LONGEST.wrapping_sub(end.wrapping_sub(start));
        if before > LAST {
            return None;
        }
        let word = |at: usize| {
            bytes.get(at..at + 8).and_then(|b| b.first_chunk()).map_or(0, |b| u64::from_le_bytes(*b))
        };
        let (first, second) = (word(before), word((before + 8).min(LAST)));
        let (third, last) = (word((before + 16).min(LAST)), word(LAST));
        let hash = first.wrapping_add(third.rotate_left(17)).wrapping_mul(K)
            ^ second.wrapping_add(last.rotate_left(23)).wrapping_mul(K.rotate_left(32) | 1);
        let hash = (hash ^ hash >> 32).wrapping_mul(K);
        Some(Self { bytes, place: (hash >> 53) as usize % PLACES, before })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use crate::error::LineError;
    use crate::format::{Format, Line, Records, Sink};
    use crate::record::{Record, Spans};
    use crate::schema::{Field, FieldSet};
    use crate::template::{Template, builtin};

    const NAMES: [Field; 4] = [Field::Upstream, Field::UpstreamAddr, Field::UpstreamStatus, Field::Host];

    fn names(record: &Record<'_>) -> Vec<Option<Vec<u8>>> {
        let slots = NAMES.into_iter().filter_map(|field| record.schema().slot(field));
        slots.map(|slot| record.column(slot).map(|value| value.raw().to_vec())).collect()
    }

    /// What the walk reads, line by line, and what the numbers stood for.
    struct Compare<'e> {
        expected: std::slice::Iter<'e, Option<Vec<Option<Vec<u8>>>>>,
        known: HashMap<u64, Vec<Option<Vec<u8>>>>,
        numbered: usize,
    }

    impl Sink for Compare<'_> {
        fn line(&mut self, line: &[u8], _: usize, result: Result<Line<'_>, LineError>) {
            let read = result.ok().and_then(|line| match line {
                Line::Access(record) => Some(names(&record)),
                _ => None,
            });
            let shown = String::from_utf8_lossy(line);
            assert_eq!(self.expected.next(), Some(&read), "{shown}");
        }

        fn records(&mut self, records: &Records<'_>) {
            for (number, record) in records.iter_numbered() {
                let read = names(&record);
                if number != 0 {
                    self.numbered += 1;
                    assert_eq!(self.known.entry(number).or_insert_with(|| read.clone()), &read);
                }
                self.line(record.line(), 0, Ok(Line::Access(record)));
            }
        }
    }

    #[test]
    fn known_stretches_are_read_as_the_walk_reads_them() {
        let long = "x".repeat(70);
        let values =
            ["shop", "shoq", "sho", "-", "", "10.0.0.1:80", "10.0.0.2:80, 10.0.0.1:80", &long, "200"];
        let pairs = values.iter().flat_map(|a| values.iter().map(move |b| (a, b)));
        let nginx = pairs.clone().flat_map(|(a, b)| {
            ["200", "502, 200"].map(|us| {
                format!(
                    r#"10.0.0.9 - - [22/Nov/2026:07:08:40 +0000] "GET / HTTP/1.1" 200 1 "-" "a" rt=0.1 uct="1" uht="1" urt="1" us="{us}" ua="{a}" un="{b}""#
                )
            })
        });
        let envoy = pairs.clone().map(|(a, b)| {
            format!(r#"[2026-11-22T07:08:40.123Z] "GET / HTTP/2" 200 - 0 1 8 7 "-" "a" "id" "{a}" "{b}""#)
        });
        let haproxy = pairs.map(|(a, b)| {
            format!(
                r#"10.0.0.9:1 [22/Nov/2026:07:08:40.123] web {a}/{b} 0/0/0/7/8 200 3 - - ---- 4/4/1/0/0 0/0 "GET / HTTP/2.0""#
            )
        });
        let formats = [
            (Template::nginx(builtin::NGINX_UPSTREAM).unwrap(), nginx.collect::<Vec<_>>()),
            (Template::envoy(builtin::ENVOY_DEFAULT).unwrap(), envoy.collect()),
            (Template::haproxy(builtin::HAPROXY_HTTP).unwrap(), haproxy.collect()),
        ];
        for (template, lines) in formats {
            // Three times, so that all but the first can be known.
            let lines: Vec<&str> = lines.iter().map(String::as_str).cycle().take(3 * lines.len()).collect();
            let mut spans = Spans::new();
            let read = |line: &&str| match template.parse(line.as_bytes(), &mut spans) {
                Ok(Line::Access(record)) => Some(names(&record)),
                _ => None,
            };
            let expected: Vec<_> = lines.iter().map(read).collect();
            let mut compare = Compare { expected: expected.iter(), known: HashMap::new(), numbered: 0 };
            let mut scanner = template.scanner(FieldSet::of(&NAMES));
            scanner.scan_into((lines.join("\n") + "\n").as_bytes(), &mut compare);
            assert!(compare.expected.next().is_none(), "every line is given");
            assert!(compare.numbered > lines.len() / 4, "{} of {}", compare.numbered, lines.len());
        }
    }
}
