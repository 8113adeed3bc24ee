//! What one host of an upstream answered over time.

use crate::aggregate::{BucketMap, Cell};

#[derive(Debug)]
pub(super) struct Series {
    pub(super) upstream: u32,
    pub(super) zone: String,
    pub(super) host: String,
    /// What it folds by.
    pub(super) hash: u64,
    /// INVARIANT: sorted by bucket as long as there is no index.
    cells: Vec<(i64, Cell)>,
    /// Where the cell of each bucket is. Lines that come about in order need none.
    index: Option<Box<BucketMap<u32>>>,
    last: usize,
}

/// Cells that are moved for each new one to keep the order, at most: lines may be some buckets late.
const LATE: usize = 16;

/// Two sorted rows of cells as one.
fn merged(mine: Vec<(i64, Cell)>, theirs: Vec<(i64, Cell)>) -> impl Iterator<Item = (i64, Cell)> {
    let (mut mine, mut theirs) = (mine.into_iter().peekable(), theirs.into_iter().peekable());
    std::iter::from_fn(move || {
        let Some(next) = theirs.peek().map(|c| c.0) else { return mine.next() };
        match mine.next_if(|c| c.0 <= next) {
            Some((bucket, mut cell)) => {
                if let Some((_, same)) = theirs.next_if(|c| c.0 == bucket) {
                    cell.merge(&same);
                }
                Some((bucket, cell))
            }
            None => theirs.next(),
        }
    })
}

impl Series {
    pub(super) fn new(upstream: u32, zone: &str, host: &str, hash: u64) -> Self {
        Self {
            upstream,
            zone: zone.to_owned(),
            host: host.to_owned(),
            hash,
            cells: Vec::new(),
            index: None,
            last: 0,
        }
    }

    /// How many buckets have a cell.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// The cell of a bucket; whether it is a new one.
    #[inline]
    pub(super) fn cell(&mut self, bucket: i64) -> (&mut Cell, bool) {
        let new = self.cells.get(self.last).is_none_or(|c| c.0 != bucket) && self.turn_to(bucket);
        (&mut self.cells[self.last].1, new)
    }

    /// Makes `last` the cell of `bucket`; whether it is a new one.
    fn turn_to(&mut self, bucket: i64) -> bool {
        let end = self.cells.len();
        if self.index.is_none() {
            let later = self.cells.last().is_none_or(|c| c.0 < bucket);
            let at = if later { Err(end) } else { self.cells.binary_search_by_key(&bucket, |c| c.0) };
            match at {
                Ok(at) => {
                    self.last = at;
                    return false;
                }
                Err(at) if end - at <= LATE => {
                    self.cells.insert(at, (bucket, Cell::default()));
                    self.last = at;
                    return true;
                }
                Err(_) => {}
            }
        }
        let index = self.index.get_or_insert_with(|| {
            Box::new(self.cells.iter().enumerate().map(|(at, c)| (c.0, at as u32)).collect())
        });
        self.last = *index.entry(bucket).or_insert(end as u32) as usize;
        if self.last == end {
            self.cells.push((bucket, Cell::default()));
        }
        self.last == end
    }

    /// Brings `ratio` buckets each together.
    pub(super) fn widen(&mut self, ratio: i64) {
        self.sort();
        for cell in &mut self.cells {
            cell.0 = cell.0.div_euclid(ratio);
        }
        self.cells.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1.merge(&next.1);
            }
            same
        });
        self.last = 0;
    }

    /// Adds what another counted in buckets of the same width; how many cells are new.
    pub(super) fn merge(&mut self, mut other: Self) -> usize {
        if self.cells.is_empty() {
            (self.cells, self.index, self.last) = (other.cells, other.index, other.last);
            return self.cells.len();
        }
        other.sort();
        let before = self.cells.len();
        if self.index.is_none()
            && let Some(first) = other.cells.first()
        {
            let at = self.cells.partition_point(|c| c.0 < first.0);
            if before - at <= LATE * other.cells.len() {
                let mine = self.cells.split_off(at);
                self.cells.extend(merged(mine, other.cells));
                self.last = 0;
                return self.cells.len() - before;
            }
        }
        for (bucket, theirs) in &other.cells {
            self.cell(*bucket).0.merge(theirs);
        }
        self.cells.len() - before
    }

    /// All cells, sorted by bucket.
    pub(super) fn into_cells(mut self) -> Vec<(i64, Cell)> {
        self.sort();
        self.cells
    }

    fn sort(&mut self) {
        if self.index.take().is_some() {
            self.cells.sort_unstable_by_key(|c| c.0);
            self.last = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Counts one response in each of these buckets; a sorted map is asked for the same.
    fn counted(buckets: impl Iterator<Item = i64>) -> (Series, BTreeMap<i64, u32>) {
        let mut series = Series::new(0, "", "", 0);
        let mut expected: BTreeMap<i64, u32> = BTreeMap::new();
        for bucket in buckets {
            let (cell, new) = series.cell(bucket);
            cell.requests += 1;
            assert_eq!(new, !expected.contains_key(&bucket), "{bucket}");
            *expected.entry(bucket).or_default() += 1;
            assert_eq!(series.len(), expected.len());
        }
        (series, expected)
    }

    fn requests(series: Series) -> Vec<(i64, u32)> {
        series.into_cells().into_iter().map(|(bucket, cell)| (bucket, cell.requests)).collect()
    }

    #[test]
    fn buckets_may_come_in_any_order() {
        let late = |i: i64| i / 3 - i % 7;
        let mixed = |i: i64| i.wrapping_mul(0x9e37_79b9) % 300;
        let orders: [&dyn Fn(i64) -> i64; 5] =
            [&|i| i / 2, &|i| -i, &late, &mixed, &|i| i % 90 * (i % 2 * 2 - 1)];
        for order in orders {
            for ratio in [1, 2, 60, 1 << 40] {
                let (mut series, expected) = counted((0..1_000).map(order));
                let mut wide: BTreeMap<i64, u32> = BTreeMap::new();
                for (b, n) in &expected {
                    *wide.entry(b.div_euclid(ratio)).or_default() += n;
                }
                series.widen(ratio);
                assert_eq!(requests(series), Vec::from_iter(wide), "{ratio}");
            }
            // What comes behind, what overlaps, what lies before, and little into much.
            for [mine, theirs] in
                [[0..500, 300..1_000], [0..500, 500..900], [500..900, 0..500], [0..900, 3..5]]
            {
                let (mut one, mut expected) = counted(mine.map(order));
                let (other, more) = counted(theirs.map(order));
                let before = one.len();
                let new = one.merge(other);
                for (b, n) in more {
                    *expected.entry(b).or_default() += n;
                }
                assert_eq!(before + new, expected.len());
                assert_eq!(requests(one), Vec::from_iter(expected));
            }
        }
    }
}
