//! Two logs joined by the library, held against what was done.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use brownout::formats::{Known, NamedFormat, by_name};
use brownout::input::Source;
use brownout::{Accumulate, Choice, Failures, LayerSettings, Layers, Place, Scan, Scanned, Template};
use serde_json::Value;

/// `option httplog`, and the id at the end.
pub(crate) const HAPROXY: &str =
    "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %{+Q}r %ID";
/// Istio's columns that matter, and the id at the end.
pub(crate) const ENVOY: &str = r#"[%START_TIME%] "%REQ(:METHOD)% %REQ(:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %DURATION% %UPSTREAM_HOST% %UPSTREAM_CLUSTER% %UPSTREAM_REQUEST_ATTEMPT_COUNT% %REQ(X-REQUEST-ID)%"#;
/// The preset `nginx-upstream`, limits, and the ids at the end.
pub(crate) const NGINX: &str = r#"$remote_addr - $remote_user [$time_iso8601] "$request" $status $body_bytes_sent rt=$request_time uct="$upstream_connect_time" uht="$upstream_header_time" urt="$upstream_response_time" us="$upstream_status" ua="$upstream_addr" un="$proxy_host" lr=$limit_req_status trace=$http_x_amzn_trace_id id=$http_x_request_id"#;

pub(crate) fn choice() -> Choice {
    let text =
        |name: &str, format| NamedFormat { name: name.into(), format: Known::Text(format), logs: Vec::new() };
    let formats = vec![
        text("haproxy", Template::haproxy(HAPROXY).expect("a log-format")),
        text("envoy", Template::envoy(ENVOY).expect("a format string")),
        text("nginx", Template::nginx(NGINX).expect("a log_format")),
        NamedFormat { name: "alb".into(), format: by_name("alb").expect("a preset"), logs: Vec::new() },
    ];
    Choice::Configured(formats.into())
}

/// Joins two logs by the library.
pub(crate) fn join(sources: &[Source], threads: usize) -> Layers {
    fn scan<A: Accumulate>(sources: &[Source], threads: usize, counts: A) -> A {
        let Scanned { counts, inputs } =
            Scan::new().format(choice()).threads(threads).run(sources, counts).expect("two logs");
        assert!(inputs.iter().all(|i| i.format.is_some()), "{inputs:?}");
        counts
    }
    let failures = scan(sources, threads, Failures::new(LayerSettings::default()));
    scan(sources, threads, failures.search().expect("two layers")).join()
}

/// Every failure was born where the truth says, by ids and without them, whatever the order of the files and the
/// number of threads.
///
/// # Panics
/// With all that is told otherwise.
pub(crate) fn check(name: &str, front: &[u8], behind: &[u8], truth: &Value) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("joined-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for tests");
    for (kind, front, behind) in [
        ("by id", front.to_vec(), behind.to_vec()),
        ("without ids", without_ids(front), without_ids(behind)),
        ("without ids in front", without_ids(front), behind.to_vec()),
    ] {
        let paths: Vec<PathBuf> = ["front.log", "behind.log"].map(|file| folder.join(file)).into();
        fs::write(&paths[0], front).expect("a folder for tests");
        fs::write(&paths[1], behind).expect("a folder for tests");
        let mut sources: Vec<Source> = paths.into_iter().map(Source::new).collect();
        let layers = join(&sources, 1);
        sources.reverse();
        assert_eq!(join(&sources, 3), layers, "{name} {kind}: another order");
        compare(&format!("{name} {kind}"), &layers, truth);
        let link = layers.links[0];
        assert_eq!(layers.name(link.behind), "nginx", "{name} {kind}");
        assert_eq!(link.by_id > 0, kind == "by id", "{name} {kind}: {link:?}");
        assert!(link.by_id + link.by_time >= 8, "{name} {kind}: {link:?}");
        let joins = layers.joins;
        assert_eq!((joins.ambiguous, joins.not_looked_for), (0, 0), "{name} {kind}: {joins:?}");
        let sum = joins.by_id + joins.by_time + joins.not_asked + joins.alone;
        assert_eq!(joins.failures, sum, "{name} {kind}: {joins:?}");
    }
    fs::remove_dir_all(&folder).expect("a folder for tests");
}

/// The same lines with every id absent.
fn without_ids(log: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(log).expect("text");
    let line = |line: &str| {
        let words = line.split(' ').map(|word| {
            let id = |word: &str| {
                let word = word.trim_matches('"').trim_start_matches("Root=");
                let spelt = |b: u8| b.is_ascii_hexdigit() || b == b'-';
                word.len() >= 16 && word.contains('-') && word.bytes().all(spelt)
            };
            match word.split_once('=') {
                Some((key @ ("id" | "trace"), _)) => format!("{key}=-"),
                _ if id(word) && word.starts_with('"') => "\"-\"".into(),
                _ if id(word) => "-".into(),
                _ => word.into(),
            }
        });
        words.collect::<Vec<_>>().join(" ")
    };
    text.lines().flat_map(|l| [line(l), "\n".into()]).collect::<String>().into_bytes()
}

/// What is told of every target, against the truth.
fn compare(name: &str, layers: &Layers, truth: &Value) {
    let mut told = BTreeMap::new();
    for birth in &layers.births {
        assert_eq!(
            birth.count,
            birth.examples.len() as u64,
            "{name}: too many of a kind for this test: {birth:?}"
        );
        let at = match birth.place {
            Place::Layer(layer) => layers.name(layer),
            Place::Behind(layer) => format!("behind {}", layers.name(layer)),
            Place::Client => "client".into(),
            Place::Unknown => "unknown".into(),
        };
        for example in &birth.examples {
            let target = if example.target.is_empty() { "<BADREQ>" } else { &example.target };
            let before = told.insert(target.to_owned(), (at.clone(), birth.how.name().to_owned()));
            assert_eq!(before, None, "{name}: {target} is told twice");
        }
    }
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let known = truth.as_array().expect("a list").iter();
    let expected: BTreeMap<_, _> = known
        .map(|t| (text(&t["target"]), (text(&t["born_at"]), text(&t["how"]))))
        .filter(|(_, (born_at, _))| !born_at.is_empty())
        .collect();
    let wrong: Vec<_> = expected.iter().filter(|(target, at)| told.get(*target) != Some(*at)).collect();
    let told: Vec<_> = told.iter().filter(|(target, at)| expected.get(*target) != Some(*at)).collect();
    assert!(wrong.is_empty() && told.is_empty(), "{name}: expected\n{wrong:#?}\ntold\n{told:#?}");
}
