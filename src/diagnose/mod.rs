//! Episode and evidence to ranked causes and first checks: a pure function, no clock, no randomness.
//!
//! Nothing is asserted that the lines do not prove: what they tell is said with its numbers, the rest is "most
//! likely" with the reason. Names from the log pass through [`Sanitized`](crate::Sanitized).

mod causes;
mod checks;
mod evidence;
mod facts;
pub(crate) mod layers;
#[cfg(test)]
mod tests;
mod timeouts;
mod words;

use std::fmt;

use crate::aggregate::Summary;
use crate::catalogue::{self, class_rule};
use crate::detect::{Episode, EpisodeOrigin, Scope, UpstreamHealth};
use crate::origin::Cause;
use crate::status::Class;
use facts::Facts;

/// What an episode most likely was, on what evidence, and what to check first.
///
/// `Display` writes all of it as text, one statement a line.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Diagnosis {
    /// One line: who, what, since when, is it over.
    pub verdict: String,
    /// Sentences with numbers, most telling first.
    pub evidence: Vec<String>,
    /// Likely causes, likeliest first; empty where there is nothing to explain.
    pub causes: Vec<RankedCause>,
    /// Three to six things to check, most telling first.
    pub check_first: Vec<String>,
}

/// A likely cause.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct RankedCause {
    /// The cause.
    pub cause: Cause,
    /// Its share among the 5xx of the same status of these upstreams in the whole log, 0–1, where lines tell it;
    /// `None` where it is inferred.
    pub share: Option<f64>,
    /// On what it rests.
    pub why: String,
}

/// Explains an episode of `summary`.
///
/// `health` is what the detector learnt about the episode's upstream; without it two sentences are missing.
/// Causes are counted over the whole log, not per episode, so an upstream with several different episodes shares
/// its figures among them; the episode's own most frequent cause stands first.
///
/// ```
/// use brownout::{Cause, Episode, EpisodeOrigin, Pattern, Scope, Severity, Status, Summary, Timestamp, diagnose};
///
/// let at = |minute: i64| Timestamp::from_micros(minute * 60_000_000);
/// let episode = Episode {
///     start: at(0), end: None, recovering_since: None, pattern: Pattern::Ongoing, would_be: Pattern::Sustained,
///     scope: Scope::Upstream, upstreams: vec!["checkout".into()], zone: None, hosts: vec![], routes: vec![],
///     dominant_status: Status::new(502),
///     origin: EpisodeOrigin::Proxy, cause: Some(Cause::ConnectRefused), requests: 1000, errors: 400, by_proxy: 400,
///     by_upstream: 0, peak_rate: 0.9, masked: 0, planned: false, rolling: false, relapses: 0, amplification: None,
///     timeout_ms: None, severity: Severity::Page, budget_burned: 0.03, detected_at: at(1), sustained_at: Some(at(5)),
///     evidence: 900.0, baseline: 0.001, phases: vec![(at(0), at(9))],
/// };
/// let diagnosis = diagnose(&episode, &Summary::default(), None);
/// assert!(diagnosis.verdict.starts_with("checkout: 502 for 400 of 1000 requests (40.0 %)"));
/// assert!(diagnosis.verdict.contains("most likely connection refused"));
/// assert!(diagnosis.verdict.contains("not over when the data ends"));
/// assert_eq!(diagnosis.causes[0].cause, Cause::ConnectRefused);
/// assert!((3..=6).contains(&diagnosis.check_first.len()));
/// ```
pub fn diagnose(episode: &Episode, summary: &Summary, health: Option<&UpstreamHealth>) -> Diagnosis {
    let facts = Facts::gather(episode, summary);
    if let Some(status) = facts.status.filter(|s| s.class() == Class::ClientError) {
        return no_failure(&facts, status);
    }
    let causes = causes::rank(&facts);
    Diagnosis {
        verdict: verdict(&facts, causes.first()),
        evidence: evidence::sentences(&facts, health),
        check_first: checks::first(&facts, &causes),
        causes,
    }
}

/// 4xx are no failures of the serving side, whoever asks.
fn no_failure(facts: &Facts<'_>, status: crate::Status) -> Diagnosis {
    let rule = class_rule(Class::ClientError);
    let entry = catalogue::status(status);
    Diagnosis {
        verdict: format!("{}: {status} is no 5xx. {rule}", facts.subject()),
        evidence: entry.map(|e| e.meaning.to_owned()).into_iter().collect(),
        causes: Vec::new(),
        check_first: entry.map_or(&[][..], |e| e.check_first).iter().map(|&c| c.to_owned()).collect(),
    }
}

/// Who, what, since when, is it over.
fn verdict(facts: &Facts<'_>, cause: Option<&RankedCause>) -> String {
    let e = facts.episode;
    let mut text = format!(
        "{}: {} for {} of {} requests ({}), {}",
        facts.subject(),
        facts.status_words(),
        e.errors,
        e.requests,
        words::percent(words::ratio(e.errors, e.requests)),
        made_by(facts, cause.map(|c| c.cause)),
    );
    if let Some(ranked) = cause.filter(|c| c.cause != Cause::Unknown) {
        text = format!("{text}, most likely {}", catalogue::cause(ranked.cause).title);
    }
    let time = match e.end {
        Some(end) => {
            let length = words::duration(end.as_micros() - e.start.as_micros());
            format!("from {} to {end} ({length}), over; {}", e.start, e.pattern.name())
        }
        None => format!("since {}, not over when the data ends; so far {}", e.start, e.would_be.name()),
    };
    let planned = if e.planned { ", inside a planned window" } else { "" };
    format!("{text}; {time}{planned}")
}

/// Who sent the 5xx, in a few words.
fn made_by(facts: &Facts<'_>, cause: Option<Cause>) -> String {
    let e = facts.episode;
    let proxy = facts.product_words();
    if (e.by_proxy + e.by_upstream) * 2 < e.errors {
        return "maker not told by the lines".to_owned();
    }
    match e.origin {
        EpisodeOrigin::Proxy if cause.is_some_and(lacks_answer) => {
            format!("made by {proxy} for want of an answer")
        }
        EpisodeOrigin::Proxy => format!("made by {proxy} itself"),
        EpisodeOrigin::Upstream if e.scope == Scope::Host => "the host's own answers".to_owned(),
        EpisodeOrigin::Upstream => "the upstream's own answers".to_owned(),
        EpisodeOrigin::Mixed => format!("made partly by {proxy}, partly by the upstream"),
    }
}

/// Causes by which the proxy answers only because the upstream does not.
fn lacks_answer(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::ConnectRefused
            | Cause::ConnectTimeout
            | Cause::ConnectOther
            | Cause::Tls
            | Cause::Dns
            | Cause::Reset
            | Cause::Truncated
            | Cause::ResponseTimeout
            | Cause::IdleTimeout
            | Cause::MaxDuration
            | Cause::Protocol
            | Cause::NoHealthyUpstream
    )
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.verdict)?;
        for sentence in &self.evidence {
            writeln!(f, "- {sentence}")?;
        }
        for cause in &self.causes {
            writeln!(f, "likely: {}: {}", catalogue::cause(cause.cause).title, cause.why)?;
        }
        for (number, check) in self.check_first.iter().enumerate() {
            writeln!(f, "check {}: {check}", number + 1)?;
        }
        Ok(())
    }
}
