//! Ids of requests, as they can be compared between layers.
//!
//! Every product spells them in its own way: ALB `Root=1-67891233-abcdef012345678912345678` (with `Self=…;` before it
//! where the client sent one), W3C `traceparent` `00-TRACE-SPAN-01`, Envoy and nginx 32 hexadecimal digits with and
//! without dashes, HAProxy whatever `unique-id-format` says. What is compared is a hash of the part that stays the same
//! on the way.

use crate::aggregate::stable_hash;
use crate::record::Record;
use crate::schema::{Field, FieldSet, Schema};

/// Ids kept of one request, at most: its own, those of headers, those captured.
const MOST: usize = 4;
/// A shorter value is no id.
const MIN_BYTES: usize = 6;
/// A captured header is an id only from so many bytes on.
const MIN_CAPTURED: usize = 12;

/// What columns that hold ids are called, beside those the format knows as one.
const NAMES: [&str; 9] = [
    "request_id",
    "request-id",
    "trace_id",
    "trace-id",
    "traceparent",
    "correlation",
    "cf_ray",
    "cf-ray",
    "unique-id",
];

/// Hashes of the ids of one request; 0 where there are fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ids([u64; MOST]);

impl Ids {
    pub(super) fn iter(self) -> impl Iterator<Item = u64> {
        self.0.into_iter().take_while(|&id| id != 0)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0[0] == 0
    }

    fn add(&mut self, id: u64) {
        if !self.0.contains(&id)
            && let Some(free) = self.0.iter_mut().find(|place| **place == 0)
        {
            *free = id;
        }
    }
}

/// The columns of a format that hold ids.
#[derive(Debug, Clone, Default)]
pub(super) struct IdColumns {
    plain: Vec<usize>,
    /// HAProxy's captured headers, `{a|b}`.
    captures: Vec<usize>,
    /// What has to be read for them.
    wanted: FieldSet,
}

impl IdColumns {
    pub(super) fn of(schema: &Schema) -> Self {
        let mut this = Self::default();
        for (position, column) in schema.columns().iter().enumerate() {
            let name = column.name.to_ascii_lowercase();
            let named = || NAMES.iter().any(|n| name.contains(n)) && !name.contains("conn");
            if column.field == Field::RequestId || named() {
                this.plain.push(position);
            } else if matches!(&*name, "hr" | "%hr") {
                this.captures.push(position);
            } else {
                continue;
            }
            this.wanted = this.wanted.union(FieldSet::of(&[column.field]));
        }
        this
    }

    pub(super) const fn wanted(&self) -> FieldSet {
        self.wanted
    }

    /// The ids of a record of this schema.
    pub(super) fn read(&self, record: &Record<'_>) -> Ids {
        let mut ids = Ids::default();
        for value in self.plain.iter().filter_map(|&position| record.column(position)) {
            if let Some(id) = hash(&value.decoded()) {
                ids.add(id);
            }
        }
        for value in self.captures.iter().filter_map(|&position| record.column(position)) {
            let inner = value.raw().trim_ascii();
            let inner = inner.strip_prefix(b"{").and_then(|i| i.strip_suffix(b"}")).unwrap_or(inner);
            let found = inner.split(|&b| b == b'|').filter(|part| looks_like_an_id(part));
            found.filter_map(hash).for_each(|id| ids.add(id));
        }
        ids
    }

    /// The first id as it was logged, for people.
    pub(super) fn shown(&self, record: &Record<'_>) -> Option<String> {
        let values = self.plain.iter().filter_map(|&position| record.column(position));
        let found = values.map(crate::record::Value::decoded).find(|text| hash(text).is_some())?;
        Some(super::request::cut(&found))
    }
}

/// The hash of the part of an id that all layers log alike; `None` where the value is no id.
fn hash(text: &[u8]) -> Option<u64> {
    let text = text.trim_ascii();
    if text.len() < MIN_BYTES || text.iter().all(|&b| matches!(b, b'0' | b'-')) {
        return None;
    }
    let part = stable_part(text);
    let digits: Vec<u8> = part.iter().filter(|b| b.is_ascii_hexdigit()).map(u8::to_ascii_lowercase).collect();
    let dashes = part.iter().filter(|&&b| b == b'-').count();
    let spelt_in_hex = digits.len() + dashes == part.len() && digits.len() >= 16;
    Some(stable_hash(if spelt_in_hex { &digits } else { part }, 0).max(1))
}

/// The trace out of ALB's and W3C's forms; anything else as it is.
fn stable_part(text: &[u8]) -> &[u8] {
    if let Some(at) = memchr::memmem::find(text, b"Root=") {
        let root = text.get(at + 5..).unwrap_or_default();
        return root.split(|&b| b == b';').next().unwrap_or(root);
    }
    match (text.len(), text.get(2), text.get(35)) {
        (55.., Some(b'-'), Some(b'-')) => text.get(3..35).unwrap_or(text),
        _ => text,
    }
}

/// A captured header that is neither a name, an address nor a sentence.
fn looks_like_an_id(text: &[u8]) -> bool {
    let letters =
        |&b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'=' | b';' | b'+' | b'/');
    let digits = text.iter().filter(|b| b.is_ascii_digit()).count();
    (MIN_CAPTURED..=128).contains(&text.len())
        && text.iter().all(letters)
        && digits >= 4
        && !text.iter().all(|&b| b.is_ascii_digit() || b == b':')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Format, Line};
    use crate::record::Spans;
    use crate::template::Template;

    #[test]
    fn one_id_in_the_spellings_of_all_layers() {
        let same: &[&[&str]] = &[
            &[
                "Root=1-67891233-abcdef012345678912345678",
                "Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678",
                "1-67891233-abcdef012345678912345678",
            ],
            &[
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "0af7651916cd43dd8448eb211c80319c",
                "0AF76519-16CD-43DD-8448-EB211C80319C",
            ],
            &["6B0618D1-0000-C868"],
            &["order-17"],
            &["8a9f1b2c3d4e5f60-FRA"],
        ];
        let mut seen = Vec::new();
        for spellings in same {
            let hashes: Vec<_> = spellings.iter().map(|s| hash(s.as_bytes())).collect();
            assert!(hashes[0].is_some() && hashes.iter().all(|h| *h == hashes[0]), "{spellings:?}");
            assert!(!seen.contains(&hashes[0]), "{spellings:?}");
            seen.push(hashes[0]);
        }
        for none in ["", "-", "abc", "00000000-0000", "      "] {
            assert_eq!(hash(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn what_is_captured_is_an_id_only_if_it_looks_like_one() {
        for (text, expected) in [
            ("6B0618D1-0000-C868", true),
            ("Root=1-67891233-abcdef012345678912345678", true),
            ("Mozilla/5.0 (X11; Linux)", false),
            ("shop.example.org", false),
            ("192.168.100.200", false),
            ("1795331320430", false),
            ("www-example-org", false),
        ] {
            assert_eq!(looks_like_an_id(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn columns_that_hold_ids() {
        let read = |format: &Template, line: &[u8]| {
            let mut spans = Spans::new();
            let Ok(Line::Access(record)) = format.parse(line, &mut spans) else { panic!("{line:?}") };
            let columns = IdColumns::of(format.schema());
            (columns.read(&record).iter().count(), columns.shown(&record))
        };
        let nginx = Template::nginx(
            "$remote_addr [$time_local] $status $request_id $http_x_amzn_trace_id $http_traceparent",
        );
        let line = b"10.0.0.1 [22/Nov/2026:07:08:40 +0000] 200 8f14e45fceea167a5a36dedd4bea2543 Root=1-67891233-abcdef012345678912345678 -";
        assert_eq!(read(&nginx.unwrap(), line), (2, Some("8f14e45fceea167a5a36dedd4bea2543".into())));
        let haproxy = Template::haproxy("%ci:%cp [%tr] %ft %b/%s %ST %hr %{+Q}r").unwrap();
        let line = br#"10.0.0.9:1 [22/Nov/2026:07:18:29.754] f b/s 200 {shop.test|6B0618D1-0000-C868} "GET / HTTP/1.1""#;
        assert_eq!(read(&haproxy, line), (1, None));
    }
}
