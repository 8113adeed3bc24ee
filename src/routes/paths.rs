//! [`Paths`]: what was found until when, and who was refused by whom.

use super::fold::{path, push_template};
use super::sketch::{Record as Kept, Sketch};
use crate::aggregate::{Accumulate, client_slot, counted_fields, distinct};
use crate::error::LineError;
use crate::format::{Format, Line};
use crate::origin::{self, EVIDENCE, Origin};
use crate::record::Record;
use crate::schema::{Field, FieldSet, Schema};
use crate::status::{Class, Status};
use crate::time::{TimeCache, Timestamp};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Entries of each sketch: a few MB in all.
const MOST: usize = 1 << 14;
/// Longest name kept of a path, a client or a host, in bytes; longer ones are cut.
const LONGEST: usize = 200;
/// Fewest answers before, and fewest 404 after, of a path that is gone.
const LEAST: u64 = 3;

/// Follows paths that answer and paths that are not found, and who gets 4xx of whom.
///
/// A path that answered and from a moment on gives nothing but 404 was taken away: by a deployment, a rewrite, a
/// route. What only ever gave 404 is a guess of strangers. Reads the input beside an aggregator or in a pass of its
/// own; bounded: of more than 16,384 different names of a kind, those with the lowest hashes are kept, which is the
/// same sample for any order of lines.
///
/// ```
/// use brownout::{Accumulate, Format, Paths, Spans, Template};
/// let format = Template::nginx(r#"$remote_addr [$time_local] "$request" $status"#)?;
/// let mut paths = Paths::new(None, None);
/// paths.begin("access.log", &format);
/// for (second, status) in [(10, 200), (11, 200), (12, 200), (40, 404), (41, 404), (42, 404)] {
///     let line = format!(r#"192.0.2.7 [22/Nov/2026:07:08:{second} +0000] "GET /cart HTTP/1.1" {status}"#);
///     paths.line(line.as_bytes(), 0, format.parse(line.as_bytes(), &mut Spans::new()));
/// }
/// let counts = paths.finish();
/// assert_eq!((counts.gone[0].path.as_str(), counts.gone[0].not_found), ("/cart", 3));
/// # Ok::<(), brownout::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Paths {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    /// By host and path.
    found: Sketch<Found>,
    missing: Sketch<Missing>,
    /// By status and client.
    clients: Sketch<u64>,
    /// By status: written by the proxy, by the upstream, untold.
    makers: BTreeMap<Status, [u64; 3]>,
    times: TimeCache,
    /// What the name of a record is made from.
    key: Vec<u8>,
}

/// A path that answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    count: u64,
    last: i64,
}

/// A path that was not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Missing {
    count: u64,
    first: i64,
    last: i64,
    clients: u64,
}

impl Kept for Found {
    fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.last = self.last.max(other.last);
    }
}

impl Kept for Missing {
    fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        (self.first, self.last) = (self.first.min(other.first), self.last.max(other.last));
        self.clients |= other.clients;
    }
}

impl Kept for u64 {
    fn merge(&mut self, other: &Self) {
        *self = self.saturating_add(*other);
    }
}

/// What [`Paths`] saw.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct PathCounts {
    /// Paths that answered and then gave nothing but 404, most 404 first.
    pub gone: Vec<GonePath>,
    /// One in so many paths was looked at: 1 unless there were too many different ones.
    pub sample: u64,
    /// Per client-side status: written by the proxy, by the upstream, and by whom the lines do not tell.
    pub makers: Vec<(Status, [u64; 3])>,
    /// Per client-side status the client that got it most, and how often. Exact unless there were more than
    /// 16,384 clients with such statuses; then of a sample.
    pub clients: Vec<(Status, String, u64)>,
}

/// A path that used to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct GonePath {
    /// The host asked for, where the log has it.
    pub host: Option<String>,
    /// The path, its numbers and identifiers folded: `/orders/{n}`.
    pub path: String,
    /// How often it answered with 2xx or 304.
    pub answered: u64,
    /// When it last did.
    pub until: Timestamp,
    /// How often it was not found since.
    pub not_found: u64,
    /// First and last time of those.
    pub range: (Timestamp, Timestamp),
    /// About how many clients asked; `None` where no line tells, and where they are too many to count.
    pub clients: Option<u64>,
}

/// Client-side statuses that are followed.
fn is_refusal(status: Status) -> bool {
    matches!(status.code(), 401 | 403 | 404 | 408 | 429)
}

/// As much of a name as is kept.
fn short(raw: &[u8]) -> &[u8] {
    raw.get(..raw.len().min(LONGEST)).unwrap_or_default()
}

impl Paths {
    /// Of records from `since` on and before `until`.
    pub fn new(since: Option<Timestamp>, until: Option<Timestamp>) -> Self {
        Self {
            since,
            until,
            found: Sketch::new(MOST),
            missing: Sketch::new(MOST),
            clients: Sketch::new(MOST),
            makers: BTreeMap::new(),
            times: TimeCache::default(),
            key: Vec::new(),
        }
    }

    /// What there is to tell, sorted.
    pub fn finish(self) -> PathCounts {
        let mut gone: Vec<GonePath> = self
            .missing
            .iter()
            .filter_map(|(name, missing)| {
                let found = self.found.get(name)?;
                let is_gone = found.count >= LEAST && missing.count >= LEAST && missing.first > found.last;
                let (host, path) = name.split_once('\n')?;
                is_gone.then(|| GonePath {
                    host: Some(host.to_owned()).filter(|h| !h.is_empty()),
                    path: path.to_owned(),
                    answered: found.count,
                    until: Timestamp::from_micros(found.last),
                    not_found: missing.count,
                    range: (Timestamp::from_micros(missing.first), Timestamp::from_micros(missing.last)),
                    clients: distinct(missing.clients),
                })
            })
            .collect();
        gone.sort_by(|a, b| (b.not_found, &a.host, &a.path).cmp(&(a.not_found, &b.host, &b.path)));
        let mut clients: BTreeMap<Status, (u64, &str)> = BTreeMap::new();
        for (name, &count) in self.clients.iter() {
            let Some((status, client)) = name.split_once('\n') else { continue };
            let Some(status) = Status::parse(status.as_bytes()) else { continue };
            // of equals the one whose name comes first
            let most = clients.entry(status).or_default();
            if count > most.0 || (count == most.0 && client < most.1) {
                *most = (count, client);
            }
        }
        PathCounts {
            gone,
            sample: self.found.sample().max(self.missing.sample()),
            makers: self.makers.into_iter().collect(),
            clients: clients
                .into_iter()
                .map(|(status, (n, client))| (status, client.to_owned(), n))
                .collect(),
        }
    }

    fn record(&mut self, record: &Record<'_>) {
        let Some(status) = record.status() else { return };
        let found = status.class() == Class::Success || status.code() == 304;
        if !found && !is_refusal(status) {
            return;
        }
        let Some(time) = record.time_by(&mut self.times) else { return };
        if self.since.is_some_and(|s| time < s) || self.until.is_some_and(|u| time >= u) {
            return;
        }
        let time = time.as_micros();
        let Self { found: answered, missing, clients, key, .. } = self;
        if found {
            if let Some(host) = key_of(record, key) {
                answered.add(key, |name| write_name(name, key, host), Found { count: 1, last: time });
            }
            return;
        }
        if status.code() == 404
            && let Some(host) = key_of(record, key)
        {
            let clients = client_slot(record).map_or(0, |slot| 1 << slot);
            let seen = Missing { count: 1, first: time, last: time, clients };
            missing.add(key, |name| write_name(name, key, host), seen);
        }
        if let Some(client) = record.client() {
            let client = short(client.raw());
            key.clear();
            key.extend_from_slice(&status.code().to_le_bytes());
            key.extend_from_slice(client);
            let write = |name: &mut String| {
                let _ = write!(name, "{status}\n{}", String::from_utf8_lossy(client));
            };
            clients.add(key, write, 1);
        }
        let maker = match origin::attribute(record).answered_by {
            Origin::Proxy | Origin::Client => 0,
            Origin::Upstream => 1,
            Origin::Unknown | Origin::None => 2,
        };
        self.makers.entry(status).or_default()[maker] += 1;
    }
}

/// Writes host and path of a record as logged, one behind the other; how long the host is. `None` where it has no path.
fn key_of(record: &Record<'_>, key: &mut Vec<u8>) -> Option<usize> {
    let path = short(path(record.request_line().target?.raw())?);
    let host = record.host().map_or(&b""[..], |host| short(host.raw()));
    key.clear();
    key.extend_from_slice(host);
    key.push(b'\n');
    key.extend_from_slice(path);
    Some(host.len())
}

/// The name that a key stands for: the host in small letters, and the path folded.
fn write_name(name: &mut String, key: &[u8], host: usize) {
    let (host, path) = key.split_at_checked(host).unwrap_or_default();
    name.extend(String::from_utf8_lossy(host).chars().map(|c| c.to_ascii_lowercase()));
    name.push('\n');
    push_template(name, path.get(1..).unwrap_or_default(), true);
}

impl Accumulate for Paths {
    fn wanted(&self, schema: &Schema) -> FieldSet {
        // What counting needs proves that a line is of this format: by fewer columns one of a neighbouring format would
        // pass.
        counted_fields(schema).union(EVIDENCE).union(FieldSet::of(&[
            Field::Target,
            Field::Client,
            Field::ForwardedFor,
        ]))
    }

    fn begin(&mut self, _: &str, _: &dyn Format) {}

    fn line(&mut self, _: &[u8], _: u64, result: Result<Line<'_>, LineError>) {
        if let Ok(Line::Access(record)) = result {
            self.record(&record);
        }
    }

    fn merge(&mut self, other: Self) {
        self.found.merge(other.found);
        self.missing.merge(other.missing);
        self.clients.merge(other.clients);
        for (status, theirs) in other.makers {
            let mine = self.makers.entry(status).or_default();
            mine.iter_mut().zip(theirs).for_each(|(m, t)| *m = m.saturating_add(t));
        }
    }

    fn fresh(&self) -> Self {
        Self::new(self.since, self.until)
    }
}
