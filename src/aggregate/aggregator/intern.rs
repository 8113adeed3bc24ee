//! From the names of a record to the series it counts in, folded as the level says.

use super::coarsen::{host_folds, upstream_folds};
use super::series::Series;
use super::upstream::Upstream;
use super::{Aggregator, HOST_UNITS, UPSTREAM_UNITS, name_units};
use crate::aggregate::budget::name_hash;
use crate::aggregate::names::{Alias, name};
use crate::aggregate::{NO_HOST, OTHER, upstream_name};
use crate::record::{Record, Value};

impl Aggregator {
    /// The series of a record by its names.
    #[cold]
    pub(super) fn resolve(&mut self, record: &Record<'_>) -> Alias {
        let addr = record.upstream_addr().map(Value::raw);
        let host = addr.map_or_else(|| NO_HOST.to_owned(), name);
        let series = self.intern(&self.upstream_of(record), &self.zone_of(record, addr), &host);
        if self.aliases.is_full() {
            // The front tells long names apart by what the aliases remember.
            self.post();
            self.front.clear();
            self.aliases.clear();
        }
        self.aliases.remember(record, series)
    }

    /// The upstream a record counts for.
    pub(super) fn upstream_of(&self, record: &Record<'_>) -> String {
        upstream_name(record, &self.settings.topology)
    }

    /// The zone of one of a record's peers: its own, else the one logged.
    pub(super) fn zone_of(&self, record: &Record<'_>, addr: Option<&[u8]>) -> String {
        addr.and_then(|a| self.settings.topology.zone_of(a))
            .map(str::to_owned)
            .or_else(|| record.zone().map(|zone| name(zone.raw())))
            .unwrap_or_default()
    }

    /// The series of these names, folded as the level says.
    pub(super) fn intern(&mut self, upstream: &str, zone: &str, host: &str) -> u32 {
        let hash = name_hash(self.settings.budget.seed, &[upstream.as_bytes()]);
        let id = self.intern_hashed(upstream, hash);
        let hash = name_hash(hash, &[zone.as_bytes(), host.as_bytes()]);
        let folds = host_folds(self.level, host, hash);
        if folds {
            self.folded.add(hash);
        }
        let all = self.upstreams[id as usize].name == OTHER;
        let (zone, host) = if folds || all { ("", OTHER) } else { (zone, host) };
        self.find_series(id, zone, host)
            .unwrap_or_else(|place| self.push_series(place, Series::new(id, zone, host, hash)))
    }

    /// The upstream of this name, or the one it is folded into.
    pub(super) fn intern_upstream(&mut self, name: &str) -> u32 {
        self.intern_hashed(name, name_hash(self.settings.budget.seed, &[name.as_bytes()]))
    }

    /// The same, by what the name folds by.
    fn intern_hashed(&mut self, name: &str, hash: u64) -> u32 {
        let mut name = name;
        if upstream_folds(self.level, name, hash) {
            self.folded.add(hash);
            name = OTHER;
        }
        self.find_upstream(name).unwrap_or_else(|place| self.push_upstream(place, Upstream::new(name, hash)))
    }

    /// Takes a series of another table; one of its names is merged with it.
    pub(super) fn put_series(&mut self, series: Series) -> u32 {
        match self.find_series(series.upstream, &series.zone, &series.host) {
            Ok(id) => {
                self.units += self.series[id as usize].merge(series);
                id
            }
            Err(place) => self.push_series(place, series),
        }
    }

    /// Takes an upstream of another table; one of its name is merged with it.
    pub(super) fn put_upstream(&mut self, upstream: Upstream) -> u32 {
        match self.find_upstream(&upstream.name) {
            Ok(id) => {
                self.units += self.upstreams[id as usize].merge(upstream);
                id
            }
            Err(place) => self.push_upstream(place, upstream),
        }
    }

    /// The number of a series, or the place for one.
    fn find_series(&self, upstream: u32, zone: &str, host: &str) -> Result<u32, u64> {
        self.series_ids.find(upstream, [zone, host], |id| {
            let known = &self.series[id as usize];
            known.upstream == upstream && known.host == host && known.zone == zone
        })
    }

    /// The number of an upstream, or the place for one.
    fn find_upstream(&self, name: &str) -> Result<u32, u64> {
        self.upstream_ids.find(0, [name, ""], |id| self.upstreams[id as usize].name == name)
    }

    fn push_series(&mut self, place: u64, series: Series) -> u32 {
        let id = self.series.len() as u32;
        self.units += HOST_UNITS + name_units(&series.zone) + name_units(&series.host) + series.len();
        self.series.push(series);
        self.series_ids.insert(place, id);
        id
    }

    fn push_upstream(&mut self, place: u64, upstream: Upstream) -> u32 {
        let id = self.upstreams.len() as u32;
        self.units += UPSTREAM_UNITS + name_units(&upstream.name) + upstream.units();
        self.upstreams.push(upstream);
        self.upstream_ids.insert(place, id);
        id
    }
}
