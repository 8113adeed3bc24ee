//! Logs of two layers, written by real servers: at which hop every failure was born.
//!
//! `tests/live` wrote them; `tests/data/README.md` says how.

use std::fs;
use std::path::Path;

use brownout::input::Source;
use brownout::{
    Accumulate, Aggregator, Failures, How, LayerSettings, Layers, OrderBasis, Place, Policy, Report, Scan,
    Scanned, Settings, Style, detect, diagnose,
};

#[path = "live/joined.rs"]
mod joined;

fn folder(name: &str) -> std::path::PathBuf {
    Path::new("tests/data/layers").join(name)
}

#[test]
fn every_failure_is_born_where_it_was() {
    for name in ["haproxy-nginx", "envoy-nginx", "alb-nginx"] {
        let read = |file| fs::read(folder(name).join(file)).unwrap_or_else(|e| panic!("{name}/{file}: {e}"));
        let truth = serde_json::from_slice(&read("truth.json")).expect("JSON");
        joined::check(name, &read("front.log"), &read("behind.log"), &truth);
    }
}

/// Lines of a shop behind ALB and nginx; a template for each.
fn alb(second: u32, lasted: f64, status: u16, target: &str, id: &str, answered: bool) -> String {
    let begun = f64::from(second) + 0.25;
    let at = |seconds: f64| {
        let minute = (seconds / 60.0) as u32;
        format!("2026-11-22T02:{minute:02}:{:09.6}Z", seconds - f64::from(minute * 60))
    };
    let (times, code) = if answered {
        (format!("0.000 {lasted:.3} 0.000"), status.to_string())
    } else {
        ("0.000 -1 -1".into(), "-".into())
    };
    format!(
        "https {} app/shop/50dc6c495c0c9188 192.0.2.7:2817 10.0.0.7:80 {times} {status} {code} 100 200 \
         \"GET https://shop.test:443{target} HTTP/2.0\" \"curl/7.46.0\" - - \
         arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/web/73e2d6bc24d8a067 \"{id}\" \"-\" \"-\" 0 \
         {} \"forward\" \"-\" \"-\" \"10.0.0.7:80\" \"{code}\" \"-\" \"-\"\n",
        at(begun + lasted),
        at(begun),
    )
}

fn nginx(second: u32, lasted: f64, status: u16, target: &str, id: &str) -> String {
    let end = (f64::from(second) + 0.26 + lasted) as u32;
    format!(
        "10.0.0.2 - - [2026-11-22T02:{:02}:{:02}+00:00] \"GET {target} HTTP/1.1\" {status} 10 rt={lasted:.3} uct=\"0.000\" \
         uht=\"{lasted:.3}\" urt=\"{lasted:.3}\" us=\"{status}\" ua=\"10.0.1.1:80\" un=\"shop\" lr=- trace={id} id=-\n",
        end / 60,
        end % 60,
    )
}

/// 220 requests that ALB gave up after 60 s: nginx answered 213 of them 200 after 61.2 s, and 7 with 502 after 70 s.
fn undercut(with_ids: bool) -> (String, String) {
    let (mut front, mut behind) = (String::new(), String::new());
    for number in 0..220u32 {
        let id = if with_ids { format!("Root=1-6b0618d1-{number:024x}") } else { "-".into() };
        let (second, target) = (600 + number, format!("/report/{}?x=1", number % 40));
        let (lasted, status) = if number % 32 == 5 { (70.0, 502) } else { (61.2, 200) };
        front += &alb(second, 60.0, 504, &target, &id, false);
        behind += &nginx(second, lasted, status, &target, &id);
        // What is healthy beside it, on the same paths.
        let id = if with_ids { format!("Root=1-6b0618d2-{number:024x}") } else { "-".into() };
        front += &alb(second, 0.02, 200, &target, &id, true);
        behind += &nginx(second, 0.015, 200, &target, &id);
    }
    (front, behind)
}

/// The files, in a folder of their own.
fn written(name: &str, logs: &[(&str, &str)]) -> Vec<Source> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("layers-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for tests");
    let write = |(file, text): &(&str, &str)| {
        let path = folder.join(file);
        fs::write(&path, text).expect("a folder for tests");
        Source::new(path)
    };
    logs.iter().map(write).collect()
}

#[test]
fn a_timeout_that_undercuts_the_next_is_told_with_both_values() {
    for with_ids in [true, false] {
        let (front, behind) = undercut(with_ids);
        let sources =
            written(if with_ids { "ids" } else { "no-ids" }, &[("alb.log", &front), ("nginx.log", &behind)]);
        let layers = joined::join(&sources, 2);
        assert_eq!([layers.name(0), layers.name(1)], ["AWS ALB", "nginx"]);
        let [answered, failed] = layers.undercuts.as_slice() else { panic!("{:#?}", layers.undercuts) };
        assert_eq!((answered.status.code(), answered.count, answered.gave_up_micros), (200, 213, 60_000_000));
        assert_eq!(answered.lasted_micros, (61_200_000, 61_200_000, 61_200_000));
        assert_eq!((failed.status.code(), failed.count, failed.lasted_micros.1), (502, 7, 70_000_000));
        let joins = layers.joins;
        let joined = if with_ids { joins.by_id } else { joins.by_time };
        assert_eq!((joined, joins.failures), (220, 220), "{joins:?}");
        let [birth] = layers.births.as_slice() else { panic!("{:#?}", layers.births) };
        assert_eq!((birth.place, birth.how, birth.count), (Place::Layer(0), How::GaveUp, 220));
        assert!(layers.links[0].clock_micros.abs() < 1_000_000, "{:?}", layers.links);
    }
}

/// The episode of the layer in front is explained by the one behind it, and the reports say so.
#[test]
fn an_episode_is_explained_by_the_layer_behind() {
    let (front, behind) = undercut(true);
    let sources = written("episode", &[("alb.log", &front), ("nginx.log", &behind)]);
    let layers = joined::join(&sources, 1);
    let counts = Scan::new().format(joined::choice()).run(&sources, Aggregator::new(Settings::default()));
    let Scanned { counts, inputs } = counts.expect("two logs");
    let summary = counts.finish();
    let findings = detect(&summary, &Policy::default(), &[]);
    let diagnoses = findings.episodes.iter().map(|e| diagnose(e, &summary, None)).collect();
    let report = Report::new(inputs, &summary, &findings, diagnoses).with_layers(layers);
    let of = |name: &str| report.episodes.iter().find(|e| e.episode.upstreams == [name]).expect("an episode");
    let web = &of("web").diagnosis;
    assert_eq!(
        web.evidence[..2],
        [
            "213 of 220 were answered 200 by nginx when AWS ALB had given up: 61.2 s against 60 s (medians)",
            "7 of 220 were answered 502 by nginx when AWS ALB had given up: 70 s against 60 s (medians)",
        ]
    );
    let check = "timeouts from the front to the back, each longer than the next: AWS ALB: the ALB's idle timeout \
                 (60 s by default); nginx: proxy_read_timeout or proxy_connect_timeout";
    assert_eq!(web.check_first[0], check);
    let text = report.to_text(Style::plain());
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "AWS ALB stands in front of nginx (",
        "220 lines joined by id, 0 by target and time",
        "220 5xx as clients saw them: 220 joined by id",
        "TIMEOUTS, 213 requests: AWS ALB gave up after 60 s; nginx answered 200 after 61.2 s. Check timeouts",
        "504 × 220 at AWS ALB: AWS ALB gave up before what is behind it was done: response timeout; like",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).expect("JSON");
    let layers = &json["layers"];
    assert_eq!(layers["layers"][0]["name"], "AWS ALB");
    assert_eq!(layers["joins"]["by_id"], 220);
    assert_eq!(layers["born"][0]["born_at"], "AWS ALB");
    assert_eq!(layers["born"][0]["examples"][0]["lines"][1]["status"], 200);
    let undercut = &layers["undercuts"][0];
    assert_eq!(
        (undercut["gave_up_ms"].as_f64(), undercut["lasted_ms"]["median"].as_f64()),
        (Some(60e3), Some(61_200.0))
    );
}

/// A clock that is wrong by more than a request lasts is found by the ids.
#[test]
fn clocks_that_differ_are_found() {
    let (front, behind) = undercut(true);
    let ahead = behind.replace("T02:", "T07:");
    let layers = joined::join(&written("clocks", &[("alb.log", &front), ("nginx.log", &ahead)]), 1);
    let link = layers.links[0];
    assert!((link.clock_micros - 5 * 3_600_000_000).abs() <= 1_100_000, "{link:?}");
    assert_eq!((layers.joins.by_id, layers.undercuts[0].count), (220, 213));
}

/// Two requests for the same at the same time, of which one was answered late and one failed late.
#[test]
fn what_could_be_either_is_ambiguous() {
    let front = alb(600, 60.0, 504, "/x", "-", false) + &alb(600, 60.0, 504, "/x", "-", false);
    let behind = nginx(600, 61.0, 200, "/x", "-") + &nginx(600, 61.0, 500, "/x", "-");
    // Enough else to know who stands in front; the products would do, too.
    let layers = joined::join(&written("either", &[("alb.log", &front), ("nginx.log", &behind)]), 1);
    assert_eq!((layers.joins.by_time, layers.undercuts.len()), (0, 0), "{layers:#?}");
    let sure = (alb(700, 0.1, 503, "/y", "-", true), nginx(700, 0.1, 503, "/y", "-"));
    let (front, behind) = (front + &sure.0, behind + &sure.1);
    let layers = joined::join(&written("either", &[("alb.log", &front), ("nginx.log", &behind)]), 1);
    assert_eq!(
        (layers.joins.failures, layers.joins.ambiguous, layers.joins.by_time),
        (3, 2, 1),
        "{layers:#?}"
    );
}

/// One path, no ids, twenty failures a second: whose line is whose cannot be told, where they were born can.
#[test]
fn a_crowd_on_one_path_is_told_where_all_say_the_same() {
    let (mut front, mut behind) = (String::new(), String::new());
    for number in 0..400 {
        front += &alb(600 + number / 20, 0.012, 502, "/", "-", true);
        behind += &nginx(600 + number / 20, 0.010, 502, "/", "-").replace("uht=\"0.010\"", "uht=\"-\"");
    }
    let layers = joined::join(&written("crowd", &[("alb.log", &front), ("nginx.log", &behind)]), 2);
    assert!(matches!(layers.links[0].basis, OrderBasis::Lines(e) if e.relayed > 100), "{layers:#?}");
    let [birth] = layers.births.as_slice() else { panic!("{:#?}", layers.births) };
    assert_eq!((birth.place, birth.how, birth.count), (Place::Layer(1), How::NoAnswer, 400));
}

/// Within any bound, the same comes out of every split of the lines.
#[test]
fn a_bound_keeps_the_same_for_every_split() {
    let (front, behind) = undercut(true);
    let run = |logs: &[(&str, &str)], threads, requests| -> Layers {
        let sources = written("bound", logs);
        let mut settings = LayerSettings::default();
        settings.requests = requests;
        let scan = || Scan::new().format(joined::choice()).threads(threads);
        let failures = scan().run(&sources, Failures::new(settings)).expect("two logs").counts;
        scan().run(&sources, failures.search().expect("two layers")).expect("two logs").counts.join()
    };
    for requests in [0, 1, 7, 50, 300, 1000] {
        let whole = run(&[("alb.log", &front), ("nginx.log", &behind)], 1, requests);
        let other = run(&[("nginx.log", &behind), ("alb.log", &front)], 3, requests);
        assert_eq!(whole, other, "{requests}");
        let kept: u64 = whole.layers.iter().map(|l| l.kept).sum();
        assert!(kept <= 2 * requests as u64, "{requests}: {kept}");
        let told: u64 = whole.layers.iter().map(|l| l.failures).sum();
        assert_eq!(told, 227, "what is not kept is counted");
        let sum = whole.joins;
        let parts = sum.by_id + sum.by_time + sum.not_asked + sum.alone + sum.ambiguous + sum.not_looked_for;
        assert_eq!(sum.failures, parts, "{sum:?}");
        assert!(
            whole.births.iter().all(|b| b.how == How::GaveUp || b.how == How::NoAnswer || b.seen_at == 1),
            "{whole:#?}"
        );
    }
}

/// One format is one layer, unless every file is one.
#[test]
fn files_of_one_format_are_layers_only_if_that_is_asked_for() {
    let inner = nginx(600, 0.5, 502, "/x", "Root=1-6b0618d1-00000000000000000000abcd")
        .replace("uht=\"0.500\"", "uht=\"-\"");
    let outer = nginx(600, 0.51, 502, "/x", "Root=1-6b0618d1-00000000000000000000abcd");
    let sources = written("files", &[("edge.log", &outer), ("inner.log", &inner)]);
    let scan = || Scan::new().format(joined::choice());
    let one = scan().run(&sources, Failures::new(LayerSettings::default())).expect("two logs").counts;
    assert!(one.search().is_none());
    let mut settings = LayerSettings::default();
    settings.by_file = true;
    let two =
        scan().run(&sources, Failures::new(settings)).expect("two logs").counts.search().expect("two layers");
    let layers = scan().run(&sources, two).expect("two logs").counts.join();
    assert!(layers.name(0).ends_with("edge.log)"), "{layers:#?}");
    assert_eq!((layers.births[0].place, layers.births[0].how), (Place::Layer(1), How::NoAnswer));
    assert!(Failures::new(LayerSettings::default()).fresh().search().is_none(), "nothing was read");
}
