//! From the names of a record to the series it counts in, folded as the level says.

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
        let names = [upstream.as_bytes(), zone.as_bytes(), host.as_bytes()];
        let host_hash = name_hash(self.settings.budget.seed, &names);
        let folds = host != NO_HOST && host != OTHER && self.level.folds_host(host_hash);
        if folds {
            self.folded.add(host_hash);
        }
        let id = self.intern_upstream(upstream);
        let all = self.upstreams[id as usize].name == OTHER;
        let (zone, host) = if folds || all { ("", OTHER) } else { (zone, host) };
        let key = (id, zone.to_owned(), host.to_owned());
        if let Some(&series) = self.series_ids.get(&key) {
            return series;
        }
        let series = self.series.len() as u32;
        self.series.push(Series::new(id, zone, host));
        self.series_ids.insert(key, series);
        self.units += HOST_UNITS + name_units(zone) + name_units(host);
        series
    }

    /// The upstream of this name, or the one it is folded into.
    pub(super) fn intern_upstream(&mut self, name: &str) -> u32 {
        let hash = name_hash(self.settings.budget.seed, &[name.as_bytes()]);
        let mut name = name;
        if name != OTHER && self.level.folds_upstream(hash) {
            self.folded.add(hash);
            name = OTHER;
        }
        if let Some(&id) = self.upstream_ids.get(name) {
            return id;
        }
        let id = self.upstreams.len() as u32;
        self.upstreams.push(Upstream::new(name));
        self.upstream_ids.insert(name.to_owned(), id);
        self.units += UPSTREAM_UNITS + name_units(name);
        id
    }
}
