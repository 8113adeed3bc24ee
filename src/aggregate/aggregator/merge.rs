//! Two aggregators to one.

use super::Aggregator;

impl Aggregator {
    /// Takes what another counted. Only the names of one are looked up in the other: nothing is sorted, and nothing is
    /// copied that stands for itself.
    pub(super) fn merge_with(&mut self, mut other: Self) {
        let same =
            |a: &Self, b: &Self| a.base() == b.base() && a.settings.budget.seed == b.settings.budget.seed;
        if !same(self, &other) {
            return self.absorb(&other.finish());
        }
        other.flush();
        other.end_format();
        self.reach(other.level);
        other.reach(self.level);
        self.lines.merge(&other.lines);
        for ((kind, column), refused) in &other.rejects {
            self.add_rejects(*kind, column, refused.count);
            for (source, offset) in &refused.first {
                self.add_place(*kind, column, source, *offset);
            }
        }
        self.add_range(other.range.0, other.range.1);
        for ((name, product), lines) in &other.formats {
            self.add_format(name, *product, *lines);
        }
        self.folded.merge(&other.folded.0);
        let ids: Vec<u32> = other.upstreams.into_iter().map(|u| self.put_upstream(u)).collect();
        for mut series in other.series {
            series.upstream = ids[series.upstream as usize];
            self.put_series(series);
        }
        self.settle();
    }
}
