//! The outcome: everything counted, sorted.

use super::Aggregator;
use crate::aggregate::{FormatCounts, HostSeries, Reject, Summary, UpstreamCounts};
use crate::time::Timestamp;

impl Aggregator {
    /// The finished counts, sorted.
    pub fn finish(mut self) -> Summary {
        self.flush();
        self.into_summary()
    }

    /// The counts, sorted; all of them are posted.
    pub(super) fn into_summary(mut self) -> Summary {
        self.end_format();
        let mut hosts: Vec<Vec<HostSeries>> = self.upstreams.iter().map(|_| Vec::new()).collect();
        for mut series in self.series {
            series.cells.sort_unstable_by_key(|c| c.0);
            hosts[series.upstream as usize].push(HostSeries {
                zone: series.zone,
                host: series.host,
                cells: series.cells,
            });
        }
        let mut upstreams: Vec<UpstreamCounts> = self
            .upstreams
            .into_iter()
            .zip(hosts)
            .map(|(mut u, mut hosts)| {
                u.codes.sort_unstable();
                hosts.sort_unstable_by(|a, b| (&a.zone, &a.host).cmp(&(&b.zone, &b.host)));
                UpstreamCounts {
                    name: u.name,
                    codes: u.codes,
                    origins: u.origins.into_iter().collect(),
                    causes: u.causes.into_iter().map(|((status, cause), n)| (status, cause, n)).collect(),
                    clients: u.clients,
                    durations: u
                        .durations
                        .into_iter()
                        .map(|((bucket, status), d)| (bucket, status, d))
                        .collect(),
                    client_codes: u.client_codes.into_iter().map(|((b, status), c)| (b, status, c)).collect(),
                    hosts,
                }
            })
            .collect();
        upstreams.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Summary {
            width_micros: self.width,
            level: self.level.0,
            budget: self.settings.budget,
            lines: self.lines,
            rejects: self
                .rejects
                .into_iter()
                .map(|((kind, column), r)| Reject { kind, column, count: r.count, first: r.first })
                .collect(),
            range: (self.range.0 <= self.range.1)
                .then(|| (Timestamp::from_micros(self.range.0), Timestamp::from_micros(self.range.1))),
            formats: self
                .formats
                .into_iter()
                .map(|((name, product), lines)| FormatCounts { name, product, lines })
                .collect(),
            upstreams,
            folded: self.folded.estimate(),
            folded_sketch: self.folded.0,
        }
    }
}
