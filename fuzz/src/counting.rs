//! Counts, and what is found in them.

use arbitrary::{Result, Unstructured};
use brownout::{
    Accumulate, Aggregator, Budget, Counterparts, Episode, Failures, Findings, Format, Joins, LayerSettings,
    Paths, Policy, RouteSettings, Routes, Rules, Settings, Spans, Summary, detect, diagnose, input,
};

use super::choices::Dice;
use super::{first_line, known};

/// The same lines counted in parts, split, ordered and merged in any way, give the same summary, routes, paths and
/// layers; nothing is lost; what is found in it lies in it.
pub fn aggregate_split(data: &[u8]) {
    let (name, block) = first_line(data);
    let format = known(name, |_| true);
    let mut dice = Dice::of(data);
    let mut settings = Settings::default();
    settings.budget = Budget { units: 50 + dice.below(1000), seed: dice.roll() };
    let mut of_routes = RouteSettings::default();
    of_routes.rules = Rules::new(["/a/{id}", "/item/*", "/"]).expect("patterns of paths");
    (of_routes.most_routes, of_routes.most_buckets) = (1 + dice.below(20), 1 + dice.below(50));
    let lines: Vec<(usize, &[u8])> = input::lines(block).collect();

    let counts = (Aggregator::new(settings), (Routes::new(of_routes), Paths::new(None, None)));
    let one = [Input { name: "fuzz.log", format, lines: &lines }];
    let [(summary, routes, paths), merged] = whole_and_merged(&counts, &one, &mut dice)
        .map(|(counts, (routes, paths))| (counts.finish(), routes.finish(), paths.finish()));
    assert_eq!(merged, (summary.clone(), routes.clone(), paths));
    totals_hold(&summary, lines.len());
    let of_routes =
        routes.series.iter().flat_map(|route| &route.cells).map(|cell| u64::from(cell.1.requests));
    assert!(of_routes.sum::<u64>() <= summary.lines.access);
    findings_hold(&summary);
    layers_hold(format, &lines, &mut dice);
}

/// The lines before the first blank one are those of one layer, the others those of another.
fn layers_hold(format: &dyn Format, lines: &[(usize, &[u8])], dice: &mut Dice) {
    let blank = lines.iter().position(|line| line.1.is_empty());
    let (front, behind) = lines.split_at(blank.unwrap_or(lines.len() / 2));
    let layers = [
        Input { name: "front.log", format, lines: front },
        Input { name: "behind.log", format, lines: behind },
    ];
    let mut settings = LayerSettings::default();
    (settings.by_file, settings.requests) = (true, 1 + dice.below(40));
    let [joined, merged] = whole_and_merged(&Failures::new(settings), &layers, dice).map(|failures| {
        let search = failures.search()?;
        let [joined, merged] = whole_and_merged(&search, &layers, dice).map(Counterparts::join);
        assert_eq!(joined, merged);
        Some(joined)
    });
    assert_eq!(joined, merged);
    let Some(joined) = joined else { return };
    assert_eq!(joined.layers.len(), layers.len());
    assert!(joined.layers.iter().all(|layer| layer.kept <= layer.failures));
    let Joins { failures, by_id, by_time, not_asked, alone, ambiguous, not_looked_for, .. } = joined.joins;
    assert_eq!(failures, by_id + by_time + not_asked + alone + ambiguous + not_looked_for);
}

/// Lines of one input.
struct Input<'a> {
    name: &'a str,
    format: &'a dyn Format,
    lines: &'a [(usize, &'a [u8])],
}

/// All lines of all inputs, counted in their order; and in parts, in any order.
fn whole_and_merged<A: Accumulate>(empty: &A, inputs: &[Input<'_>], dice: &mut Dice) -> [A; 2] {
    let mut whole = empty.fresh();
    let mut parts: Vec<A> = (0..=dice.below(5)).map(|_| empty.fresh()).collect();
    for input in inputs {
        count(&mut whole, input, input.lines);
        let mut shares: Vec<Vec<(usize, &[u8])>> = vec![Vec::new(); parts.len()];
        for &line in input.lines {
            let share = dice.below(shares.len());
            let place = dice.below(shares[share].len() + 1);
            shares[share].insert(place, line);
        }
        for (part, share) in parts.iter_mut().zip(&shares) {
            count(part, input, share);
        }
    }
    while parts.len() > 1 {
        let part = parts.swap_remove(dice.below(parts.len()));
        let into = dice.below(parts.len());
        parts[into].merge(part);
    }
    [whole, parts.remove(0)]
}

/// Failing by the bytes, within calm time: episodes keep to what they promise, and more calm time before and after
/// moves none of them and takes none away, unless it changes what is learnt to be normal. It closes one that was open for
/// want of evidence that it is over, and can bring one up: the same rate is then better known, and failing that it left
/// in doubt is told from it.
pub fn detection(data: &[u8]) {
    const CALM: i64 = 60;
    let (requests, failing) = outage(&mut Unstructured::new(data)).expect("zeros follow the last byte");
    let series = |before: i64, after: i64| {
        let failing = failing.iter().copied();
        let calm = |buckets| std::iter::repeat_n(0, buckets as usize);
        let errors = calm(before).chain(failing).chain(calm(after));
        counted(12_000 - before, requests, errors)
    };
    let near = series(CALM, CALM);
    findings_hold(&near);
    let [near, far] =
        [near, series(2 * CALM, 3 * CALM)].map(|summary| detect(&summary, &Policy::default(), &[]));
    if normal(&near) == normal(&far) {
        let (near, far) = (near.episodes, far.episodes);
        let stays = |e: &Episode| far.iter().any(|f| is_same(e, f) || e.end.is_none() && is_closed(e, f));
        assert!(
            near.iter().all(stays),
            "{requests} requests a bucket, {failing:?} of them failing: {near:?} became {far:?}"
        );
    }
}

/// Requests of a bucket, and how many of them fail, bucket by bucket.
fn outage(choices: &mut Unstructured<'_>) -> Result<(i64, Vec<i64>)> {
    let requests = choices.int_in_range(8..=23)?;
    let mut failing = Vec::new();
    while !choices.is_empty() && failing.len() < 60 {
        // Nothing, or enough to be told from what is normal, for a while.
        let share = choices.choose(&[0, 0, 1, 2, 3, 4])?;
        let buckets = failing.len() + choices.int_in_range(1..=12)?;
        failing.resize(buckets, requests * share / 4);
    }
    Ok((requests, failing))
}

fn is_same(one: &Episode, other: &Episode) -> bool {
    let edges = |e: &Episode| (e.start, e.end, e.pattern, e.errors);
    edges(one) == edges(other)
}

/// The same errors, which were not yet known to be all.
fn is_closed(open: &Episode, closed: &Episode) -> bool {
    (open.start, open.errors) == (closed.start, closed.errors)
}

/// The share of 5xx that is normal for each upstream.
fn normal(findings: &Findings) -> Vec<f64> {
    findings.upstreams.iter().map(|upstream| upstream.baseline).collect()
}

/// Buckets of 10 s from the `first` on, with so many requests each, and errors among them.
fn counted(first: i64, requests: i64, errors: impl Iterator<Item = i64>) -> Summary {
    let format = known(b"nginx-common", |_| true);
    let mut counts = Aggregator::new(Settings::default());
    counts.begin("fuzz.log", format);
    let mut spans = Spans::new();
    for (bucket, errors) in (first..).zip(errors) {
        for i in 0..requests {
            let second = bucket * 10 + i % 10;
            let (day, hour, minute) = (1 + second / 86_400, second / 3600 % 24, second / 60 % 60);
            let status = if i < errors { 502 } else { 200 };
            let line = format!(
                "192.0.2.{} - - [{day:02}/Nov/2026:{hour:02}:{minute:02}:{:02} +0000] \"GET / HTTP/1.1\" {status} 5",
                i % 250,
                second % 60,
            );
            counts.line(line.as_bytes(), 0, format.parse(line.as_bytes(), &mut spans));
        }
    }
    counts.finish()
}

fn count(counts: &mut impl Accumulate, input: &Input<'_>, lines: &[(usize, &[u8])]) {
    counts.begin(input.name, input.format);
    let mut spans = Spans::new();
    for &(offset, line) in lines {
        counts.line(line, offset as u64, input.format.parse(line, &mut spans));
    }
}

/// Every line is in one count, and every response in one cell.
fn totals_hold(summary: &Summary, lines: usize) {
    let l = &summary.lines;
    assert_eq!(l.total, lines as u64);
    assert_eq!(l.total, l.access + l.other + l.malformed + l.blank);
    assert_eq!(summary.rejects.iter().map(|r| r.count).sum::<u64>(), l.malformed);
    let responses: u64 = summary.upstreams.iter().map(brownout::UpstreamCounts::requests).sum();
    assert_eq!(responses + l.untimed + l.outside, l.access);
    for upstream in &summary.upstreams {
        let cells = upstream.hosts.iter().flat_map(|h| &h.cells);
        assert_eq!(cells.clone().map(|c| u64::from(c.1.requests)).sum::<u64>(), upstream.requests());
        let of_5xx = |c: &brownout::Cell| c.s500 + c.s502 + c.s503 + c.s504 + c.s5other;
        assert!(cells.clone().all(|(_, c)| of_5xx(c) == c.errors && c.by_proxy + c.by_upstream <= c.errors));
    }
}

/// Episodes are sorted, lie in the time of the data, and can be explained.
fn findings_hold(summary: &Summary) {
    let findings = detect(summary, &Policy::default(), &[]);
    assert_eq!(findings.upstreams.len(), summary.upstreams.len());
    assert!(findings.episodes.is_sorted_by_key(|e| e.start));
    for episode in &findings.episodes {
        let health = findings.upstreams.iter().find(|h| episode.upstreams.contains(&h.upstream));
        assert!(episode.errors <= episode.requests && episode.end.is_none_or(|end| episode.start <= end));
        let _ = diagnose(episode, summary, health);
    }
}
