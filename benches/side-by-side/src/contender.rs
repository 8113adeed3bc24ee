//! Who reads the file, and how what it prints is understood.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::measure::Run;

/// How many of the file's bytes a contender reads: the slow ones read the beginning only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Whole,
    /// The first so many MB.
    First(u64),
}

/// What an answer looks like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// Nothing that could be compared.
    Nothing,
    /// A status and how often, on a line each.
    Statuses,
    /// The report of `triage --json`.
    Triage,
    /// GoAccess's JSON.
    Goaccess,
    /// `halog -srv`: requests per server, the column `tot_req`.
    Servers,
    /// `wc -l`
    Lines,
}

#[derive(Debug, Clone)]
pub(crate) struct Contender {
    /// What the record calls it.
    pub(crate) key: &'static str,
    /// What it is and does, for people.
    pub(crate) label: String,
    pub(crate) part: Part,
    pub(crate) cores: usize,
    pub(crate) answer: Answer,
    pub(crate) run: Run,
}

/// Requests counted: per status, or in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Counts {
    None,
    PerStatus(BTreeMap<u16, u64>),
    Total(u64),
}

impl Counts {
    pub(crate) fn total(&self) -> u64 {
        match self {
            Self::None => 0,
            Self::PerStatus(counts) => counts.values().sum(),
            Self::Total(total) => *total,
        }
    }

    /// How many requests were not counted as in `reference`; nothing where nothing can be compared.
    pub(crate) fn difference(&self, reference: &Self) -> Option<u64> {
        match (self, reference) {
            (Self::None, _) | (_, Self::None) => None,
            (Self::PerStatus(mine), Self::PerStatus(theirs)) => {
                let keys: std::collections::BTreeSet<_> = mine.keys().chain(theirs.keys()).collect();
                let of = |counts: &BTreeMap<u16, u64>, key| counts.get(key).copied().unwrap_or(0);
                Some(keys.into_iter().map(|key| of(mine, key).abs_diff(of(theirs, key))).sum())
            }
            _ => Some(self.total().abs_diff(reference.total())),
        }
    }
}

impl Answer {
    pub(crate) fn read(self, path: &Path) -> Result<Counts, String> {
        if matches!(self, Self::Nothing) {
            return Ok(Counts::None);
        }
        let text = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let text = String::from_utf8_lossy(&text);
        let json = || serde_json::from_str::<Value>(&text).map_err(|error| error.to_string());
        Ok(match self {
            Self::Nothing => Counts::None,
            Self::Statuses => Counts::PerStatus(side_by_side::statuses::read(&text)),
            Self::Triage => Counts::PerStatus(triage(&json()?)),
            Self::Goaccess => Counts::PerStatus(goaccess(&json()?)),
            Self::Servers => {
                let rows = text.lines().filter(|line| !line.starts_with('#'));
                Counts::Total(rows.filter_map(|row| row.split(' ').nth(7)?.parse::<u64>().ok()).sum())
            }
            Self::Lines => {
                let first = text.split_whitespace().next().and_then(|word| word.parse().ok());
                Counts::Total(first.ok_or("no number of lines")?)
            }
        })
    }
}

fn triage(report: &Value) -> BTreeMap<u16, u64> {
    let codes = report["codes"].as_object();
    codes
        .into_iter()
        .flatten()
        .filter_map(|(code, count)| Some((code.parse().unwrap_or(0), count.as_u64()?)))
        .collect()
}

fn goaccess(report: &Value) -> BTreeMap<u16, u64> {
    let classes = report["status_codes"]["data"].as_array();
    let codes = classes.into_iter().flatten().filter_map(|class| class["items"].as_array()).flatten();
    codes
        .filter_map(|code| {
            let status = code["data"].as_str()?.split(' ').next()?.parse().ok()?;
            Some((status, code["hits"]["count"].as_u64()?))
        })
        .collect()
}
