//! Lines by readers.

use std::fmt::Write as _;

use crate::cases::{Case, Cases};
use crate::readers::{Reader, Readers};
use crate::verdict::{Reading, Verdict};

#[derive(Debug)]
pub(crate) struct Matrix {
    /// A row per line, a verdict per reader.
    rows: Vec<Vec<Verdict>>,
}

impl Matrix {
    pub(crate) fn of(cases: &Cases, readers: &Readers) -> Self {
        let row = |case: &Case| {
            let plain = &cases.plain[&case.format];
            let verdict = |reader: &dyn Reader| {
                // Who cannot read a plain line of the format is not judged by a hard one.
                match reader.read(&case.format, plain, plain) {
                    Reading::Fields(_) => Verdict::of(&reader.read(&case.format, plain, &case.line), case),
                    _ => Verdict::Unsupported,
                }
            };
            readers.present.iter().map(|reader| verdict(&**reader)).collect()
        };
        Self { rows: cases.hard.iter().map(row).collect() }
    }

    /// What a reader made of every line.
    pub(crate) fn column(&self, reader: usize) -> impl Iterator<Item = &Verdict> {
        self.rows.iter().filter_map(move |row| row.get(reader))
    }

    pub(crate) fn markdown(&self, cases: &Cases, readers: &Readers) -> String {
        let names: Vec<_> = readers.present.iter().map(|reader| reader.name()).collect();
        let mut text =
            format!("| format | line | {} |\n|---|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
        for (case, row) in cases.hard.iter().zip(&self.rows) {
            let verdicts: Vec<_> = row.iter().map(Verdict::to_string).collect();
            let _ = writeln!(text, "| {} | {} | {} |", case.format, case.name, verdicts.join(" | "));
        }
        let right = |reader| {
            let judged = self.column(reader).filter(|verdict| verdict.counts()).count();
            let right = self.column(reader).filter(|verdict| **verdict == Verdict::Right).count();
            format!("{right} of {judged}")
        };
        let totals: Vec<_> = (0..names.len()).map(right).collect();
        let _ = writeln!(text, "| | right, of those it can be judged by | {} |", totals.join(" | "));
        if !readers.missing.is_empty() {
            let _ = writeln!(text, "\nNot installed here, so not asked: {}.", readers.missing.join(", "));
        }
        text
    }
}
