//! The outcome: everything counted, sorted.

use super::Aggregator;
use crate::aggregate::{FormatCounts, HostSeries, Reject, Summary};
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
            hosts[series.upstream as usize].push(HostSeries {
                zone: std::mem::take(&mut series.zone),
                host: std::mem::take(&mut series.host),
                cells: series.into_cells(),
            });
        }
        // They are large: numbers are sorted in their place.
        let mut order: Vec<usize> = (0..self.upstreams.len()).collect();
        order.sort_unstable_by(|&a, &b| self.upstreams[a].name.cmp(&self.upstreams[b].name));
        let mut unsorted: Vec<_> = self.upstreams.into_iter().zip(hosts).map(Some).collect();
        let sorted = order.into_iter().filter_map(|at| unsorted[at].take());
        let upstreams = sorted.map(|(upstream, hosts)| upstream.into_counts(hosts)).collect();
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
