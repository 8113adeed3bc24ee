//! Synthetic summaries: steady traffic, and stretches of it that fail.

use crate::aggregate::{Cell, HostSeries, Summary, UpstreamCounts};
use crate::time::Timestamp;
use std::ops::Range;

/// Bucket 0 of the tests.
pub(in crate::detect) const ORIGIN: i64 = 176_000_000;

/// One host: requests per bucket, and which share of them fails when.
#[derive(Clone)]
pub(in crate::detect) struct Server {
    pub(in crate::detect) zone: &'static str,
    pub(in crate::detect) name: String,
    pub(in crate::detect) requests: u32,
    /// Requests come every so many buckets.
    pub(in crate::detect) every: i64,
    pub(in crate::detect) failing: Vec<(Range<i64>, f64)>,
    /// Requests per bucket are multiplied so while it fails.
    pub(in crate::detect) retries: u32,
    pub(in crate::detect) status: u16,
}

pub(in crate::detect) fn server(name: impl Into<String>, failing: &[(Range<i64>, f64)]) -> Server {
    let (name, failing) = (name.into(), failing.to_vec());
    Server { zone: "", name, requests: 40, every: 1, failing, retries: 1, status: 502 }
}

impl Server {
    fn cell(&self, bucket: i64) -> Option<(i64, Cell)> {
        let share = self.failing.iter().find(|f| f.0.contains(&bucket)).map(|f| f.1);
        let requests = self.requests * share.map_or(1, |_| self.retries);
        // background: one error in about a hundred buckets
        let background = u32::from(bucket % 97 == 0 && self.requests >= 10);
        let errors = share.map_or(background, |s| (f64::from(requests) * s).round() as u32).min(requests);
        let mut cell = Cell {
            requests,
            errors,
            by_proxy: errors,
            error_clients: clients(errors, bucket),
            ..Cell::default()
        };
        match self.status {
            500 => cell.s500 = errors,
            503 => cell.s503 = errors,
            504 => cell.s504 = errors,
            505.. => cell.s5other = errors,
            _ => cell.s502 = errors,
        }
        (bucket % self.every == 0).then_some((ORIGIN + bucket, cell))
    }
}

/// As many bits as clients, not always the same.
fn clients(errors: u32, bucket: i64) -> u64 {
    let bits = if errors >= 64 { u64::MAX } else { (1 << errors) - 1 };
    bits.rotate_left((bucket % 64) as u32)
}

/// A log of `buckets` buckets of 10 s.
pub(in crate::detect) fn log(buckets: i64, upstreams: &[(&str, Vec<Server>)]) -> Summary {
    let mut upstreams: Vec<UpstreamCounts> = upstreams
        .iter()
        .map(|(name, servers)| {
            let mut hosts: Vec<_> = servers
                .iter()
                .map(|s| HostSeries {
                    zone: s.zone.into(),
                    host: s.name.clone(),
                    cells: (0..buckets).filter_map(|b| s.cell(b)).collect(),
                })
                .collect();
            hosts.sort_by(|a, b| (&a.zone, &a.host).cmp(&(&b.zone, &b.host)));
            UpstreamCounts {
                name: (*name).into(),
                codes: Vec::new(),
                origins: Vec::new(),
                causes: Vec::new(),
                clients: [100; 64],
                durations: Vec::new(),
                client_codes: Vec::new(),
                hosts,
            }
        })
        .collect();
    upstreams.sort_by(|a, b| a.name.cmp(&b.name));
    Summary { width_micros: 10_000_000, upstreams, ..Summary::default() }
}

/// One upstream `app` with one host.
pub(in crate::detect) fn app(buckets: i64, failing: &[(Range<i64>, f64)]) -> Summary {
    log(buckets, &[("app", vec![server("h", failing)])])
}

pub(in crate::detect) fn at(bucket: i64) -> Timestamp {
    Timestamp::from_micros((ORIGIN + bucket) * 10_000_000)
}

/// The bucket of an instant.
pub(in crate::detect) fn bucket(time: Timestamp) -> i64 {
    time.as_micros() / 10_000_000 - ORIGIN
}
