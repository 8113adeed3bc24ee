//! Everything about an episode that the summary knows, gathered once.

use std::collections::BTreeMap;

use super::words;
use crate::aggregate::{Cell, Durations, NO_HOST, NO_UPSTREAM, OTHER, Summary, UpstreamCounts};
use crate::detect::{Episode, Scope};
use crate::schema::Product;
use crate::status::{Class, Status};
use crate::time::Timestamp;

/// What fell into the failing phases, of one host or zone.
#[derive(Debug, Clone)]
pub(super) struct Share<'a> {
    pub(super) name: &'a str,
    pub(super) requests: u64,
    pub(super) errors: u64,
}

/// What the sentences are made from.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) episode: &'a Episode,
    /// The upstreams concerned, as far as the summary has them.
    pub(super) upstreams: Vec<&'a UpstreamCounts>,
    /// Who wrote the log: those with a tenth of the lines or more, most lines first, two at most.
    pub(super) products: Vec<Product>,
    /// The dominant status; for "other 5xx" the one seen most.
    pub(super) status: Option<Status>,
    /// The cells of the failing phases, merged.
    pub(super) phases: Cell,
    /// Hosts by errors in the failing phases, most first; with [`NO_HOST`] where none was chosen.
    pub(super) hosts: Vec<Share<'a>>,
    /// Zones likewise; empty where the log has none.
    pub(super) zones: Vec<Share<'a>>,
    /// Half of the responses with the dominant status took no longer than this, in milliseconds.
    pub(super) median_ms: Option<u64>,
}

/// The detector's word for "other 5xx".
const OTHER_5XX: u16 = 599;

impl<'a> Facts<'a> {
    pub(super) fn gather(episode: &'a Episode, summary: &'a Summary) -> Self {
        let upstreams: Vec<_> = episode.upstreams.iter().filter_map(|name| summary.upstream(name)).collect();
        let status = resolve(episode.dominant_status, &upstreams);
        let mut facts = Self {
            episode,
            products: products(summary),
            status,
            phases: Cell::default(),
            hosts: Vec::new(),
            zones: Vec::new(),
            median_ms: None,
            upstreams,
        };
        facts.count(summary.width_micros);
        facts
    }

    /// Adds up what fell into the failing phases.
    fn count(&mut self, width: i64) {
        let mut hosts: BTreeMap<&str, Cell> = BTreeMap::new();
        let mut zones: BTreeMap<&str, Cell> = BTreeMap::new();
        let mut durations = Durations::default();
        let inside = |bucket: i64| within(&self.episode.phases, bucket.saturating_mul(width));
        for upstream in &self.upstreams {
            for series in &upstream.hosts {
                for (_, cell) in series.cells.iter().filter(|c| inside(c.0)) {
                    self.phases.merge(cell);
                    hosts.entry(&series.host).or_default().merge(cell);
                    zones.entry(&series.zone).or_default().merge(cell);
                }
            }
            for (_, _, d) in upstream.durations.iter().filter(|d| inside(d.0) && Some(d.1) == self.status) {
                durations.merge(d);
            }
        }
        self.hosts = shares(hosts);
        self.zones = shares(zones);
        self.zones.retain(|z| !z.name.is_empty());
        self.median_ms = median_ms(&durations);
    }

    /// The product to speak of, if there is just one.
    pub(super) fn product(&self) -> Option<Product> {
        match self.products[..] {
            [product] => Some(product),
            _ => None,
        }
    }

    /// `nginx`, `nginx or AWS ALB`, `the proxy`.
    pub(super) fn product_words(&self) -> String {
        match self.products[..] {
            [] | [Product::Custom] => "the proxy".to_owned(),
            [one] => one.name().to_owned(),
            [one, other, ..] => format!("{} or {}", one.name(), other.name()),
        }
    }

    /// Who the episode is about.
    pub(super) fn subject(&self) -> String {
        let e = self.episode;
        let upstream = match &e.upstreams[..] {
            [] => "all upstreams".to_owned(),
            [one] if one == NO_UPSTREAM => "requests without an upstream".to_owned(),
            [one] if one == OTHER => "upstreams counted together".to_owned(),
            [one] => words::name(one),
            many => format!("{} ({})", words::count(many.len(), "upstream"), words::names(many)),
        };
        if !e.routes.is_empty() {
            return format!("{} of {upstream}", words::names(&e.routes));
        }
        match (e.scope, &e.zone) {
            (Scope::Host, _) if !e.hosts.is_empty() => format!("{} of {upstream}", words::names(&e.hosts)),
            (Scope::Zone, Some(zone)) => format!("zone {}: {upstream}", words::name(zone)),
            _ => upstream,
        }
    }

    /// `502`, or `5xx` where none dominates.
    pub(super) fn status_words(&self) -> String {
        match self.status {
            Some(status) if status.code() != OTHER_5XX => status.to_string(),
            _ => "5xx".to_owned(),
        }
    }

    /// Hosts that were chosen.
    pub(super) fn real_hosts(&self) -> impl Iterator<Item = &Share<'a>> {
        self.hosts.iter().filter(|h| h.name != NO_HOST)
    }

    /// 5xx of the failing phases for which no host was chosen.
    pub(super) fn hostless_errors(&self) -> u64 {
        self.hosts.iter().filter(|h| h.name == NO_HOST).map(|h| h.errors).sum()
    }
}

/// Whether an instant lies in one of the phases, which are sorted and disjoint.
fn within(phases: &[(Timestamp, Timestamp)], micros: i64) -> bool {
    let later = phases.partition_point(|p| p.0.as_micros() <= micros);
    later.checked_sub(1).and_then(|i| phases.get(i)).is_some_and(|p| micros < p.1.as_micros())
}

/// Sorted by errors, then requests, most first, then by name.
fn shares(cells: BTreeMap<&str, Cell>) -> Vec<Share<'_>> {
    let share =
        |(name, cell): (_, Cell)| Share { name, requests: cell.requests.into(), errors: cell.errors.into() };
    let mut shares: Vec<_> = cells.into_iter().map(share).collect();
    shares.sort_by(|a, b| (b.errors, b.requests).cmp(&(a.errors, a.requests)).then(a.name.cmp(b.name)));
    shares
}

/// The middle of a histogram: the upper bound of the bin in which it lies.
fn median_ms(durations: &Durations) -> Option<u64> {
    let half = durations.count().div_ceil(2);
    let mut seen = 0;
    durations.bins().iter().find_map(|&(bin, n)| {
        seen += u64::from(n);
        (seen >= half).then(|| Durations::bounds_ms(bin).1)
    })
}

/// "Other 5xx" to the one seen most, where the upstreams' counts tell it.
fn resolve(dominant: Option<Status>, upstreams: &[&UpstreamCounts]) -> Option<Status> {
    let dominant = dominant?;
    if dominant.code() != OTHER_5XX {
        return Some(dominant);
    }
    let mut counts: BTreeMap<Status, u64> = BTreeMap::new();
    for &(status, n) in upstreams.iter().flat_map(|u| &u.codes) {
        if status.class() == Class::ServerError && !matches!(status.code(), 500 | 502..=504) {
            *counts.entry(status).or_default() += n;
        }
    }
    counts
        .into_iter()
        .max_by_key(|&(status, n)| (n, std::cmp::Reverse(status)))
        .map_or(Some(dominant), |c| Some(c.0))
}

/// Who wrote the log.
fn products(summary: &Summary) -> Vec<Product> {
    let mut lines: BTreeMap<Product, u64> = BTreeMap::new();
    for format in &summary.formats {
        *lines.entry(format.product).or_default() += format.lines;
    }
    let total: u64 = lines.values().sum();
    let mut products: Vec<_> = lines.into_iter().filter(|p| p.1 * 10 >= total).collect();
    products.sort_by_key(|&(product, n)| (std::cmp::Reverse(n), product));
    products.into_iter().map(|p| p.0).take(2).collect()
}
