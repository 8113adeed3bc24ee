//! The sentences of evidence, each with its numbers.

use super::facts::{Facts, Share};
use super::timeouts;
use super::words::{self, count, duration, name, percent, ratio};
use crate::aggregate::{NO_HOST, few_clients};
use crate::detect::{EpisodeOrigin, Pattern, Scope, UpstreamHealth};
use crate::schema::Product;

/// One host or zone with this share of the errors is named.
const DOMINANT: f64 = 0.8;
/// Slots used by clients, below which they cannot be told apart.
const CLIENT_SLOTS: usize = 20;
/// A smallest visible ratio above this is worth a word.
const POOR_SIGHT: f64 = 0.02;

/// All that there is to say, most telling first.
pub(super) fn sentences(facts: &Facts<'_>, health: Option<&UpstreamHealth>) -> Vec<String> {
    let all: [Option<String>; 18] = [
        Some(made_by(facts)),
        Some(rate(facts)),
        codes(facts),
        peak(facts),
        scope(facts),
        routes(facts),
        hosts(facts),
        zones(facts),
        timeout(facts),
        rolling(facts),
        phases(facts),
        masked(facts),
        attempts(facts),
        amplification(facts),
        clients(facts),
        closed(facts),
        budget(facts),
        health.and_then(sight),
    ];
    all.into_iter().flatten().collect()
}

/// The column that tells who made an answer.
fn proof(product: Product) -> &'static str {
    match product {
        Product::Nginx => "$upstream_header_time, or else the upstream lists",
        Product::IngressNginx => "$upstream_status and $upstream_response_length",
        Product::Envoy => "%RESPONSE_CODE_DETAILS%, or else flags and upstream service time",
        Product::Alb => "target_status_code",
        Product::Elb => "backend_status_code",
        Product::CloudFront => "x-edge-detailed-result-type",
        Product::Haproxy => "the termination state",
        Product::Apache => "%{proxy-status}n",
        Product::Traefik => "OriginStatus and the size of the answer",
        Product::Caddy => "the Via header, or else the size of the answer",
        Product::Gcp => "statusDetails",
        Product::AzureAppGateway => "serverStatus and error_info",
        Product::AzureFrontDoor => "ErrorInfo",
        Product::Cloudflare => "OriginResponseStatus",
        _ => "the upstream's status",
    }
}

fn made_by(facts: &Facts<'_>) -> String {
    let e = facts.episode;
    let proxy = facts.product_words();
    let proof = match &facts.products[..] {
        [] => String::new(),
        some => format!(" (told by {})", some.iter().map(|&p| proof(p)).collect::<Vec<_>>().join("; ")),
    };
    let untold = e.errors.saturating_sub(e.by_proxy + e.by_upstream);
    if e.by_proxy + e.by_upstream == 0 {
        return format!("no line tells whether {proxy} or the upstream made these 5xx{proof}");
    }
    let mut text =
        format!("of {} 5xx {proxy} itself made {}, the upstream {}", e.errors, e.by_proxy, e.by_upstream);
    if untold > 0 {
        text = format!("{text}, and {untold} are not told");
    }
    text + &proof
}

fn rate(facts: &Facts<'_>) -> String {
    let e = facts.episode;
    let rate = ratio(e.errors, e.requests);
    let mut text = format!(
        "{} of {} requests ({}) got a 5xx, against {} normally",
        e.errors,
        e.requests,
        percent(rate),
        percent(e.baseline)
    );
    if e.baseline > 0.0 {
        text = format!("{text}: {} as many", words::times(rate / e.baseline));
    }
    text
}

/// Nothing where no minute stands out, or has enough responses to.
fn peak(facts: &Facts<'_>) -> Option<String> {
    let e = facts.episode;
    (e.peak_rate > ratio(e.errors, e.requests))
        .then(|| format!("at its peak {} of the responses in a minute were 5xx", percent(e.peak_rate)))
}

fn codes(facts: &Facts<'_>) -> Option<String> {
    let c = &facts.phases;
    let mut codes =
        [("500", c.s500), ("502", c.s502), ("503", c.s503), ("504", c.s504), ("other 5xx", c.s5other)];
    codes.sort_by_key(|&(_, n)| std::cmp::Reverse(n));
    let seen: Vec<_> = codes.iter().filter(|c| c.1 > 0).map(|(code, n)| format!("{code} ({n})")).collect();
    (seen.len() > 1).then(|| format!("in its failing phases: {}", seen.join(", ")))
}

fn scope(facts: &Facts<'_>) -> Option<String> {
    let e = facts.episode;
    let many = e.upstreams.len() > 1 && matches!(e.scope, Scope::Zone | Scope::Global);
    many.then(|| {
        format!(
            "{} began to fail together ({}): most likely something they share, not each of them",
            count(e.upstreams.len(), "upstream"),
            words::names(&e.upstreams)
        )
    })
}

fn routes(facts: &Facts<'_>) -> Option<String> {
    let e = facts.episode;
    let (all, errors) = (u64::from(facts.phases.requests), u64::from(facts.phases.errors));
    let words = match &e.routes[..] {
        [] => return None,
        [one] => format!("only {} fails", name(one)),
        several => format!("only {} fail", words::names(several)),
    };
    // its own counts are less than its upstream's where the upstream as a whole shows nothing
    Some(if e.requests < all {
        format!(
            "{words}: {} of its requests, while of all {all} requests to the upstream {} got a 5xx",
            percent(ratio(e.errors, e.requests)),
            percent(ratio(errors, all)),
        )
    } else {
        format!(
            "{words}: most likely what serves that, or what it depends on, and not the upstream as a whole"
        )
    })
}

/// `name holds 40 of 50 5xx (80.0 %) and 10 of 100 requests (10.0 %)`.
fn holds(share: &Share<'_>, facts: &Facts<'_>) -> String {
    let (errors, requests) = (u64::from(facts.phases.errors), u64::from(facts.phases.requests));
    format!(
        "{} holds {} of {errors} 5xx ({}) and {} of {requests} requests ({})",
        name(share.name),
        share.errors,
        percent(ratio(share.errors, errors)),
        share.requests,
        percent(ratio(share.requests, requests)),
    )
}

fn hosts(facts: &Facts<'_>) -> Option<String> {
    let errors = u64::from(facts.phases.errors);
    let hostless = facts.hostless_errors();
    // the counts at hand are the whole upstream's
    let route = facts.episode.requests < u64::from(facts.phases.requests) && !facts.episode.routes.is_empty();
    if errors == 0 || facts.episode.upstreams.len() > 1 || route {
        return None;
    }
    let known = facts.upstreams.iter().flat_map(|u| &u.hosts).any(|h| h.host != NO_HOST);
    if !known {
        return None;
    }
    if hostless * 2 > errors {
        return Some(format!("for {hostless} of {errors} 5xx no host was chosen"));
    }
    let number = facts.real_hosts().count();
    let worst = facts.real_hosts().next()?;
    match number {
        1 => Some(format!(
            "only one host is seen ({}): host and upstream cannot be told apart",
            name(worst.name)
        )),
        _ if ratio(worst.errors, errors) >= DOMINANT => Some(format!("host {}", holds(worst, facts))),
        _ => {
            let failing = facts.real_hosts().filter(|h| h.errors > 0).count();
            Some(format!("{failing} of {} fail; the worst, {}", count(number, "host"), holds(worst, facts)))
        }
    }
}

fn zones(facts: &Facts<'_>) -> Option<String> {
    let worst = facts.zones.first()?;
    let dominant = ratio(worst.errors, facts.phases.errors.into()) >= DOMINANT;
    (facts.zones.len() > 1 && dominant).then(|| format!("zone {}", holds(worst, facts)))
}

fn timeout(facts: &Facts<'_>) -> Option<String> {
    let e = facts.episode;
    let ms = e.timeout_ms?;
    let at = timeouts::seconds(ms);
    let product = facts.product().filter(|&p| p != Product::Custom);
    Some(match product {
        _ if e.origin == EpisodeOrigin::Upstream && e.by_upstream > 0 => {
            format!("the 504s pile up at {at}: a timeout behind the upstream, which made them itself")
        }
        Some(product) => {
            format!("the 504s pile up at {at}: most likely {}", timeouts::guess(product, ms).setting)
        }
        None => format!("the 504s pile up at {at}: a timeout of that length ran out"),
    })
}

fn rolling(facts: &Facts<'_>) -> Option<String> {
    facts.episode.rolling.then(|| {
        "hosts failed briefly, one after the other: most likely a rolling deploy or restart".to_owned()
    })
}

fn phases(facts: &Facts<'_>) -> Option<String> {
    let e = facts.episode;
    let (first, last) = (e.phases.first()?, e.phases.last()?);
    let on: i64 = e.phases.iter().map(|p| p.1.as_micros() - p.0.as_micros()).sum();
    let span = last.1.as_micros() - first.0.as_micros();
    let on_and_off = e.relapses > 0 || e.pattern == Pattern::Flapping || e.phases.len() > 1;
    on_and_off.then(|| {
        format!(
            "on and off: it failed in {} that sum to {} of {}",
            count(e.phases.len(), "phase"),
            duration(on),
            duration(span)
        )
    })
}

fn masked(facts: &Facts<'_>) -> Option<String> {
    let masked = facts.episode.masked;
    (masked > 0).then(|| format!("retries hid {masked} more failed attempts from clients"))
}

/// Requests against attempts.
fn attempts(facts: &Facts<'_>) -> Option<String> {
    let (requests, retried) = (u64::from(facts.phases.requests), u64::from(facts.phases.retried));
    let rate = ratio(retried, requests);
    (requests > 0 && rate >= 0.01).then(|| {
        let over = if rate > 0.2 { ", above the usual budget of 20 %" } else { "" };
        format!(
            "{requests} requests took {} attempts in its failing phases: {} retries{over}",
            requests + retried,
            percent(rate)
        )
    })
}

fn amplification(facts: &Facts<'_>) -> Option<String> {
    let factor = facts.episode.amplification?;
    Some(format!(
        "requests came {} as fast as in the half hour before: most likely retries, which add to the load",
        words::times(factor)
    ))
}

fn clients(facts: &Facts<'_>) -> Option<String> {
    let errors = facts.episode.errors;
    let histograms = facts.upstreams.iter().map(|u| &u.clients);
    let counts = (u64::from(facts.phases.requests), u64::from(facts.phases.errors));
    let few = few_clients(histograms, facts.phases.error_clients, counts)?;
    let told_apart =
        facts.upstreams.iter().all(|u| u.clients.iter().filter(|&&n| n > 0).count() >= CLIENT_SLOTS);
    let clients = if few.slots == 1 { "one client, or very few" } else { "very few clients" };
    let share = percent(few.share);
    if few.alone {
        Some(format!(
            "the 5xx went to {clients}, while others were served: it may lie in what they ask for (they made {share} of the requests in the whole log)"
        ))
    } else if few.share >= 0.5 && errors > 0 {
        Some(format!(
            "the 5xx went to one address or very few, which made {share} of the requests in the whole log: one client, a test or a scanner, or a proxy in front that hides who asks"
        ))
    } else {
        told_apart.then(|| format!("the 5xx went to {clients}: it may lie in what they ask for"))
    }
}

fn closed(facts: &Facts<'_>) -> Option<String> {
    let c = &facts.phases;
    let worth_it = c.client_closed >= 10 && u64::from(c.client_closed) * 10 >= u64::from(c.errors);
    worth_it.then(|| format!("{} clients more left before an answer came, which is no 5xx", c.client_closed))
}

fn budget(facts: &Facts<'_>) -> Option<String> {
    let e = facts.episode;
    (e.budget_burned > 0.0).then(|| {
        format!(
            "it used up {} of a 30-day error budget at 99.9 % ({})",
            percent(e.budget_burned),
            e.severity.name()
        )
    })
}

fn sight(health: &UpstreamHealth) -> Option<String> {
    if health.chronic {
        return Some(format!(
            "{} fails much of the time, in episodes or not: it was judged against a background of {}",
            name(&health.upstream),
            percent(health.baseline)
        ));
    }
    match health.min_visible_rate {
        None => Some("there is too little traffic to see even a full failure within an hour".to_owned()),
        Some(rate) if rate > POOR_SIGHT => Some(format!(
            "there is too little traffic to see less than {} of failures within an hour",
            percent(rate)
        )),
        Some(_) => None,
    }
}
