//! What is counted of an upstream as a whole.

use std::collections::BTreeMap;

use crate::aggregate::{CodeCell, Durations, HostSeries, UpstreamCounts};
use crate::origin::{Cause, Origin};
use crate::status::Status;

#[derive(Debug)]
pub(super) struct Upstream {
    pub(super) name: String,
    /// What it folds by.
    pub(super) hash: u64,
    pub(super) codes: Vec<(Status, u64)>,
    pub(super) origins: BTreeMap<Origin, u64>,
    pub(super) causes: BTreeMap<(Status, Cause), u64>,
    pub(super) clients: [u64; 64],
    pub(super) durations: BTreeMap<(i64, Status), Durations>,
    pub(super) client_codes: BTreeMap<(i64, Status), CodeCell>,
}

impl Upstream {
    pub(super) fn new(name: &str, hash: u64) -> Self {
        Self {
            name: name.to_owned(),
            hash,
            codes: Vec::new(),
            origins: BTreeMap::new(),
            causes: BTreeMap::new(),
            clients: [0; 64],
            durations: BTreeMap::new(),
            client_codes: BTreeMap::new(),
        }
    }

    /// Adds to a code; the units that takes.
    pub(super) fn add_code(&mut self, status: Status, count: u64) -> usize {
        let before = table_units(self.codes.len());
        match self.codes.iter_mut().find(|c| c.0 == status) {
            Some(code) => code.1 = code.1.saturating_add(count),
            None => self.codes.push((status, count)),
        }
        table_units(self.codes.len()) - before
    }

    /// Adds to an origin.
    pub(super) fn add_origin(&mut self, origin: Origin, count: u64) {
        let mine = self.origins.entry(origin).or_default();
        *mine = mine.saturating_add(count);
    }

    /// Adds to a cause; the units that takes.
    pub(super) fn add_cause(&mut self, status: Status, cause: Cause, count: u64) -> usize {
        let before = table_units(self.causes.len());
        let mine = self.causes.entry((status, cause)).or_default();
        *mine = mine.saturating_add(count);
        table_units(self.causes.len()) - before
    }

    /// Adds to the histogram of a bucket; the units that takes.
    pub(super) fn add_durations(
        &mut self,
        bucket: i64,
        status: Status,
        add: impl FnOnce(&mut Durations),
    ) -> usize {
        let before = histogram_units(self.durations.get(&(bucket, status)));
        let mine = self.durations.entry((bucket, status)).or_default();
        add(mine);
        histogram_units(Some(mine)) - before
    }

    /// Adds to a client-side status of a bucket; the units that takes.
    pub(super) fn add_client_code(&mut self, bucket: i64, status: Status, cell: &CodeCell) -> usize {
        let before = self.client_codes.len() / 2;
        self.client_codes.entry((bucket, status)).or_default().merge(cell);
        self.client_codes.len() / 2 - before
    }

    /// Brings `ratio` buckets each together.
    pub(super) fn widen(&mut self, ratio: i64) {
        for ((bucket, status), durations) in std::mem::take(&mut self.durations) {
            self.durations.entry((bucket.div_euclid(ratio), status)).or_default().merge(&durations);
        }
        for ((bucket, status), cell) in std::mem::take(&mut self.client_codes) {
            self.client_codes.entry((bucket.div_euclid(ratio), status)).or_default().merge(&cell);
        }
    }

    /// Adds what another counted in buckets of the same width; the units that takes.
    pub(super) fn merge(&mut self, other: Self) -> usize {
        let mut units = 0;
        for (status, count) in other.codes {
            units += self.add_code(status, count);
        }
        for (origin, count) in other.origins {
            self.add_origin(origin, count);
        }
        for ((status, cause), count) in other.causes {
            units += self.add_cause(status, cause, count);
        }
        for (mine, theirs) in self.clients.iter_mut().zip(other.clients) {
            *mine = mine.saturating_add(theirs);
        }
        for ((bucket, status), theirs) in other.durations {
            units += self.add_durations(bucket, status, |mine| mine.merge(&theirs));
        }
        for ((bucket, status), theirs) in other.client_codes {
            units += self.add_client_code(bucket, status, &theirs);
        }
        units
    }

    /// All of it, sorted.
    pub(super) fn into_counts(mut self, mut hosts: Vec<HostSeries>) -> UpstreamCounts {
        self.codes.sort_unstable();
        hosts.sort_unstable_by(|a, b| (&a.zone, &a.host).cmp(&(&b.zone, &b.host)));
        UpstreamCounts {
            name: self.name,
            codes: self.codes,
            origins: self.origins.into_iter().collect(),
            causes: self.causes.into_iter().map(|((status, cause), n)| (status, cause, n)).collect(),
            clients: self.clients,
            durations: self.durations.into_iter().map(|((bucket, status), d)| (bucket, status, d)).collect(),
            client_codes: self.client_codes.into_iter().map(|((b, status), c)| (b, status, c)).collect(),
            hosts,
        }
    }

    /// The units of its tables.
    pub(super) fn units(&self) -> usize {
        let histograms: usize = self.durations.values().map(|d| histogram_units(Some(d))).sum();
        table_units(self.codes.len())
            + table_units(self.causes.len())
            + histograms
            + self.client_codes.len() / 2
    }
}

/// Units of a table of that many small entries: statuses, or causes.
const fn table_units(entries: usize) -> usize {
    entries / 4
}

/// Units of a histogram; none where there is none.
fn histogram_units(durations: Option<&Durations>) -> usize {
    durations.map_or(0, |d| 2 + d.bins().len() / 8)
}
