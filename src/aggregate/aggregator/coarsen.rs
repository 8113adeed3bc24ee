//! Over the budget: the same counts at a coarser level, brought together where they are.
//!
//! What a level folds is folded by hashes that are held with the names, so no name is looked at, and the raw fields
//! that are known go on to be known.

use super::{Aggregator, HOST_UNITS, UPSTREAM_UNITS, name_units};
use crate::aggregate::budget::Level;
use crate::aggregate::{NO_HOST, OTHER};

impl Aggregator {
    /// Keeps to the budget.
    #[inline]
    pub(in crate::aggregate) fn settle(&mut self) {
        if self.units > self.settings.budget.units {
            self.coarsen();
        }
    }

    /// Goes to coarser levels until the budget is kept, or nothing can be made coarser.
    #[cold]
    fn coarsen(&mut self) {
        while self.units > self.settings.budget.units
            && let Some(level) = self.level.next(self.base())
        {
            self.reach(level);
        }
    }

    /// Becomes at least as coarse as `level`.
    pub(in crate::aggregate) fn reach(&mut self, level: Level) {
        if level <= self.level {
            return;
        }
        self.post();
        let width = level.width(self.base());
        let ratio = width / self.width;
        (self.level, self.width) = (level, width);
        if ratio > 1 {
            self.series.iter_mut().for_each(|series| series.widen(ratio));
            self.upstreams.iter_mut().for_each(|upstream| upstream.widen(ratio));
            self.bucket = i64::MIN;
            self.format.clock.leave();
        }
        let folds_any = self.upstreams.iter().any(|u| upstream_folds(level, &u.name, u.hash))
            || self.series.iter().any(|s| host_folds(level, &s.host, s.hash));
        if folds_any {
            self.fold();
        }
        self.units = self.counted_units();
    }

    /// Brings together what the level folds.
    fn fold(&mut self) {
        let level = self.level;
        let (upstreams, series) = (std::mem::take(&mut self.upstreams), std::mem::take(&mut self.series));
        self.upstream_ids.clear();
        self.series_ids.clear();
        let mut ids = Vec::with_capacity(upstreams.len());
        for mut upstream in upstreams {
            if upstream_folds(level, &upstream.name, upstream.hash) {
                self.folded.add(upstream.hash);
                OTHER.clone_into(&mut upstream.name);
            }
            ids.push(self.put_upstream(upstream));
        }
        let mut numbers = Vec::with_capacity(series.len());
        for mut series in series {
            series.upstream = ids[series.upstream as usize];
            let folds = host_folds(level, &series.host, series.hash);
            if folds {
                self.folded.add(series.hash);
            }
            if folds || self.upstreams[series.upstream as usize].name == OTHER {
                series.zone.clear();
                OTHER.clone_into(&mut series.host);
            }
            numbers.push(self.put_series(series));
        }
        self.front.clear();
        self.aliases.renumber(&numbers);
    }

    /// The units of all that is held.
    fn counted_units(&self) -> usize {
        let upstreams = self.upstreams.iter().map(|u| UPSTREAM_UNITS + name_units(&u.name) + u.units());
        let series =
            self.series.iter().map(|s| HOST_UNITS + name_units(&s.zone) + name_units(&s.host) + s.len());
        upstreams.sum::<usize>() + series.sum::<usize>()
    }
}

/// Whether an upstream of this name and hash is folded.
pub(super) fn upstream_folds(level: Level, name: &str, hash: u64) -> bool {
    name != OTHER && level.folds_upstream(hash)
}

/// Whether a host of this name and hash is folded.
pub(super) fn host_folds(level: Level, host: &str, hash: u64) -> bool {
    host != NO_HOST && host != OTHER && level.folds_host(hash)
}
