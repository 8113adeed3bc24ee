//! The tables: one type each, its fields the columns in order, keys first.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::damage;
use crate::aggregate::budget::Level;
use crate::aggregate::{
    Aggregator, Budget, Cell, CodeCell, Durations, FormatCounts, HostSeries, LineCounts, Reject, Settings,
    Summary,
};
use crate::error::{Error, LineErrorKind};
use crate::origin::{Cause, Origin};
use crate::schema::Product;
use crate::status::Status;

/// A row of one table.
pub(super) trait Row<'a>: Deserialize<'a> {
    /// Name of the table.
    const NAME: &'static str;

    fn parse(number: u64, line: &'a [u8]) -> Result<Self, Error> {
        serde_json::from_slice(line).map_err(|e| damage(number, format_args!("{} row: {e}", Self::NAME)))
    }

    /// Counts it.
    fn count(self, counts: &mut Aggregator, number: u64) -> Result<(), Error>;
}

/// Foreign text: borrowed where JSON needs no escapes.
type Text<'a> = Cow<'a, str>;

/// Within `i64`, for SQL.
fn int(count: u64) -> u64 {
    count.min(i64::MAX as u64)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct MetaRow {
    width_us: i64,
    budget_units: u64,
    /// As text: a seed may have 64 bits.
    seed: String,
    level: u8,
}

impl MetaRow {
    pub(super) fn of(width_us: i64, summary: &Summary) -> Self {
        let Budget { units, seed } = summary.budget;
        Self { width_us, budget_units: int(units as u64), seed: seed.to_string(), level: summary.level }
    }

    pub(super) fn same_settings(&self, other: &Self) -> bool {
        Self { level: other.level, ..self.clone() } == *other
    }

    pub(super) fn settings(&self, number: u64) -> Result<Settings, Error> {
        let wrong = |what| damage(number, format_args!("meta row: no {what} that could be"));
        if Level::default().base(self.width_us).is_none() {
            return Err(wrong("width_us"));
        }
        let seed = self.seed.parse().map_err(|_| wrong("seed"))?;
        let budget = Budget { units: usize::try_from(self.budget_units).unwrap_or(usize::MAX), seed };
        Ok(Settings { width_micros: self.width_us, budget, ..Settings::default() })
    }
}

impl Row<'_> for MetaRow {
    const NAME: &'static str = "meta";

    fn count(self, counts: &mut Aggregator, number: u64) -> Result<(), Error> {
        reach(counts, number, self.level)
    }
}

/// Becomes as coarse as a row is.
fn reach(counts: &mut Aggregator, number: u64, level: u8) -> Result<(), Error> {
    if Level(level) > counts.coarsest() {
        return Err(damage(number, format_args!("there is no level {level} at this width")));
    }
    counts.reach(Level(level));
    Ok(())
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct LinesRow(LineCounts);

impl LinesRow {
    pub(super) fn of(lines: &LineCounts) -> Self {
        let mut lines = *lines;
        let LineCounts { total, access, other, malformed, blank, untimed, outside, ambiguous } = &mut lines;
        for count in [total, access, other, malformed, blank, untimed, outside, ambiguous] {
            *count = int(*count);
        }
        Self(lines)
    }
}

impl Row<'_> for LinesRow {
    const NAME: &'static str = "lines";

    fn count(self, counts: &mut Aggregator, _number: u64) -> Result<(), Error> {
        counts.add_lines(&self.0);
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct RangeRow {
    pub(super) first_us: i64,
    pub(super) last_us: i64,
}

impl Row<'_> for RangeRow {
    const NAME: &'static str = "range";

    fn count(self, counts: &mut Aggregator, number: u64) -> Result<(), Error> {
        if self.first_us > self.last_us {
            return Err(damage(number, "range row: it ends before it begins"));
        }
        counts.add_range(self.first_us, self.last_us);
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct FormatRow<'a> {
    #[serde(borrow)]
    format: Text<'a>,
    product: Product,
    lines: u64,
}

impl<'a> FormatRow<'a> {
    pub(super) fn of(format: &'a FormatCounts) -> Self {
        Self { format: (&*format.name).into(), product: format.product, lines: int(format.lines) }
    }
}

impl<'a> Row<'a> for FormatRow<'a> {
    const NAME: &'static str = "format";

    fn count(self, counts: &mut Aggregator, _number: u64) -> Result<(), Error> {
        counts.add_format(&self.format, self.product, self.lines);
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct RejectRow<'a> {
    kind: LineErrorKind,
    #[serde(borrow)]
    column_name: Text<'a>,
    count: u64,
}

impl<'a> RejectRow<'a> {
    pub(super) fn of(reject: &'a Reject) -> Self {
        Self { kind: reject.kind, column_name: (&*reject.column).into(), count: int(reject.count) }
    }
}

impl<'a> Row<'a> for RejectRow<'a> {
    const NAME: &'static str = "reject";

    fn count(self, counts: &mut Aggregator, _number: u64) -> Result<(), Error> {
        counts.add_rejects(self.kind, &self.column_name, self.count);
        Ok(())
    }
}

/// One of the first places of a reason; `count` is more than 1 where a file was read twice.
#[derive(Serialize, Deserialize)]
pub(super) struct PlaceRow<'a> {
    kind: LineErrorKind,
    #[serde(borrow)]
    column_name: Text<'a>,
    #[serde(borrow)]
    source: Text<'a>,
    byte_offset: u64,
    count: u64,
}

impl<'a> PlaceRow<'a> {
    pub(super) fn all(reject: &'a Reject) -> impl Iterator<Item = Self> {
        reject.first.chunk_by(|a, b| a == b).filter_map(|same| {
            let (source, offset) = same.first()?;
            Some(Self {
                kind: reject.kind,
                column_name: (&*reject.column).into(),
                source: (&**source).into(),
                byte_offset: int(*offset),
                count: same.len() as u64,
            })
        })
    }
}

impl<'a> Row<'a> for PlaceRow<'a> {
    const NAME: &'static str = "place";

    fn count(self, counts: &mut Aggregator, _number: u64) -> Result<(), Error> {
        for _ in 0..self.count.min(Reject::PLACES as u64) {
            counts.add_place(self.kind, &self.column_name, &self.source, self.byte_offset);
        }
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct FoldedRow {
    pub(super) register: usize,
    pub(super) rank: u8,
}

impl Row<'_> for FoldedRow {
    const NAME: &'static str = "folded";

    fn count(self, counts: &mut Aggregator, number: u64) -> Result<(), Error> {
        if counts.add_register(self.register, self.rank) {
            return Ok(());
        }
        Err(damage(number, format_args!("there is no rank {} in register {}", self.rank, self.register)))
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct CodeRow<'a> {
    level: u8,
    #[serde(borrow)]
    upstream: Text<'a>,
    status: Status,
    count: u64,
}

impl<'a> CodeRow<'a> {
    pub(super) fn of(level: u8, upstream: &'a str, (status, count): (Status, u64)) -> Self {
        Self { level, upstream: upstream.into(), status, count: int(count) }
    }
}

impl<'a> Row<'a> for CodeRow<'a> {
    const NAME: &'static str = "code";

    fn count(self, counts: &mut Aggregator, number: u64) -> Result<(), Error> {
        reach(counts, number, self.level)?;
        counts.add_code(&self.upstream, self.status, self.count);
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct OriginRow<'a> {
    level: u8,
    #[serde(borrow)]
    upstream: Text<'a>,
    origin: Origin,
    count: u64,
}

impl<'a> OriginRow<'a> {
    pub(super) fn of(level: u8, upstream: &'a str, (origin, count): (Origin, u64)) -> Self {
        Self { level, upstream: upstream.into(), origin, count: int(count) }
    }
}

impl<'a> Row<'a> for OriginRow<'a> {
    const NAME: &'static str = "origin";

    fn count(self, counts: &mut Aggregator, number: u64) -> Result<(), Error> {
        reach(counts, number, self.level)?;
        counts.add_origin(&self.upstream, self.origin, self.count);
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct CauseRow<'a> {
    level: u8,
    #[serde(borrow)]
    upstream: Text<'a>,
    status: Status,
    cause: Cause,
    count: u64,
}

impl<'a> CauseRow<'a> {
    pub(super) fn of(level: u8, upstream: &'a str, (status, cause, count): (Status, Cause, u64)) -> Self {
        Self { level, upstream: upstream.into(), status, cause, count: int(count) }
    }
}

impl<'a> Row<'a> for CauseRow<'a> {
    const NAME: &'static str = "cause";

    fn count(self, counts: &mut Aggregator, number: u64) -> Result<(), Error> {
        reach(counts, number, self.level)?;
        counts.add_cause(&self.upstream, self.status, self.cause, self.count);
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct ClientRow<'a> {
    level: u8,
    #[serde(borrow)]
    upstream: Text<'a>,
    slot: usize,
    count: u64,
}

impl<'a> ClientRow<'a> {
    pub(super) fn of(level: u8, upstream: &'a str, slot: usize, count: u64) -> Self {
        Self { level, upstream: upstream.into(), slot, count: int(count) }
    }
}

impl<'a> Row<'a> for ClientRow<'a> {
    const NAME: &'static str = "client";

    fn count(self, counts: &mut Aggregator, number: u64) -> Result<(), Error> {
        reach(counts, number, self.level)?;
        if self.slot >= 64 {
            return Err(damage(number, format_args!("there is no client slot {}", self.slot)));
        }
        counts.add_client(&self.upstream, self.slot, self.count);
        Ok(())
    }
}

/// Where a bucket begins: the first instant that lies in it and that can be written.
fn start_of(summary: &Summary, bucket: i64) -> i64 {
    bucket.saturating_mul(summary.width_micros)
}

/// Whether rows of this width and level are of these settings, and begin where a bucket does.
fn check_bucket(
    counts: &mut Aggregator,
    number: u64,
    (level, width_us, time_us): (u8, i64, i64),
) -> Result<(), Error> {
    reach(counts, number, level)?;
    if counts.width_at(Level(level)) != width_us {
        return Err(damage(number, format_args!("no bucket of level {level} is {width_us} µs wide")));
    }
    if time_us.checked_rem(width_us) != Some(0) {
        return Err(damage(number, format_args!("no bucket begins at {time_us} µs")));
    }
    Ok(())
}

#[derive(Serialize, Deserialize)]
pub(super) struct DurationRow<'a> {
    level: u8,
    width_us: i64,
    time_us: i64,
    #[serde(borrow)]
    upstream: Text<'a>,
    status: Status,
    bin: u16,
    count: u64,
}

impl<'a> DurationRow<'a> {
    pub(super) fn of(
        summary: &Summary,
        upstream: &'a str,
        bucket: i64,
        status: Status,
        (bin, count): (u16, u32),
    ) -> Self {
        Self {
            level: summary.level,
            width_us: summary.width_micros,
            time_us: start_of(summary, bucket),
            upstream: upstream.into(),
            status,
            bin,
            count: count.into(),
        }
    }
}

impl<'a> Row<'a> for DurationRow<'a> {
    const NAME: &'static str = "duration";

    fn count(self, counts: &mut Aggregator, number: u64) -> Result<(), Error> {
        check_bucket(counts, number, (self.level, self.width_us, self.time_us))?;
        let durations = Durations::of_bin(self.bin, clamp(self.count))
            .ok_or_else(|| damage(number, format_args!("there is no bin {}", self.bin)))?;
        counts.add_durations(&self.upstream, self.time_us, self.status, &durations);
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct ClientCodeRow<'a> {
    level: u8,
    width_us: i64,
    time_us: i64,
    #[serde(borrow)]
    upstream: Text<'a>,
    status: Status,
    count: u64,
    clients_lo: u32,
    clients_hi: u32,
}

impl<'a> ClientCodeRow<'a> {
    pub(super) fn of(
        summary: &Summary,
        upstream: &'a str,
        (bucket, status, cell): &(i64, Status, CodeCell),
    ) -> Self {
        Self {
            level: summary.level,
            width_us: summary.width_micros,
            time_us: start_of(summary, *bucket),
            upstream: upstream.into(),
            status: *status,
            count: cell.responses.into(),
            clients_lo: cell.clients as u32,
            clients_hi: (cell.clients >> 32) as u32,
        }
    }
}

impl<'a> Row<'a> for ClientCodeRow<'a> {
    const NAME: &'static str = "client_code";

    fn count(self, counts: &mut Aggregator, number: u64) -> Result<(), Error> {
        check_bucket(counts, number, (self.level, self.width_us, self.time_us))?;
        if !CodeCell::counts(self.status) {
            return Err(damage(number, format_args!("{} is not counted over time", self.status)));
        }
        let clients = u64::from(self.clients_hi) << 32 | u64::from(self.clients_lo);
        let cell = CodeCell { responses: clamp(self.count), clients };
        counts.add_client_code(&self.upstream, self.time_us, self.status, &cell);
        Ok(())
    }
}

/// A sum as a cell holds it: cells add with saturation, SQL without, and the outcome is the same.
fn clamp(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

macro_rules! cell_row {
    ($($count:ident)*) => {
        #[derive(Serialize, Deserialize)]
        pub(super) struct CellRow<'a> {
            level: u8,
            width_us: i64,
            time_us: i64,
            #[serde(borrow)]
            upstream: Text<'a>,
            #[serde(borrow)]
            zone: Text<'a>,
            #[serde(borrow)]
            host: Text<'a>,
            $($count: u64,)*
            error_clients_lo: u32,
            error_clients_hi: u32,
        }

        impl<'a> CellRow<'a> {
            pub(super) fn of(
                summary: &Summary,
                upstream: &'a str,
                host: &'a HostSeries,
                bucket: i64,
                cell: &Cell,
            ) -> Self {
                Self {
                    level: summary.level,
                    width_us: summary.width_micros,
                    time_us: start_of(summary, bucket),
                    upstream: upstream.into(),
                    zone: (&*host.zone).into(),
                    host: (&*host.host).into(),
                    $($count: cell.$count.into(),)*
                    error_clients_lo: cell.error_clients as u32,
                    error_clients_hi: (cell.error_clients >> 32) as u32,
                }
            }

            fn cell(&self) -> Cell {
                Cell {
                    $($count: clamp(self.$count),)*
                    error_clients: u64::from(self.error_clients_hi) << 32 | u64::from(self.error_clients_lo),
                }
            }
        }
    };
}

cell_row! {
    requests errors s500 s502 s503 s504 s5other by_proxy by_upstream s4xx client_closed masked retried
}

impl<'a> Row<'a> for CellRow<'a> {
    const NAME: &'static str = "cell";

    fn count(self, counts: &mut Aggregator, number: u64) -> Result<(), Error> {
        check_bucket(counts, number, (self.level, self.width_us, self.time_us))?;
        counts.add_cell([&self.upstream, &self.zone, &self.host], self.time_us, &self.cell());
        Ok(())
    }
}
