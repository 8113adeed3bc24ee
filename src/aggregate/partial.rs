//! The partial format, `brownout.partial.v1`: a [`Summary`] as rows that merge.
//!
//! JSON Lines, UTF-8. Every line is a row of one of the tables below: `"schema"`, `"row"` (the table's name), key
//! columns, value columns. Rows with the same key merge column by column with `+`, `min`, `max` or `|`, so
//!
//! - two files written one after the other are the partial of both, and
//! - `SUM`, `MIN`, `MAX` and `BIT_OR … GROUP BY` the key columns in any SQL engine are a merge.
//!
//! Reading applies the budget, and gives what [`Summary::merge`] would have given.
//!
//! | row | key columns | value columns |
//! |---|---|---|
//! | `meta` | `width_us` (asked for), `budget_units`, `seed` (as text) | `level` max |
//! | `lines` | | `total`, `access`, `other`, `malformed`, `blank`, `untimed`, `outside`, `ambiguous` sum |
//! | `range` | | `first_us` min, `last_us` max |
//! | `format` | `format`, `product` | `lines` sum |
//! | `reject` | `kind`, `column_name` | `count` sum |
//! | `place` | `kind`, `column_name`, `source`, `byte_offset` | `count` sum; reading keeps the first three per reason |
//! | `folded` | `register` | `rank` max |
//! | `code` | `level`, `upstream`, `status` | `count` sum |
//! | `origin` | `level`, `upstream`, `origin` | `count` sum |
//! | `cause` | `level`, `upstream`, `status`, `cause` | `count` sum |
//! | `client` | `level`, `upstream`, `slot` | `count` sum |
//! | `duration` | `level`, `width_us`, `time_us`, `upstream`, `status`, `bin` | `count` sum |
//! | `client_code` | `level`, `width_us`, `time_us`, `upstream`, `status` | `count` sum; `clients_lo`, `clients_hi` bit-or |
//! | `cell` | `level`, `width_us`, `time_us`, `upstream`, `zone`, `host` | the counts of [`Cell`] sum; `error_clients_lo`, `error_clients_hi` bit-or |
//!
//! Integers lie within `i64`. Times are microseconds since the epoch; those of cells and durations are where the
//! bucket begins, `width_us` its width. `level` says how coarse the budget made a row; rows of different levels stay
//! apart in SQL and are brought together by reading. The two halves of `error_clients` and `clients` are 32 bits each. A `bin` is
//! one of [`Durations`].
//!
//! Rows can stand in any order. Rows of other names and columns of other names are ignored; another version in
//! `schema`, a row that lacks a column, and sums that do not add up are damage.

mod rows;

use std::io::{self, BufRead, Read, Write};

use serde::{Deserialize, Serialize};

use self::rows::{
    CauseRow, CellRow, ClientCodeRow, ClientRow, CodeRow, DurationRow, FoldedRow, FormatRow, LinesRow,
    MetaRow, OriginRow, PlaceRow, RangeRow, RejectRow, Row,
};
use super::{Aggregator, Summary};
use crate::error::Error;
use crate::escape::SanitizedJson;

/// Name and version of the format.
const SCHEMA: &str = "brownout.partial.v1";
/// Longest line that is read.
const MAX_LINE: u64 = 1 << 20;

impl Summary {
    /// Writes it as a partial: JSON Lines that [`read_partial`](Self::read_partial) and any SQL engine can merge.
    /// Equal summaries give equal bytes. Needs the feature `serde`; `docs/partial-format.md` has the columns and the
    /// SQL.
    ///
    /// ```
    /// use brownout::{Accumulate, Aggregator, Format, Settings, Spans, Summary, Template};
    /// # let format = Template::nginx(r#"$remote_addr [$time_local] "$request" $status"#)?;
    /// # let mut counts = Aggregator::new(Settings::default());
    /// # counts.begin("access.log", &format);
    /// # let line = br#"10.0.0.9 [22/Nov/2026:07:08:40 +0000] "GET / HTTP/1.1" 502"#;
    /// # counts.line(line, 0, format.parse(line, &mut Spans::new()));
    /// let summary = counts.finish();
    /// let mut partial = Vec::new();
    /// summary.write_partial(&mut partial).unwrap();
    /// assert_eq!(Summary::read_partial(&*partial)?, summary);
    /// let twice = [&*partial, &*partial].concat();
    /// assert_eq!(Summary::read_partial(&*twice)?, summary.clone().merge(&summary)?);
    /// # Ok::<(), brownout::Error>(())
    /// ```
    ///
    /// # Errors
    /// What the writer gives. Kind `InvalidInput` where the summary could not be read back: `width_micros` and
    /// `level` do not go together.
    pub fn write_partial(&self, out: impl Write) -> io::Result<()> {
        let settings = self.settings().map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, e))?;
        let mut out = Writer { out: io::BufWriter::new(out) };
        out.row(&MetaRow::of(settings.width_micros, self))?;
        out.row(&LinesRow::of(&self.lines))?;
        if let Some((first, last)) = self.range {
            out.row(&RangeRow { first_us: first.as_micros(), last_us: last.as_micros() })?;
        }
        for format in &self.formats {
            out.row(&FormatRow::of(format))?;
        }
        for reject in &self.rejects {
            out.row(&RejectRow::of(reject))?;
            for place in PlaceRow::all(reject) {
                out.row(&place)?;
            }
        }
        for (register, &rank) in self.folded_sketch.iter().enumerate().filter(|r| *r.1 > 0) {
            out.row(&FoldedRow { register, rank })?;
        }
        for upstream in &self.upstreams {
            let (level, name) = (self.level, &*upstream.name);
            for code in &upstream.codes {
                out.row(&CodeRow::of(level, name, *code))?;
            }
            for origin in &upstream.origins {
                out.row(&OriginRow::of(level, name, *origin))?;
            }
            for cause in &upstream.causes {
                out.row(&CauseRow::of(level, name, *cause))?;
            }
            for (slot, &count) in upstream.clients.iter().enumerate().filter(|c| *c.1 > 0) {
                out.row(&ClientRow::of(level, name, slot, count))?;
            }
        }
        // The cells come last: where the end of a file is missing, their sum does not match those before.
        for upstream in &self.upstreams {
            for (bucket, status, durations) in &upstream.durations {
                for &bin in durations.bins() {
                    out.row(&DurationRow::of(self, &upstream.name, *bucket, *status, bin))?;
                }
            }
            for code in &upstream.client_codes {
                out.row(&ClientCodeRow::of(self, &upstream.name, code))?;
            }
            for host in &upstream.hosts {
                for (bucket, cell) in &host.cells {
                    out.row(&CellRow::of(self, &upstream.name, host, *bucket, cell))?;
                }
            }
        }
        out.out.flush()
    }

    /// Reads partials: one, several one after the other, or rows merged by SQL, in any order. Memory stays within
    /// the budget the partial was made with, as long as its `meta` row comes first.
    ///
    /// # Errors
    /// [`Error::Partial`] with the number of the line for I/O errors, for a line that is no row of this version, for
    /// parts made with different settings, and where the sums do not add up because rows are missing.
    pub fn read_partial(input: impl BufRead) -> Result<Self, Error> {
        Reader::default().read(input)
    }
}

/// Compact JSON, in which names from the log stand as [`SanitizedJson`] writes them.
struct Harmless;

impl serde_json::ser::Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        write!(out, "{}", SanitizedJson(fragment))
    }
}

/// Writes rows.
struct Writer<W: Write> {
    out: io::BufWriter<W>,
}

impl<W: Write> Writer<W> {
    fn row<'a, R: Row<'a> + Serialize>(&mut self, columns: &R) -> io::Result<()> {
        #[derive(Serialize)]
        struct Line<'c, C> {
            schema: &'static str,
            row: &'static str,
            #[serde(flatten)]
            columns: &'c C,
        }
        let line = Line { schema: SCHEMA, row: R::NAME, columns };
        line.serialize(&mut serde_json::Serializer::with_formatter(&mut self.out, Harmless))?;
        self.out.write_all(b"\n")
    }
}

/// Counts rows.
#[derive(Default)]
struct Reader {
    meta: Option<MetaRow>,
    counts: Option<Aggregator>,
    /// Rows before the first `meta`: without the settings they cannot be counted.
    early: Vec<(u64, Vec<u8>)>,
}

/// The columns all rows have.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    schema: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    row: std::borrow::Cow<'a, str>,
}

impl Reader {
    fn read(mut self, mut input: impl BufRead) -> Result<Summary, Error> {
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
            let read = read.map_err(|e| damage(number, format_args!("cannot be read: {e}")))?;
            if read == 0 {
                break;
            }
            if read as u64 == MAX_LINE && !line.ends_with(b"\n") {
                return Err(damage(number, "longer than a row can be"));
            }
            if !line.trim_ascii().is_empty() {
                self.line(number, &line)?;
            }
        }
        let Some(counts) = self.counts else {
            return Err(Error::Partial(format!("no partial: it has no meta row of {SCHEMA}")));
        };
        let summary = counts.finish();
        conserved(&summary)?;
        Ok(summary)
    }

    fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Error> {
        let head: Head<'_> = serde_json::from_slice(line).map_err(|e| damage(number, e))?;
        if head.schema != SCHEMA {
            return Err(damage(number, format_args!("expected schema {SCHEMA}, found {:?}", head.schema)));
        }
        if head.row == MetaRow::NAME {
            return self.meta(number, MetaRow::parse(number, line)?);
        }
        if let Some(counts) = &mut self.counts {
            return row(counts, number, &head.row, line);
        }
        self.early.push((number, line.to_vec()));
        Ok(())
    }

    fn meta(&mut self, number: u64, row: MetaRow) -> Result<(), Error> {
        let meta = self.meta.get_or_insert_with(|| row.clone());
        if !meta.same_settings(&row) {
            return Err(damage(number, "made with different settings; such partials cannot be merged"));
        }
        let Some(counts) = &mut self.counts else {
            self.counts = Some(Aggregator::new(row.settings(number)?));
            for (number, line) in std::mem::take(&mut self.early) {
                self.line(number, &line)?;
            }
            return self.meta(number, row);
        };
        row.count(counts, number)
    }
}

/// Counts one row that is no `meta`; a table that is not known here is of a later writer.
fn row(counts: &mut Aggregator, number: u64, table: &str, line: &[u8]) -> Result<(), Error> {
    macro_rules! tables {
        ($($row:ident)*) => {
            match table {
                $($row::NAME => $row::parse(number, line)?.count(counts, number)?,)*
                _ => {}
            }
        };
    }
    tables! { LinesRow RangeRow FormatRow RejectRow PlaceRow FoldedRow CodeRow OriginRow CauseRow ClientRow DurationRow ClientCodeRow CellRow }
    counts.settle();
    Ok(())
}

/// Whether the tables agree with each other: a file that was cut does not.
fn conserved(summary: &Summary) -> Result<(), Error> {
    let lines = &summary.lines;
    let counted = lines.access.saturating_sub(lines.untimed).saturating_sub(lines.outside);
    let sum = |of: &mut dyn Iterator<Item = u64>| of.fold(0, u64::saturating_add);
    let cells = || summary.upstreams.iter().flat_map(|u| &u.hosts).flat_map(|h| &h.cells);
    let full = cells().any(|(_, cell)| cell.requests == u32::MAX);
    let found = [
        ("code", sum(&mut summary.upstreams.iter().flat_map(|u| &u.codes).map(|c| c.1)), counted),
        ("cell", sum(&mut cells().map(|(_, cell)| u64::from(cell.requests))), counted),
        ("reject", sum(&mut summary.rejects.iter().map(|r| r.count)), lines.malformed),
    ];
    for (table, found, expected) in found {
        if found != expected && !(full && table == "cell") {
            return Err(Error::Partial(format!(
                "rows are missing or damaged: the {table} rows sum up to {found}, the lines row to {expected}"
            )));
        }
    }
    Ok(())
}

#[cold]
fn damage(line: u64, what: impl std::fmt::Display) -> Error {
    Error::Partial(format!("line {line}: {what}"))
}
