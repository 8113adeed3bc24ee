//! Log-linear histogram of durations.

/// Counts of durations in log-linear bins: 16 bins per doubling from 1 ms, so a bin is at most 6.25 % wide.
/// Merging adds bins; two histograms of the same durations are equal whatever the order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Durations {
    /// `(bin, count)`, sorted by bin.
    bins: Vec<(u16, u32)>,
}

/// Bins per doubling.
const STEPS: u64 = 16;

impl Durations {
    /// The bin of a duration.
    fn bin(micros: u64) -> u16 {
        let ms = micros / 1000;
        if ms < STEPS {
            return ms as u16;
        }
        let octave = ms.ilog2() - 4;
        let step = (ms >> octave) & (STEPS - 1);
        (u64::from(octave + 1) * STEPS + step) as u16
    }

    /// Lower and upper bound of a bin, in milliseconds: `[lower, upper)`.
    pub fn bounds_ms(bin: u16) -> (u64, u64) {
        let bin = u64::from(bin);
        if bin < STEPS {
            return (bin, bin + 1);
        }
        let (octave, step) = (bin / STEPS - 1, bin % STEPS);
        ((STEPS + step) << octave, (STEPS + step + 1) << octave)
    }

    /// Counts one duration.
    pub fn add(&mut self, micros: u64) {
        self.add_bin(Self::bin(micros), 1);
    }

    /// That many durations of one bin; `None` where no duration lies in such a bin.
    #[cfg(feature = "serde")]
    pub(super) fn of_bin(bin: u16, count: u32) -> Option<Self> {
        (bin <= Self::bin(u64::MAX)).then(|| Self { bins: vec![(bin, count)] })
    }

    fn add_bin(&mut self, bin: u16, count: u32) {
        match self.bins.binary_search_by_key(&bin, |b| b.0) {
            Ok(i) => self.bins[i].1 = self.bins[i].1.saturating_add(count),
            Err(i) => self.bins.insert(i, (bin, count)),
        }
    }

    /// Adds another histogram.
    pub fn merge(&mut self, other: &Self) {
        for &(bin, count) in &other.bins {
            self.add_bin(bin, count);
        }
    }

    /// `(bin, count)`, sorted by bin; see [`bounds_ms`](Self::bounds_ms).
    pub fn bins(&self) -> &[(u16, u32)] {
        &self.bins
    }

    /// How many durations.
    pub fn count(&self) -> u64 {
        self.bins.iter().map(|b| u64::from(b.1)).sum()
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Durations {
    /// The bins may come in any order, and more than once.
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Bins {
            bins: Vec<(u16, u32)>,
        }
        let mut durations = Self::default();
        for (bin, count) in Bins::deserialize(from)?.bins {
            durations.add_bin(bin, count);
        }
        Ok(durations)
    }
}
