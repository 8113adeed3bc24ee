//! Counts that come from elsewhere: another aggregator, a summary, a row of a partial.
//!
//! Each `add_*` folds the names it is given as the level says, so counts of any finer level can be added.

use super::{Aggregator, Level, Settings};
#[cfg(feature = "serde")]
use crate::aggregate::{Cell, CodeCell, Durations, LineCounts};
use crate::aggregate::{Reject, Summary};
use crate::error::{Error, LineErrorKind};
#[cfg(feature = "serde")]
use crate::origin::{Cause, Origin};
use crate::schema::Product;
#[cfg(feature = "serde")]
use crate::status::Status;

impl Aggregator {
    /// Adds what another run with the same settings counted.
    pub(in crate::aggregate) fn absorb(&mut self, other: &Summary) {
        self.reach(Level(other.level));
        self.add(other);
        self.settle();
    }

    /// Adds a summary of this level or a finer one.
    pub(super) fn add(&mut self, other: &Summary) {
        self.lines.merge(&other.lines);
        for reject in &other.rejects {
            self.add_rejects(reject.kind, &reject.column, reject.count);
            for (source, offset) in &reject.first {
                self.add_place(reject.kind, &reject.column, source, *offset);
            }
        }
        if let Some((first, last)) = other.range {
            self.add_range(first.as_micros(), last.as_micros());
        }
        for format in &other.formats {
            self.add_format(&format.name, format.product, format.lines);
        }
        self.folded.merge(&other.folded_sketch);
        let ratio = (self.width / other.width_micros.max(1)).max(1);
        for theirs in &other.upstreams {
            for host in &theirs.hosts {
                let series = self.intern(&theirs.name, &host.zone, &host.host);
                for (bucket, cell) in &host.cells {
                    self.cell(series, bucket.div_euclid(ratio)).merge(cell);
                }
            }
            let id = self.intern_upstream(&theirs.name) as usize;
            let mine = &mut self.upstreams[id];
            theirs.origins.iter().for_each(|o| mine.add_origin(o.0, o.1));
            mine.clients.iter_mut().zip(theirs.clients).for_each(|(mine, n)| *mine = mine.saturating_add(n));
            for &(status, count) in &theirs.codes {
                self.units += mine.add_code(status, count);
            }
            for &(status, cause, count) in &theirs.causes {
                self.units += mine.add_cause(status, cause, count);
            }
            for (bucket, status, durations) in &theirs.durations {
                let bucket = bucket.div_euclid(ratio);
                self.units += mine.add_durations(bucket, *status, |d| d.merge(durations));
            }
            for (bucket, status, cell) in &theirs.client_codes {
                self.units += mine.add_client_code(bucket.div_euclid(ratio), *status, cell);
            }
        }
    }

    #[cfg(feature = "serde")]
    pub(in crate::aggregate) fn add_lines(&mut self, lines: &LineCounts) {
        self.lines.merge(lines);
    }

    pub(in crate::aggregate) fn add_rejects(&mut self, kind: LineErrorKind, column: &str, count: u64) {
        let mine = self.rejects.entry((kind, column.to_owned())).or_default();
        mine.count = mine.count.saturating_add(count);
    }

    pub(in crate::aggregate) fn add_place(
        &mut self,
        kind: LineErrorKind,
        column: &str,
        source: &str,
        offset: u64,
    ) {
        let mine = self.rejects.entry((kind, column.to_owned())).or_default();
        let place = (source, offset);
        let at = mine.first.partition_point(|(s, o)| (&**s, *o) < place);
        if at < Reject::PLACES {
            mine.first.insert(at, (source.to_owned(), offset));
            mine.first.truncate(Reject::PLACES);
        }
    }

    pub(in crate::aggregate) fn add_range(&mut self, first: i64, last: i64) {
        self.range = (self.range.0.min(first), self.range.1.max(last));
    }

    pub(in crate::aggregate) fn add_format(&mut self, name: &str, product: Product, lines: u64) {
        let mine = self.formats.entry((name.to_owned(), product)).or_default();
        *mine = mine.saturating_add(lines);
    }

    /// Adds a register of the estimate of folded names; whether there can be such a one.
    #[cfg(feature = "serde")]
    pub(in crate::aggregate) fn add_register(&mut self, register: usize, rank: u8) -> bool {
        self.folded.raise(register, rank)
    }

    /// Adds a cell that begins at `micros`.
    #[cfg(feature = "serde")]
    pub(in crate::aggregate) fn add_cell(&mut self, names: [&str; 3], micros: i64, cell: &Cell) {
        let [upstream, zone, host] = names;
        let series = self.intern(upstream, zone, host);
        let bucket = micros.div_euclid(self.width);
        self.cell(series, bucket).merge(cell);
    }

    #[cfg(feature = "serde")]
    pub(in crate::aggregate) fn add_code(&mut self, upstream: &str, status: Status, count: u64) {
        let id = self.intern_upstream(upstream) as usize;
        self.units += self.upstreams[id].add_code(status, count);
    }

    #[cfg(feature = "serde")]
    pub(in crate::aggregate) fn add_origin(&mut self, upstream: &str, origin: Origin, count: u64) {
        let id = self.intern_upstream(upstream) as usize;
        self.upstreams[id].add_origin(origin, count);
    }

    #[cfg(feature = "serde")]
    pub(in crate::aggregate) fn add_cause(
        &mut self,
        upstream: &str,
        status: Status,
        cause: Cause,
        count: u64,
    ) {
        let id = self.intern_upstream(upstream) as usize;
        self.units += self.upstreams[id].add_cause(status, cause, count);
    }

    /// Adds to a client slot; slots there are not are left out.
    #[cfg(feature = "serde")]
    pub(in crate::aggregate) fn add_client(&mut self, upstream: &str, slot: usize, count: u64) {
        let id = self.intern_upstream(upstream) as usize;
        if let Some(mine) = self.upstreams[id].clients.get_mut(slot) {
            *mine = mine.saturating_add(count);
        }
    }

    /// Adds durations of a bucket that begins at `micros`.
    #[cfg(feature = "serde")]
    pub(in crate::aggregate) fn add_durations(
        &mut self,
        upstream: &str,
        micros: i64,
        status: Status,
        durations: &Durations,
    ) {
        let id = self.intern_upstream(upstream) as usize;
        let bucket = micros.div_euclid(self.width);
        self.units += self.upstreams[id].add_durations(bucket, status, |mine| mine.merge(durations));
    }

    /// Adds responses with a client-side status, of a bucket that begins at `micros`.
    #[cfg(feature = "serde")]
    pub(in crate::aggregate) fn add_client_code(
        &mut self,
        upstream: &str,
        micros: i64,
        status: Status,
        cell: &CodeCell,
    ) {
        let id = self.intern_upstream(upstream) as usize;
        let bucket = micros.div_euclid(self.width);
        self.units += self.upstreams[id].add_client_code(bucket, status, cell);
    }

    /// Width of a bucket at a level, in microseconds.
    #[cfg(feature = "serde")]
    pub(in crate::aggregate) fn width_at(&self, level: Level) -> i64 {
        level.width(self.base())
    }

    /// The last level.
    #[cfg(feature = "serde")]
    pub(in crate::aggregate) fn coarsest(&self) -> Level {
        Level::coarsest(self.base())
    }

    /// Units in use.
    #[cfg(test)]
    pub(in crate::aggregate) fn units(&self) -> usize {
        self.units
    }

    /// How coarse it has become.
    #[cfg(test)]
    pub(in crate::aggregate) fn level(&self) -> Level {
        self.level
    }
}

impl Summary {
    /// Adds two summaries. Associative and commutative; the parts' order and split do not show in the outcome.
    ///
    /// # Errors
    /// When they were made with different widths or budgets, or `width_micros` and `level` of one do not go together.
    pub fn merge(self, other: &Self) -> Result<Self, Error> {
        let (mine, theirs) = (self.settings()?, other.settings()?);
        check_same("width (µs)", &mine.width_micros, &theirs.width_micros)?;
        check_same("budget", &mine.budget.units, &theirs.budget.units)?;
        check_same("seed", &mine.budget.seed, &theirs.budget.seed)?;
        let mut sum = Aggregator::new(mine);
        sum.absorb(&self);
        sum.absorb(other);
        Ok(sum.finish())
    }

    /// What it was made with, as far as it matters for merging.
    pub(in crate::aggregate) fn settings(&self) -> Result<Settings, Error> {
        let width_micros = Level(self.level).base(self.width_micros).ok_or_else(|| {
            Error::Partial(format!("a width of {} µs at level {} cannot be", self.width_micros, self.level))
        })?;
        Ok(Settings { width_micros, budget: self.budget, ..Settings::default() })
    }
}

fn check_same<T: PartialEq + std::fmt::Display>(what: &str, mine: &T, theirs: &T) -> Result<(), Error> {
    if mine == theirs {
        return Ok(());
    }
    Err(Error::Partial(format!(
        "summaries made with different settings cannot be merged: {what} {mine} and {theirs}"
    )))
}
