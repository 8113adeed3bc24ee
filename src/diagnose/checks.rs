//! What to check first: three to six things, specific to product, cause and shape.

use super::RankedCause;
use super::facts::Facts;
use super::timeouts;
use super::words::{name, names};
use crate::catalogue;
use crate::detect::{EpisodeOrigin, Scope};
use crate::origin::Cause;
use crate::schema::Product;

const MOST: usize = 6;
const LEAST: usize = 3;
/// A second cause with less is not worth a check of its own.
const SECOND_SHARE: f64 = 0.2;

/// What is worth a look whatever it was.
const ANYWAY: [&str; LEAST] = [
    "the proxy's error log at these times",
    "the upstream's own log: did it see these requests?",
    "deploys and configuration changes at that time",
];

/// Most telling first, none twice.
pub(super) fn first(facts: &Facts<'_>, causes: &[RankedCause]) -> Vec<String> {
    let mut list = List { checks: Vec::new() };
    list.add_all(rolling(facts));
    list.add_all(timeout(facts));
    let top = causes.first().map(|c| c.cause);
    list.add_all(top.into_iter().flat_map(|c| of_product(facts, c)));
    list.add_all(where_it_is(facts));
    let general = top.map_or(&[][..], |c| catalogue::cause(c).check_first);
    list.add_all(general.iter().take(1).map(|&c| c.to_owned()));
    list.add_all(retries(facts));
    let second = causes.get(1).filter(|c| c.share.is_none_or(|s| s >= SECOND_SHARE)).map(|c| c.cause);
    list.add_all(second.into_iter().flat_map(|c| of_product(facts, c)));
    list.add_all(general.iter().skip(1).map(|&c| c.to_owned()));
    list.add_all(of_status(facts));
    for check in ANYWAY {
        if list.checks.len() < LEAST {
            list.add_all([check.to_owned()]);
        }
    }
    list.checks
}

struct List {
    checks: Vec<String>,
}

impl List {
    fn add_all(&mut self, checks: impl IntoIterator<Item = String>) {
        for check in checks {
            if self.checks.len() < MOST && !self.checks.contains(&check) {
                self.checks.push(check);
            }
        }
    }
}

fn rolling(facts: &Facts<'_>) -> Option<String> {
    facts.episode.rolling.then(|| {
        "deploys and restarts at that time: ready before traffic comes, drained before the process stops?"
            .to_owned()
    })
}

fn timeout(facts: &Facts<'_>) -> Option<String> {
    let e = facts.episode;
    let ms = e.timeout_ms?;
    if e.origin == EpisodeOrigin::Upstream && e.by_upstream > 0 {
        return Some(format!("which timeout of {} stands behind the upstream", timeouts::seconds(ms)));
    }
    let product = facts.product().filter(|&p| p != Product::Custom)?;
    let guess = timeouts::guess(product, ms);
    Some(if guess.connect {
        format!(
            "{}: do the addresses still exist and accept? security groups, firewall, hosts that are gone",
            guess.setting
        )
    } else {
        format!("{}: do these requests need longer, or did they become slow?", guess.setting)
    })
}

/// The checks of each product that wrote the log, labelled where there are two.
fn of_product(facts: &Facts<'_>, cause: Cause) -> Vec<String> {
    let entry = catalogue::cause(cause);
    let check = |&p: &Product| entry.check(p).map(|text| label(facts, p, text));
    facts.products.iter().filter_map(check).collect()
}

fn label(facts: &Facts<'_>, product: Product, text: &str) -> String {
    match facts.product() {
        Some(_) => text.to_owned(),
        None => format!("{}: {text}", product.name()),
    }
}

fn where_it_is(facts: &Facts<'_>) -> Option<String> {
    let e = facts.episode;
    match e.scope {
        Scope::Host if !e.hosts.is_empty() => Some(format!(
            "take {} out of rotation and compare with its neighbours, which are well: version, restarts, memory, disk",
            names(&e.hosts)
        )),
        Scope::Zone => Some(match &e.zone {
            Some(zone) => format!("zone {}: provider status, network, a rollout that goes zone by zone", name(zone)),
            None => "what these upstreams share in their zone: network, nodes, a rollout".to_owned(),
        }),
        Scope::Global => {
            Some("what all of these share: database, DNS, network, certificates, the proxy itself and its last change".to_owned())
        }
        _ => None,
    }
}

fn retries(facts: &Facts<'_>) -> Option<String> {
    facts.episode.amplification.map(|_| {
        "retries: who sends them, with what back-off and budget? They can keep an upstream down".to_owned()
    })
}

/// The status's own notes and checks: they fill up what is missing.
fn of_status(facts: &Facts<'_>) -> Vec<String> {
    let Some(entry) = facts.status.and_then(catalogue::status) else { return Vec::new() };
    let notes = facts.products.iter().filter_map(|&p| entry.note(p).map(|text| label(facts, p, text)));
    notes.chain(entry.check_first.iter().map(|&c| c.to_owned())).collect()
}
