//! What the logs of several layers say, in words.

use std::collections::BTreeMap;

use super::timeouts;
use crate::catalogue;
use crate::detect::Episode;
use crate::layers::{Birth, How, Layers, Place, Undercut, View};
use crate::origin::Cause;
use crate::status::Status;

/// Sentences about one episode, at most.
const MOST: usize = 3;

/// What other layers say of the 5xx of an episode, the most frequent first.
pub(crate) fn sentences(episode: &Episode, layers: &Layers) -> Vec<String> {
    let views: Vec<&View> =
        layers.views(&episode.upstreams, &episode.hosts, (episode.start, episode.end)).collect();
    let all = views.len();
    let mut kinds: BTreeMap<String, (usize, Vec<&View>)> = BTreeMap::new();
    for view in &views {
        let kind = kind(view, layers);
        let entry = kinds.entry(kind).or_default();
        entry.0 += 1;
        entry.1.push(view);
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    let seen = if (all as u64) < episode.errors { " that were looked at" } else { "" };
    let mut sentences: Vec<String> = kinds
        .into_iter()
        .take(MOST)
        .map(|(words, (count, of))| format!("{count} of {all}{seen} {words}{}", lengths(&of)))
        .collect();
    sentences.extend(in_front(&views, layers));
    sentences
}

/// What is said of all that went alike.
fn kind(view: &View, layers: &Layers) -> String {
    let own = layers.name(view.layer);
    match (view.how, view.place, view.behind) {
        (How::GaveUp, Place::Layer(at), Some((behind, status, left, _))) => {
            let (front, behind) = (layers.name(at), layers.name(behind));
            let passed = if at == view.layer { String::new() } else { format!("passed on by {own}: ") };
            if left {
                format!("{passed}were still under way in {behind} when {front} gave up")
            } else {
                format!("{passed}were answered {status} by {behind} when {front} had given up")
            }
        }
        (How::Own | How::NoAnswer | How::Unreached, Place::Layer(at), _) if at != view.layer => {
            format!("were born at {}; {own} passed them on", layers.name(at))
        }
        (How::Own, ..) => format!("were made by {own} itself and went no further"),
        (How::Unreached, ..) => format!("never got from {own} to what is behind it"),
        (How::NoAnswer, ..) => format!("were made by {own} for want of a usable answer"),
        (How::Answered, Place::Behind(at), _) => {
            format!("were answered so by what stands behind {}", layers.name(at))
        }
        (How::NoLine, ..) => {
            format!("were answered so from behind, as {own} says, and no layer behind has a line of them")
        }
        (How::Ambiguous, ..) => "have several lines behind that would do, and these differ".into(),
        _ => "are explained by no line of another layer".into(),
    }
}

/// `, after 61.2 s; it had given up after 60 s`: medians.
fn lengths(views: &[&View]) -> String {
    let median = |mut values: Vec<i64>| {
        values.sort_unstable();
        values.get(values.len() / 2).copied()
    };
    let behind = |v: &&View| v.behind.and_then(|b| b.3);
    if views.iter().any(|v| v.how != How::GaveUp) {
        return String::new();
    }
    let left = views.first().and_then(|v| v.behind).is_some_and(|b| b.2);
    let waited = median(views.iter().filter_map(|v| v.duration).collect());
    let lasted = median(views.iter().filter_map(behind).collect());
    match (waited, lasted) {
        (Some(waited), _) if left => format!(" after {}", wait(waited)),
        (Some(waited), Some(lasted)) => format!(": {} against {} (medians)", wait(lasted), wait(waited)),
        _ => String::new(),
    }
}

/// What the clients of the layer in front got.
fn in_front(views: &[&View], layers: &Layers) -> Option<String> {
    let seen: Vec<(usize, u16)> = views.iter().filter_map(|v| v.in_front).collect();
    let front = seen.first()?.0;
    let hidden = seen.iter().filter(|(_, status)| (100..400).contains(status)).count();
    let name = layers.name(front);
    Some(if hidden == 0 {
        format!("{} of {} went through {name}, whose clients got an error", seen.len(), views.len())
    } else {
        format!("{hidden} of {} that went through {name} were hidden from its clients by retries", seen.len())
    })
}

/// `60 s`, `61.2 s`, `400 ms` of microseconds.
pub(crate) fn wait(micros: i64) -> String {
    let ms = u64::try_from(micros).unwrap_or(0) / 1000;
    match ms {
        0..1000 => format!("{ms} ms"),
        _ => timeouts::seconds(ms),
    }
}

/// `AWS ALB gave up after 60 s; nginx answered 200 after 61.2 s (60.4 s to 75 s)`.
pub(crate) fn undercut(undercut: &Undercut, layers: &Layers) -> String {
    let (front, behind) = (layers.name(undercut.front), layers.name(undercut.behind));
    let waited = wait(undercut.gave_up_micros as i64);
    if undercut.still_waiting {
        return format!(
            "{front} gave up after {waited}, when {behind} was still waiting for what is behind it"
        );
    }
    let (least, median, most) = undercut.lasted_micros;
    let range = if least == most {
        String::new()
    } else {
        format!(" ({} to {})", wait(least as i64), wait(most as i64))
    };
    let answered = format!("{behind} answered {} after {}{range}", undercut.status, wait(median as i64));
    format!("{front} gave up after {waited}; {answered}")
}

/// The settings to compare.
pub(crate) fn undercut_check(undercut: &Undercut, layers: &Layers) -> String {
    let product = |layer: usize| layers.layers.get(layer).map_or(crate::Product::Custom, |l| l.product);
    let front = timeouts::guess(product(undercut.front), undercut.gave_up_micros / 1000).setting;
    let behind = timeouts::general(product(undercut.behind));
    format!(
        "timeouts from the front to the back, each longer than the next: {}: {front}; {}: {behind}",
        layers.name(undercut.front),
        layers.name(undercut.behind)
    )
}

/// `nginx`, `behind nginx`, `the client`, `unknown`.
pub(crate) fn place(place: Place, layers: &Layers) -> String {
    match place {
        Place::Layer(layer) => layers.name(layer),
        Place::Behind(layer) => format!("behind {}", layers.name(layer)),
        Place::Client => "the client".into(),
        Place::Unknown => "unknown".into(),
    }
}

/// Where and how a kind of failure was born.
pub(crate) fn birth(birth: &Birth, layers: &Layers) -> String {
    let seen = layers.name(birth.seen_at);
    let at = place(birth.place, layers);
    let why = birth.cause.filter(|&c| c != Cause::Unknown && c != Cause::AppError);
    let why = why.map_or_else(String::new, |c| format!(": {}", catalogue::cause(c).title));
    let status = if birth.status == Status::NONE { "no status".into() } else { birth.status.to_string() };
    let words = match birth.how {
        How::Own => format!("{at} made it by itself{why}"),
        How::Unreached => format!("{at} got no connection to what is behind it{why}"),
        How::NoAnswer => format!("{at} made it for want of a usable answer from behind{why}"),
        How::GaveUp => format!("{at} gave up before what is behind it was done{why}"),
        How::Answered => format!("what stands {at} answered so"),
        How::NoLine => format!("answered so {at}, says the line, but no layer there has a line of it"),
        How::Masked => format!("a failure of {at} that a retry hid{why}"),
        How::ClientLeft => "the client left".into(),
        How::Ambiguous => "several lines behind would do, and they differ".into(),
        How::Untold => format!("not told by any line{why}"),
    };
    format!("{status} × {} at {seen}: {words}", birth.count)
}

#[cfg(test)]
mod tests {
    use super::wait;

    #[test]
    fn lengths_of_waiting() {
        for (micros, text) in
            [(0, "0 ms"), (400_900, "400 ms"), (60_000_000, "60 s"), (61_249_000, "61.2 s"), (-5, "0 ms")]
        {
            assert_eq!(wait(micros), text);
        }
    }
}
