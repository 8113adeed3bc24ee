//! How long late lines have to be waited for: as long as they came late before, and then some.

/// Time over which the latest line counts, in microseconds: ten minutes, and what is left of the ten before.
const TURN: i64 = 600_000_000;
/// Until it has been watched for this long, what is not known is not guessed: a minute, in microseconds.
const WARM: i64 = 60_000_000;

/// By how much lines came later than the watermark.
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Lag {
    /// The watermark, and where it was first.
    watermark: Option<(i64, i64)>,
    turn: i64,
    /// The latest of this turn and of the one before, in microseconds.
    latest: [i64; 2],
}

impl Lag {
    /// The earliest of the lines that came since the last call is of this time; `late`: some were too late to be
    /// counted.
    pub(super) fn lines(&mut self, earliest: Option<i64>, late: bool) {
        let (Some((_, watermark)), Some(earliest)) = (self.watermark, earliest) else { return };
        let lag = if late { i64::MAX } else { watermark.saturating_sub(earliest) };
        self.latest[0] = self.latest[0].max(lag);
    }

    /// The watermark has got here.
    pub(super) fn advance(&mut self, watermark: i64) {
        let first = self.watermark.map_or(watermark, |w| w.0);
        let watermark = self.watermark.map_or(watermark, |w| w.1.max(watermark));
        self.watermark = Some((first, watermark));
        let turns = watermark.div_euclid(TURN).saturating_sub(self.turn);
        if turns > 0 {
            self.turn = self.turn.saturating_add(turns);
            self.latest = [0, if turns == 1 { self.latest[0] } else { 0 }];
        }
    }

    /// How long to wait, in microseconds: twice as long as the latest line took, within these bounds. Twice, since the
    /// latest of ten minutes is not the latest there will be.
    pub(super) fn wait(&self, least: i64, most: i64) -> i64 {
        let watched = self.watermark.map_or(0, |w| w.1.saturating_sub(w.0));
        let latest = self.latest[0].max(self.latest[1]);
        if watched < WARM { most } else { latest.saturating_mul(2).max(least).min(most) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    /// Every second a line that is `late(second)` seconds late; the wait at the end.
    fn wait(seconds: i64, late: impl Fn(i64) -> i64) -> i64 {
        let mut lag = Lag::default();
        for now in 0..seconds {
            lag.lines(Some((now - late(now)) * SECOND), false);
            lag.advance(now * SECOND);
        }
        lag.wait(2 * SECOND, 30 * SECOND) / SECOND
    }

    #[test]
    fn twice_the_latest() {
        assert_eq!(wait(60, |_| 0), 30, "not watched for long enough");
        assert_eq!(wait(100, |_| 0), 2);
        assert_eq!(wait(100, |_| 5), 2 * 4, "a line of now - 5 against the watermark of now - 1");
        assert_eq!(wait(100, |_| 25), 30);
        assert_eq!(wait(1000, |now| if now == 500 { 8 } else { 0 }), 14, "remembered past the turn");
        assert_eq!(wait(1300, |now| if now == 500 { 8 } else { 0 }), 2, "forgotten after two");
        let mut lag = Lag::default();
        lag.advance(0);
        lag.advance(100 * SECOND);
        lag.lines(Some(0), true);
        assert_eq!(lag.wait(0, 30 * SECOND), 30 * SECOND, "some were lost");
        lag.advance(i64::MAX);
        assert_eq!(lag.wait(0, 30 * SECOND), 0);
    }
}
