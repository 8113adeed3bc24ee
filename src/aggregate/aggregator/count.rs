//! Counting a record: what nearly all lines need at once, everything else apart.

use super::Aggregator;
use crate::aggregate::clock::Tick;
use crate::aggregate::front::{Counted, Key, Numbers};
use crate::aggregate::names::name;
use crate::aggregate::{Cell, CodeCell, OTHER};
use crate::attempts;
use crate::origin::{self, Cause, Origin};
use crate::record::Record;
use crate::status::{Class, Status};
use crate::time::Timestamp;

impl Aggregator {
    /// Counts one access record of the schema that is read, with the number of its stretch and what it stands for.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "for every line")]
    pub(super) fn count(&mut self, record: &Record<'_>, stretch: (Numbers, u64)) {
        let tick = if self.format.shifts {
            Tick::At(self.shifted(record))
        } else {
            self.format.clock.tick(record, &mut self.range)
        };
        if let Tick::At(time) = tick
            && !self.turn(time)
        {
            return;
        }
        let client = self.format.quick.client_slot(record);
        match self.front.count(record, stretch, client, &self.aliases) {
            Ok(upstream) => {
                if let (Some(slot), Some(upstream)) = (client, self.upstreams.get_mut(upstream as usize)) {
                    upstream.clients[slot & 63] += 1;
                }
            }
            Err(key) => self.apart(record, client, &key),
        }
    }

    /// The instant asked for, where it is not the one logged.
    #[inline(never)]
    fn shifted(&self, record: &Record<'_>) -> Option<Timestamp> {
        let logged = record.time()?.as_micros();
        Some(Timestamp::from_micros(self.settings.moment.micros(record, logged)))
    }

    /// Goes to the bucket of `time`; `false` where the record is not to be looked at further.
    #[inline(never)]
    fn turn(&mut self, time: Option<Timestamp>) -> bool {
        let Some(time) = time else {
            self.lines.untimed += 1;
            return false;
        };
        let micros = time.as_micros();
        if micros < self.window.0 || micros >= self.window.1 {
            self.lines.outside += 1;
            return false;
        }
        self.range = (self.range.0.min(micros), self.range.1.max(micros));
        if micros.div_euclid(self.width) != self.bucket {
            // This may change the width.
            self.flush();
            self.bucket = micros.div_euclid(self.width);
        }
        let start = self.bucket.saturating_mul(self.width);
        let end = start.saturating_add(self.width);
        self.format.clock.settle(start.max(self.window.0), end.min(self.window.1));
        true
    }

    /// Counts a record that the front does not know.
    #[inline(never)]
    fn apart(&mut self, record: &Record<'_>, client: Option<usize>, key: &Key) {
        let status = self.format.quick.status(record);
        let alias = match self.aliases.find(record) {
            Some(alias) => alias,
            None => self.resolve(record),
        };
        let series = alias.series;
        let upstream = self.series[series as usize].upstream;
        let suspicious = self.format.quick.may_be_masked(record);
        let failed = status.class() == Class::ServerError || status.is_client_closed();
        if let (Some(slot), Some(upstream)) = (client, self.upstreams.get_mut(upstream as usize)) {
            upstream.clients[slot & 63] += 1;
        }
        let clients = client.map_or(0, |slot| 1 << (slot & 63));
        self.add_counted(&Counted { series, upstream, status, requests: 1, clients });
        if failed {
            self.failed(record, status, series, clients);
        } else if suspicious {
            self.masked(record, series);
        } else {
            self.front.put(key, alias, upstream, status);
        }
        self.settle();
    }

    /// Adds answers with one status in the current bucket.
    fn add_counted(&mut self, counted: &Counted) {
        let Counted { series, upstream, status, requests, clients } = *counted;
        let bucket = self.bucket;
        let upstream = &mut self.upstreams[upstream as usize];
        self.units += upstream.add_code(status, requests);
        if CodeCell::counts(status) {
            let responses = u32::try_from(requests).unwrap_or(u32::MAX);
            self.units += upstream.add_client_code(bucket, status, &CodeCell { responses, clients });
        }
        self.cell(series, bucket).add(status, requests);
    }

    /// Posts what the front has counted in the current bucket.
    pub(super) fn post(&mut self) {
        while let Some(counted) = self.front.pop() {
            self.add_counted(&counted);
        }
    }

    /// Posts, and keeps to the budget.
    pub(super) fn flush(&mut self) {
        self.post();
        self.settle();
    }

    /// The cell of a series and bucket.
    #[inline]
    pub(super) fn cell(&mut self, series: u32, bucket: i64) -> &mut Cell {
        let (cell, new) = self.series[series as usize].cell(bucket);
        self.units += usize::from(new);
        cell
    }

    /// What is told about a 5xx, or a client that left.
    #[cold]
    fn failed(&mut self, record: &Record<'_>, status: Status, series: u32, clients: u64) {
        let mut spans = std::mem::take(&mut self.spans);
        self.failed_whole(&record.whole(&mut spans), status, series, clients);
        self.spans = spans;
    }

    fn failed_whole(&mut self, record: &Record<'_>, status: Status, series: u32, clients: u64) {
        let bucket = self.bucket;
        let attribution = origin::attribute(record);
        let duration = record.duration_micros();
        let upstream = self.series[series as usize].upstream as usize;
        let upstream = &mut self.upstreams[upstream];
        self.units += upstream.add_cause(status, attribution.cause.unwrap_or(Cause::Unknown), 1);
        if let Some(micros) = duration
            && matches!(status.code(), 499 | 502 | 503 | 504)
        {
            self.units += upstream.add_durations(bucket, status, |d| d.add(micros));
        }
        if status.class() == Class::ServerError {
            *upstream.origins.entry(attribution.origin).or_default() += 1;
            let cell = self.cell(series, bucket);
            cell.error_clients |= clients;
            match attribution.answered_by {
                Origin::Unknown | Origin::None => {}
                Origin::Upstream => cell.by_upstream = cell.by_upstream.saturating_add(1),
                // Anything else was written by the proxy, whoever is to blame.
                Origin::Proxy | Origin::Client => cell.by_proxy = cell.by_proxy.saturating_add(1),
            }
            self.retries(record, series, false);
        }
    }

    /// A failed attempt that the client did not see.
    #[cold]
    fn masked(&mut self, record: &Record<'_>, series: u32) {
        let mut spans = std::mem::take(&mut self.spans);
        let whole = record.whole(&mut spans);
        if origin::masked(&whole) && !self.retries(&whole, series, true) {
            // The line tells that there was one, not where.
            let cell = self.cell(series, self.bucket);
            cell.masked = cell.masked.saturating_add(1);
        }
        self.spans = spans;
    }

    /// Counts the attempts before the last at their hosts; whether there were any with an address.
    fn retries(&mut self, record: &Record<'_>, series: u32, masked: bool) -> bool {
        let peers = attempts::peers(record);
        let earlier = peers.clone().count().saturating_sub(1);
        let mut peers = peers.take(earlier).flatten().peekable();
        if peers.peek().is_none() {
            return false;
        }
        // The names of the line, not those of its series, which may have been folded.
        let own = &self.upstreams[self.series[series as usize].upstream as usize].name;
        let upstream = if own == OTHER { self.upstream_of(record) } else { own.clone() };
        for addr in peers {
            let zone = self.zone_of(record, Some(addr));
            let host = self.intern(&upstream, &zone, &name(addr));
            let cell = self.cell(host, self.bucket);
            cell.retried = cell.retried.saturating_add(1);
            cell.masked = cell.masked.saturating_add(u32::from(masked));
        }
        true
    }
}
