//! What is counted of an upstream as a whole.

use std::collections::BTreeMap;

use crate::aggregate::{CodeCell, Durations};
use crate::origin::{Cause, Origin};
use crate::status::Status;

#[derive(Debug)]
pub(super) struct Upstream {
    pub(super) name: String,
    pub(super) codes: Vec<(Status, u64)>,
    pub(super) origins: BTreeMap<Origin, u64>,
    pub(super) causes: BTreeMap<(Status, Cause), u64>,
    pub(super) clients: [u64; 64],
    pub(super) durations: BTreeMap<(i64, Status), Durations>,
    pub(super) client_codes: BTreeMap<(i64, Status), CodeCell>,
}

impl Upstream {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
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
}

/// Units of a table of that many small entries: statuses, or causes.
const fn table_units(entries: usize) -> usize {
    entries / 4
}

/// Units of a histogram; none where there is none.
fn histogram_units(durations: Option<&Durations>) -> usize {
    durations.map_or(0, |d| 2 + d.bins().len() / 8)
}
