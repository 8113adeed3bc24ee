//! Requests per status: what every program of this comparison counts, so that their answers can be compared.

use std::collections::BTreeMap;
use std::io::{self, Write};

/// Requests per status, and lines that a reader refused.
#[derive(Debug)]
pub struct Statuses {
    counts: Vec<u64>,
    refused: u64,
}

impl Default for Statuses {
    fn default() -> Self {
        Self { counts: vec![0; 1000], refused: 0 }
    }
}

impl Statuses {
    /// Counts a status; one of more than three digits is a refused line.
    pub fn add(&mut self, status: u16) {
        match self.counts.get_mut(usize::from(status)) {
            Some(count) => *count += 1,
            None => self.refused += 1,
        }
    }

    /// Counts the status in these digits; what is no number is a refused line.
    pub fn add_digits(&mut self, digits: &[u8]) {
        match std::str::from_utf8(digits).ok().and_then(|text| text.parse::<i32>().ok()) {
            // HAProxy writes -1 where others write 0.
            Some(-1) => self.add(0),
            Some(status) => self.add(u16::try_from(status).unwrap_or(u16::MAX)),
            None => self.refuse(),
        }
    }

    /// Counts a line that could not be read.
    pub fn refuse(&mut self) {
        self.refused += 1;
    }

    /// Writes a line per status that occurred: the status, a space, how often.
    pub fn print(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        for (status, count) in self.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            writeln!(out, "{status} {count}")?;
        }
        if self.refused > 0 {
            eprintln!("{} lines refused", self.refused);
        }
        Ok(())
    }
}

/// Reads what [`Statuses::print`] writes, `halog -st` too.
pub fn read(text: &str) -> BTreeMap<u16, u64> {
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        let Some((status, count)) = line.trim().split_once(' ') else { continue };
        let (Ok(status), Ok(count)) = (status.parse::<i32>(), count.trim().parse::<u64>()) else { continue };
        *counts.entry(u16::try_from(status).unwrap_or(0)).or_default() += count;
    }
    counts
}
